import type { JsonValue } from './json.ts';

/** Nesting beyond this is refused: data that reaches a store is bounded well below it. */
const MAX_DEPTH = 256;

/**
 * JSON text with one form for equal data: object keys in ascending UTF-16 order, no white space
 * (the shape of RFC 8785). Digests and, later, the hash chain are taken over it.
 *
 * @throws TypeError for what JSON cannot hold: undefined, functions, NaN, infinities, bigint, too deep
 */
export function canonicalJson(value: JsonValue, depth = 0): string {
  if (depth > MAX_DEPTH) throw new TypeError(`nested deeper than ${MAX_DEPTH}`);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') {
    return JSON.stringify(value);
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${value} has no JSON form`);
    return JSON.stringify(value);
  }
  if (typeof value !== 'object') throw new TypeError(`a ${typeof value} has no JSON form`);
  if (Array.isArray(value)) {
    const items = value as readonly JsonValue[];
    return `[${Array.from(items, (item) => canonicalJson(item, depth + 1)).join(',')}]`;
  }
  const object = value as { readonly [key: string]: JsonValue };
  const members = Object.keys(object)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(object[key] as JsonValue, depth + 1)}`);
  return `{${members.join(',')}}`;
}
