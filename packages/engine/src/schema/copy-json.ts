import { JsonMeter, JsonProblem, quoteKey } from './json-limits.ts';
import type { JsonLimits, JsonResult } from './json-limits.ts';
import { setOwn } from './json.ts';
import type { JsonValue } from './json.ts';

/**
 * Copies a caller's value to plain JSON data, looking at each part exactly once: nothing that the caller
 * keeps (an accessor, a proxy, a shared array) can change the data between its validation and its use.
 *
 * Members whose value is undefined are left out, as `JSON.stringify` does. Refused are accessors, class
 * instances (dates, maps, buffers), functions, symbols, bigint, NaN and infinities, gaps in arrays, cycles,
 * and halves of surrogate pairs. No code of the value runs, `toJSON` included; only a proxy's traps do.
 */
export function copyJson(value: unknown, limits?: Partial<JsonLimits>): JsonResult<JsonValue> {
  try {
    return { ok: true, value: copy(value, new JsonMeter(limits), [], 0) };
  } catch (error) {
    if (error instanceof JsonProblem) return { ok: false, problem: error.message };
    return { ok: false, problem: 'it cannot be read (a proxy or a revoked object)' };
  }
}

/** One part of a larger copy: counts against a meter that others share. @throws JsonProblem */
export function copyWith(value: JsonValue, meter: JsonMeter): JsonValue {
  return copy(value, meter, [], 0);
}

function copy(value: unknown, meter: JsonMeter, path: readonly string[], depth: number): JsonValue {
  switch (typeof value) {
    case 'string':
      meter.value(depth);
      meter.text(value.length);
      if (!value.isWellFormed()) throw problem(path, 'is text with half of a surrogate pair');
      return value;
    case 'number':
      meter.value(depth);
      if (!Number.isFinite(value)) throw problem(path, `is ${value}, which JSON does not have`);
      return value === 0 ? 0 : value;
    case 'boolean':
      meter.value(depth);
      return value;
    case 'object': {
      if (value === null) {
        meter.value(depth);
        return null;
      }
      meter.value(depth + 1);
      return Array.isArray(value)
        ? copyArray(value, meter, path, depth + 1)
        : copyObject(value, meter, path, depth + 1);
    }
    case 'bigint':
      throw problem(path, 'is a bigint; send it as a string');
    default:
      throw problem(path, `is ${value === undefined ? 'undefined' : `a ${typeof value}`}`);
  }
}

function copyArray(
  source: object,
  meter: JsonMeter,
  path: readonly string[],
  depth: number,
): JsonValue {
  const items: JsonValue[] = [];
  const length = dataOf(source, 'length', path) as number;
  for (let index = 0; index < length; index += 1) {
    const key = String(index);
    items.push(copy(dataOf(source, key, path), meter, [...path, key], depth));
  }
  return items;
}

function copyObject(
  source: object,
  meter: JsonMeter,
  path: readonly string[],
  depth: number,
): JsonValue {
  if (!isPlain(source))
    throw problem(path, 'is an instance of a class; only plain objects are allowed');
  const target = {};
  for (const key of Reflect.ownKeys(source)) {
    if (typeof key === 'symbol') throw problem(path, 'has a symbol as a key');
    const descriptor = Reflect.getOwnPropertyDescriptor(source, key);
    if (descriptor === undefined || descriptor.enumerable !== true) continue;
    if (!('value' in descriptor)) throw problem([...path, key], 'is an accessor');
    meter.text(key.length);
    if (!key.isWellFormed()) throw problem(path, 'has a key with half of a surrogate pair');
    const member: unknown = descriptor.value;
    if (member !== undefined) setOwn(target, key, copy(member, meter, [...path, key], depth));
  }
  return target;
}

function dataOf(source: object, key: string, path: readonly string[]): unknown {
  const descriptor = Reflect.getOwnPropertyDescriptor(source, key);
  if (descriptor === undefined) throw problem([...path, key], 'is a gap in an array');
  if (!('value' in descriptor)) throw problem([...path, key], 'is an accessor');
  return descriptor.value;
}

/** Also true for plain objects of another realm: their prototype is that realm's `Object.prototype`. */
function isPlain(object: object): boolean {
  const prototype = Reflect.getPrototypeOf(object);
  if (prototype === null) return true;
  return Reflect.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');
}

function problem(path: readonly string[], what: string): JsonProblem {
  const where = path.length === 0 ? 'it' : `the value at ${path.map(quoteKey).join('.')}`;
  return new JsonProblem(`${where} ${what}`);
}
