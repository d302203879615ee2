import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Parameters of the tool `eval` of the guest `probe`. */
export interface ProbeParameters {
  [key: string]: unknown;
  /** A function body with `wasi`, `args` and `utf8` in scope. */
  code: string;
  args: unknown;
}

/** What `eval` returns: what the code returned, or what it threw. */
export type ProbeOutcome = { value: unknown } | { error: unknown };

function encode(value: unknown): unknown {
  if (typeof value === 'bigint') return { $bigint: String(value) };
  if (value instanceof Uint8Array) return { $hex: Buffer.from(value).toString('hex') };
  if (Array.isArray(value)) return value.map(encode);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, encode(item)]));
}

function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== 'object' || value === null) return value;
  if ('$bigint' in value) return BigInt(String(value.$bigint));
  if ('$hex' in value) return new Uint8Array(Buffer.from(String(value.$hex), 'hex'));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decode(item)]));
}

/** Parameters that run `code`, a function body, in the probe. */
export function probe(code: string, args: unknown = null): ProbeParameters {
  return { code, args: encode(args) };
}

/**
 * Parameters that run the attack kept in `test/guests/<name>.js`: a module with one
 * `export default function (wasi, args, utf8) { … }` and no import.
 */
export function attack(name: string, args: unknown = null): ProbeParameters {
  const path = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  const source = readFileSync(path, 'utf8');
  const [before, body, ...more] = source.split(/^export default /m);
  if (body === undefined || more.length > 0)
    throw new Error(`${name}.js has no single default export`);
  return probe(`${before}const attack = ${body}\nreturn attack(wasi, args, utf8);`, args);
}

/** The result of `eval` with its numbers and bytes restored. */
export function outcome(result: unknown): ProbeOutcome {
  const text = typeof result === 'string' ? (JSON.parse(result) as unknown) : result;
  return decode(text) as ProbeOutcome;
}
