/** Values in a query or a body, where the manifest names these places: written as the place writes text. */
import type { CredentialPlace } from '../manifest/types.ts';
import type { RequestHead } from './http-request.ts';

export type { CredentialPlace };

/** @param substitute replaces placeholders in text of one character a byte; the same text where there are none */
type Substitute = (text: string) => string;

/** Placeholders come as the guest's library encodes them: the colon of the prefix may be `%3A`. */
function escaped(text: string, substitute: Substitute): string {
  return text
    .split(/([&=;?])/)
    .map((part) => {
      const plain = part.replaceAll(/skill-credential%3a/gi, 'skill-credential:');
      if (!plain.includes('skill-credential:')) return part;
      const replaced = substitute(plain);
      if (replaced === plain) return part;
      return percentEncode(plain, replaced, substitute);
    })
    .join('');
}

/** What was put in is encoded; what stood around it is encoded already. */
function percentEncode(plain: string, replaced: string, substitute: Substitute): string {
  const pieces = plain.split(/(skill-credential:[0-9a-f]{32})/);
  if (pieces.length < 3) return replaced;
  return pieces.map((piece, at) => (at % 2 === 1 ? percent(substitute(piece)) : piece)).join('');
}

function percent(latin1: string): string {
  return [...Buffer.from(latin1, 'latin1')]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9\-._~]/.test(character)
        ? character
        : `%${byte.toString(16).padStart(2, '0').toUpperCase()}`;
    })
    .join('');
}

/** The target of a request with the placeholders of its query replaced. */
export function placeQuery(target: string, substitute: Substitute): string {
  const at = target.indexOf('?');
  return at < 0 ? target : target.slice(0, at + 1) + escaped(target.slice(at + 1), substitute);
}

/** A body that goes along with its head, with its placeholders replaced; the same bytes where there are none. */
export function placeBody(
  head: RequestHead,
  body: Uint8Array,
  kind: 'none' | 'whole' | 'open',
  substitute: Substitute,
): Uint8Array {
  if (kind !== 'whole') return body;
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1');
  if (!/skill-credential(?::|%3a)/i.test(text)) return body;
  const type = head.fields.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  const placed = /^application\/x-www-form-urlencoded\b/i.test(type)
    ? escaped(text, substitute)
    : /^application\/(?:[a-z0-9.+-]+\+)?json\b/i.test(type)
      ? text.replaceAll(/skill-credential:[0-9a-f]{32}/g, (found) => jsonText(substitute(found)))
      : substitute(text);
  return placed === text ? body : new Uint8Array(Buffer.from(placed, 'latin1'));
}

function jsonText(latin1: string): string {
  const text = Buffer.from(latin1, 'latin1').toString('utf8');
  return Buffer.from(JSON.stringify(text).slice(1, -1), 'utf8').toString('latin1');
}
