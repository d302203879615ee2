/** What is far more than one skill should need: told at consent, and an error of lint. Pure. */
import { getPublicSuffix } from 'tldts';
import { parseBlock } from '../authority/address.ts';
import { environmentMatches } from '../authority/environment.ts';
import { Refusal } from '../authority/refusal.ts';

/** Areas that hold much more than one skill needs, besides the operator's home. */
export const broadPaths: ReadonlySet<string> = new Set([
  '/',
  '/home',
  '/root',
  '/etc',
  '/usr',
  '/var',
  '/opt',
  '/bin',
  '/dev',
  '/proc',
  '/sys',
]);

/** `*.` before a public suffix, of registries (`com`, `co.uk`) and of hosting services (`github.io`). */
export function isBroadDomain(domain: string): boolean {
  if (!domain.startsWith('*.')) return false;
  const parent = domain.slice(2);
  return getPublicSuffix(`x.${parent}`, { allowPrivateDomains: true }) === parent;
}

export function isBroadBlock(text: string): boolean {
  const block = parseBlock(text);
  if (block instanceof Refusal) return false;
  return block.prefix < (block.version === 4 ? 8 : 16);
}

/** Names that every environment has and that have nothing in common. */
const unrelatedNames = ['PATH', 'HOME', 'LANG', 'USER'];

/** @param pattern of an allowlist, or a pattern */
export function isWholeEnvironment(pattern: string): boolean {
  return unrelatedNames.every((name) => environmentMatches(pattern, name));
}
