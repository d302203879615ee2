import { SkillError } from '@skill-engine/engine';

/** Characters. */
const SHORTEST = 16;

/** @throws SkillError INVALID_OPTIONS, without a word of what is in it */
export function checkToken(token: string | undefined): void {
  if (token === undefined) return;
  if (typeof token === 'string' && token.length >= SHORTEST && /^[\w.~+/-]+=*$/.test(token)) return;
  throw new SkillError(
    'INVALID_OPTIONS',
    `The access token has at least ${SHORTEST} characters of A–Z a–z 0–9 - . _ ~ + / and, at its end, =. ` +
      'This makes one: openssl rand -hex 32',
  );
}
