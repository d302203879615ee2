/** Host names and domain patterns in one normal form: ASCII (IDNA), lower case, no trailing dot. */
import { parseAddress } from './address.ts';
import { Refusal } from './refusal.ts';

/** `address` for whatever a URL parser takes for an IP address (`127.1`, `0x7f000001`, `2130706433`), in strict text. */
export type Host =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'address'; readonly address: string };

const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** `undefined` for what is no host: empty labels, delimiters, percent signs, white space, more than 253 characters. */
export function parseHost(text: string): Host | undefined {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  const literal = parseAddress(bare);
  if (literal !== undefined && (bare === text || literal.version === 6)) {
    return { kind: 'address', address: bare };
  }
  // eslint-disable-next-line no-control-regex -- controls are exactly what must not reach the URL parser, which drops some
  if (text.length > 1024 || /[\u0000-\u0020/\\?#@:%[\]<>^|\u007f]/.test(text)) return undefined;
  let ascii: string;
  try {
    ascii = new URL(`http://${text}/`).hostname;
  } catch {
    return undefined;
  }
  if (parseAddress(ascii) !== undefined) return { kind: 'address', address: ascii };
  const name = ascii.endsWith('.') ? ascii.slice(0, -1) : ascii;
  if (name.length > 253 || !name.split('.').every((part) => label.test(part))) return undefined;
  return { kind: 'name', name };
}

/** `api.example.com` or `*.example.com`. */
export function parseDomainPattern(text: string): string | Refusal {
  const wildcard = text.startsWith('*.');
  const rest = wildcard ? text.slice(2) : text;
  if (rest.includes('*')) {
    const why = '`*` may only stand for whole labels at the front, as in `*.example.com`';
    const fixed = /^\*([a-z0-9-]+(?:\.[a-z0-9-]+)+)$/i.exec(text)?.[1];
    return new Refusal(why, fixed === undefined ? undefined : `*.${fixed}`);
  }
  const scheme = /^[a-z]+:\/\//i.exec(text);
  if (scheme !== null) {
    return new Refusal(
      'a domain has no scheme, port or path',
      text.slice(scheme[0].length).split(/[/:]/)[0],
    );
  }
  const host = parseHost(rest);
  if (host === undefined) return new Refusal('this is no domain name');
  if (host.kind === 'address') return new Refusal('an IP address belongs in `allowed_ips`');
  return wildcard ? `*.${host.name}` : host.name;
}

/** Both in normal form. `*.example.com` matches one or more labels before it, never `example.com` itself. */
export function domainMatches(pattern: string, name: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === name;
  const suffix = pattern.slice(1);
  return name.length > suffix.length && name.endsWith(suffix);
}
