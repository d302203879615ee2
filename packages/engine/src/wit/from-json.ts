/** JSON to the JavaScript value that the transpiler's glue lowers. Strict: what is not of the type is refused. Pure. */
import { fromBase64 } from './base64.ts';
import { javascriptName } from './javascript-name.ts';
import { member, WitMismatch } from './mismatch.ts';
import {
  integerRanges,
  isNullable,
  isTagged,
  wrapsSome,
  type WitFloat,
  type WitFunction,
  type WitInteger,
  type WitType,
  type WitTypes,
} from './types.ts';

/** Beyond it a number has lost digits before anyone could look; so it comes as a string of digits. */
const SAFE = Number.MAX_SAFE_INTEGER;
const F32_MAX = 3.402_823_466_385_288_6e38;
const digits = /^(?:0|-?[1-9][0-9]{0,19})$/u;

/**
 * The arguments of a function, from an object with a member for each parameter.
 *
 * @throws WitMismatch
 */
export function argumentsFromJson(
  types: WitTypes,
  { params }: WitFunction,
  value: unknown,
): unknown[] {
  const given = objectOf(
    value,
    '',
    params.map(({ name }) => name),
  );
  return params.map(({ name, type }) => fieldFromJson(types, given, name, type, ''));
}

/** @throws WitMismatch */
export function valueFromJson(types: WitTypes, index: number, value: unknown, path = ''): unknown {
  const type = types[index]!;
  switch (type.kind) {
    case 'bool':
      return value === true || value === false ? value : refuse(path, 'true or false');
    case 'f32':
    case 'f64':
      return float(type.kind, value, path);
    case 'char':
      return character(value, path);
    case 'string':
      return text(value, path);
    case 'list':
      return list(types, type.element, value, path);
    case 'tuple':
      return array(value, path, type.items.length).map((item, at) =>
        valueFromJson(types, type.items[at]!, item, `${path}[${at}]`),
      );
    case 'record':
      return record(types, type, value, path);
    case 'variant':
      return variant(types, type, value, path);
    case 'enum':
      return type.cases.includes(value as string)
        ? value
        : refuse(path, `one of ${type.cases.join(', ')}`);
    case 'flags':
      return flags(type.names, value, path);
    case 'option':
      return option(types, type, value, path);
    case 'result':
      return result(types, type, value, path);
    case 'unsupported':
      return refuse(path, `without ${type.what}`);
    default:
      return integer(type.kind, value, path);
  }
}

function refuse(path: string, expected: string): never {
  throw new WitMismatch(path, expected);
}

function integer(kind: WitInteger, value: unknown, path: string): number | bigint {
  const [low, high] = integerRanges[kind];
  const wide = kind === 's64' || kind === 'u64';
  const expected = `an integer from ${low} to ${high}${wide ? ', as a decimal string beyond 2^53' : ''}`;
  if (typeof value === 'string' && wide && digits.test(value)) {
    const big = BigInt(value);
    return big >= low && big <= high ? big : refuse(path, expected);
  }
  if (typeof value !== 'number' || !Number.isInteger(value) || Math.abs(value) > SAFE)
    return refuse(path, expected);
  const big = BigInt(value);
  if (big < low || big > high) return refuse(path, expected);
  return wide ? big : value + 0;
}

/** The numbers that JSON has no digits for, or loses the sign of. */
const spelled = new Map<unknown, number>([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
]);

function float(kind: WitFloat, value: unknown, path: string): number {
  const word = spelled.get(value);
  if (word !== undefined) return word;
  if (typeof value !== 'number' || !Number.isFinite(value))
    return refuse(path, 'a number, or "NaN", "Infinity", "-Infinity" or "-0"');
  if (kind === 'f64') return value;
  const single = Math.fround(value);
  return Number.isFinite(single) ? single : refuse(path, `a number within ±${F32_MAX}`);
}

function text(value: unknown, path: string): string {
  if (typeof value === 'string' && value.isWellFormed()) return value;
  return refuse(path, 'a string without lone surrogates');
}

function character(value: unknown, path: string): string {
  const expected = 'a string of one character (a Unicode scalar value)';
  if (typeof value !== 'string' || value.length === 0 || value.length > 2) {
    return refuse(path, expected);
  }
  const isOne = value.length === 1 || value.codePointAt(0)! > 0xffff;
  return isOne && value.isWellFormed() ? value : refuse(path, expected);
}

function array(value: unknown, path: string, length?: number): readonly unknown[] {
  if (Array.isArray(value) && (length === undefined || value.length === length)) return value;
  return refuse(path, length === undefined ? 'an array' : `an array of ${length} items`);
}

