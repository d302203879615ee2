/** The JavaScript value that the transpiler's glue lifts, or an embedder's function returns, to JSON. Strict. Pure. */
import { toBase64 } from './base64.ts';
import { javascriptName } from './javascript-name.ts';
import { member, WitMismatch } from './mismatch.ts';
import {
  integerRanges,
  isTagged,
  wrapsSome,
  type WitInteger,
  type WitType,
  type WitTypes,
} from './types.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The types, and who pays: `take` gets the least length of the JSON text that follows, ahead, and may throw. */
export interface JsonTarget {
  readonly types: WitTypes;
  readonly take: (length: number) => void;
  /** How a whole number beyond ±(2^53 − 1) of a float is written; digits would look like an integer that lost some. */
  readonly large: (value: number) => Json;
}

/** @throws WitMismatch when the value is not of the type */
export function valueToJson(to: JsonTarget, index: number, value: unknown, path = ''): Json {
  const type = to.types[index]!;
  switch (type.kind) {
    case 'bool':
      return typeof value === 'boolean' ? value : refuse(path, 'true or false');
    case 'f32':
    case 'f64':
      return float(to, type.kind, value, path);
    case 'char':
      if (typeof value === 'string' && [...value].length === 1 && value.isWellFormed())
        return value;
      return refuse(path, 'one character');
    case 'string':
      if (typeof value !== 'string') return refuse(path, 'a string');
      to.take(value.length);
      return value.toWellFormed();
    case 'list':
      return list(to, type.element, value, path);
    case 'tuple':
      return items(value, path, type.items.length).map((item, at) =>
        valueToJson(to, type.items[at]!, item, `${path}[${at}]`),
      );
    case 'record':
      return record(to, type, value, path);
    case 'variant':
      return variant(to, type, value, path);
    case 'enum':
      return type.cases.includes(value as string)
        ? (value as string)
        : refuse(path, `one of ${type.cases.join(', ')}`);
    case 'flags': {
      const given = members(value, path);
      return type.names.filter((name) => given[javascriptName(name)] === true);
    }
    case 'option':
      return option(to, type, value, path);
    case 'result':
      return result(to, type, value, path);
    case 'unsupported':
      return refuse(path, `without ${type.what}`);
    default:
      return integer(type.kind, value, path);
  }
}

function refuse(path: string, expected: string): never {
  throw new WitMismatch(path, expected);
}

function integer(kind: WitInteger, value: unknown, path: string): Json {
  const [low, high] = integerRanges[kind];
  const wide = kind === 's64' || kind === 'u64';
  const isWhole = typeof value === 'bigint' || Number.isSafeInteger(value);
  if (isWhole) {
    const big = BigInt(value as bigint | number);
    if (big >= low && big <= high) return wide ? String(big) : Number(big);
  }
  return refuse(path, `an integer from ${low} to ${high}`);
}

function float(to: JsonTarget, kind: 'f32' | 'f64', value: unknown, path: string): Json {
  if (typeof value !== 'number') return refuse(path, 'a number');
  const rounded = kind === 'f32' ? Math.fround(value) : value;
  if (Object.is(rounded, -0)) return '-0';
  if (!Number.isFinite(rounded)) return String(rounded);
  return Number.isInteger(rounded) && !Number.isSafeInteger(rounded) ? to.large(rounded) : rounded;
}

function items(value: unknown, path: string, length?: number): readonly unknown[] {
  const found = Array.isArray(value)
    ? (value as readonly unknown[])
    : ArrayBuffer.isView(value) && !(value instanceof DataView)
      ? [...(value as unknown as Iterable<unknown>)]
      : undefined;
  if (found && (length === undefined || found.length === length)) return found;
  return refuse(path, length === undefined ? 'a list' : `a list of ${length} items`);
}

function list(to: JsonTarget, element: number, value: unknown, path: string): Json {
  const isBytes = to.types[element]!.kind === 'u8';
  const { length } = Object(value) as { length?: unknown };
  if (typeof length === 'number') to.take(length * (isBytes ? 4 / 3 : 2));
  if (isBytes && value instanceof Uint8Array) return toBase64(value);
  const converted = items(value, path).map((item, at) =>
    valueToJson(to, element, item, `${path}[${at}]`),
  );
  return isBytes ? toBase64(Uint8Array.from(converted as number[])) : converted;
}

function members(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  return refuse(path, 'an object');
}

/** Own members only: whatever objects inherit is no field. */
function own(given: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(given, name) ? given[name] : undefined;
}

function record(
  to: JsonTarget,
  { fields }: Extract<WitType, { kind: 'record' }>,
  value: unknown,
  path: string,
): Json {
  const given = members(value, path);
  return Object.fromEntries(
    fields.map(({ name, type }) => [
      name,
      valueToJson(to, type, own(given, javascriptName(name)), member(path, name)),
    ]),
  );
}

function variant(
  to: JsonTarget,
  { cases }: Extract<WitType, { kind: 'variant' }>,
  value: unknown,
  path: string,
): Json {
  const given = members(value, path);
  const found = cases.find(({ name }) => name === given['tag']);
  if (!found) return refuse(path, `a variant: ${cases.map(({ name }) => name).join(', ')}`);
  if (found.type === null) return { tag: found.name };
  const val = valueToJson(to, found.type, own(given, 'val'), member(path, found.name));
  return { tag: found.name, val };
}

function option(
  to: JsonTarget,
  type: Extract<WitType, { kind: 'option' }>,
  value: unknown,
  path: string,
): Json {
  let held = value;
  if (isTagged(to.types, type)) {
    const given = members(value, path);
    if (given['tag'] === 'none') return null;
    if (given['tag'] !== 'some') return refuse(path, 'an option: some or none');
    held = own(given, 'val');
  } else if (value === undefined || value === null) return null;
  const some = valueToJson(to, type.some, held, path);
  return wrapsSome(to.types, type) ? { some } : some;
}

function result(
  to: JsonTarget,
  { ok, err }: Extract<WitType, { kind: 'result' }>,
  value: unknown,
  path: string,
): Json {
  const given = members(value, path);
  const tag = given['tag'];
  if (tag !== 'ok' && tag !== 'err') return refuse(path, 'a result: ok or err');
  const type = tag === 'ok' ? ok : err;
  const inner = type === null ? null : valueToJson(to, type, own(given, 'val'), member(path, tag));
  return { [tag]: inner };
}