function list(types: WitTypes, element: number, value: unknown, path: string): unknown {
  const { kind } = types[element]!;
  if (kind === 'u8' && typeof value === 'string') {
    return fromBase64(value) ?? refuse(path, 'base64, or an array of bytes');
  }
  const items = array(value, path).map((item, at) =>
    valueFromJson(types, element, item, `${path}[${at}]`),
  );
  return typed(kind, items);
}

/** Lists of numbers are typed arrays in the glue. */
function typed(kind: WitType['kind'], items: readonly unknown[]): unknown {
  const numbers = items as readonly number[];
  const bigints = items as readonly bigint[];
  switch (kind) {
    case 'u8':
      return Uint8Array.from(numbers);
    case 's8':
      return Int8Array.from(numbers);
    case 'u16':
      return Uint16Array.from(numbers);
    case 's16':
      return Int16Array.from(numbers);
    case 'u32':
      return Uint32Array.from(numbers);
    case 's32':
      return Int32Array.from(numbers);
    case 'u64':
      return BigUint64Array.from(bigints);
    case 's64':
      return BigInt64Array.from(bigints);
    case 'f32':
      return Float32Array.from(numbers);
    case 'f64':
      return Float64Array.from(numbers);
    default:
      return items;
  }
}

type Members = Readonly<Record<string, unknown>>;

/** An object with no other members than these. */
function objectOf(value: unknown, path: string, names: readonly string[]): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse(path, 'an object');
  for (const name of Object.keys(value)) {
    if (!names.includes(name)) refuse(member(path, name), 'absent: there is no such member');
  }
  return value as Members;
}

function fieldFromJson(
  types: WitTypes,
  given: Members,
  name: string,
  type: number,
  path: string,
): unknown {
  const there = Object.hasOwn(given, name);
  if (!there && !isNullable(types, type)) return refuse(member(path, name), 'present');
  return valueFromJson(types, type, there ? given[name] : null, member(path, name));
}

function record(
  types: WitTypes,
  { fields }: Extract<WitType, { kind: 'record' }>,
  value: unknown,
  path: string,
): unknown {
  const given = objectOf(
    value,
    path,
    fields.map(({ name }) => name),
  );
  // Not by assignment: a field may have a name that the frozen `Object.prototype` has.
  return Object.fromEntries(
    fields.map(({ name, type }) => [
      javascriptName(name),
      fieldFromJson(types, given, name, type, path),
    ]),
  );
}

function variant(
  types: WitTypes,
  { cases }: Extract<WitType, { kind: 'variant' }>,
  value: unknown,
  path: string,
): unknown {
  const given = objectOf(value, path, ['tag', 'val']);
  const found = cases.find(({ name }) => name === given['tag']);
  if (!found)
    return refuse(member(path, 'tag'), `one of ${cases.map(({ name }) => name).join(', ')}`);
  if (found.type !== null) {
    return { tag: found.name, val: fieldFromJson(types, given, 'val', found.type, path) };
  }
  if (Object.hasOwn(given, 'val')) refuse(member(path, 'val'), 'absent: this case holds nothing');
  return { tag: found.name };
}

function flags(names: readonly string[], value: unknown, path: string): unknown {
  const given = new Set(array(value, path));
  for (const name of given) {
    if (!names.includes(name as string)) refuse(path, `an array of ${names.join(', ')}`);
  }
  return Object.fromEntries(names.map((name) => [javascriptName(name), given.has(name)]));
}

function option(
  types: WitTypes,
  type: Extract<WitType, { kind: 'option' }>,
  value: unknown,
  path: string,
): unknown {
  const tagged = isTagged(types, type);
  if (value === null) return tagged ? { tag: 'none' } : undefined;
  const val = wrapsSome(types, type)
    ? fieldOf(types, objectOf(value, path, ['some']), 'some', type.some, path)
    : valueFromJson(types, type.some, value, path);
  return tagged ? { tag: 'some', val } : val;
}

/** A member that must be there, also where it may be `null`. */
function fieldOf(
  types: WitTypes,
  given: Members,
  name: string,
  type: number,
  path: string,
): unknown {
  if (!Object.hasOwn(given, name)) return refuse(member(path, name), 'present');
  return valueFromJson(types, type, given[name], member(path, name));
}

function result(
  types: WitTypes,
  { ok, err }: Extract<WitType, { kind: 'result' }>,
  value: unknown,
  path: string,
): unknown {
  const given = objectOf(value, path, ['ok', 'err']);
  const [tag, ...more] = Object.keys(given) as ('ok' | 'err')[];
  if (tag === undefined || more.length > 0) return refuse(path, 'an object with either ok or err');
  const type = tag === 'ok' ? ok : err;
  if (type !== null) return { tag, val: fieldOf(types, given, tag, type, path) };
  return given[tag] === null ? { tag } : refuse(member(path, tag), 'null: it holds nothing');
}
