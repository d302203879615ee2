import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { copyJson } from './copy-json.ts';
import { assertJsonValue } from './parameters.ts';

const problemOf = (value: unknown): string => {
  const result = copyJson(value);
  return result.ok ? `accepted ${JSON.stringify(result.value)}` : result.problem;
};

describe('values of a program', () => {
  test('plain data is copied as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(JSON.stringify(value).isWellFormed());
        const result = copyJson(value);
        expect(result.ok && JSON.stringify(result.value)).toBe(JSON.stringify(value));
      }),
    );
  });

  test('nothing of the original is shared', () => {
    const original = { list: [{ a: 1 }] };
    const result = copyJson(original);
    original.list[0] = { a: 2 };
    expect(result).toEqual({ ok: true, value: { list: [{ a: 1 }] } });
  });

  test('undefined members are left out, hidden members are not copied', () => {
    const value = Object.defineProperty({ a: undefined, b: 1 }, 'hidden', {
      value: 2,
      enumerable: false,
    });
    expect(copyJson(value)).toEqual({ ok: true, value: { b: 1 } });
  });

  test('an object without prototype, one of another realm, and an own __proto__ are plain', () => {
    const bare = Object.assign(Object.create(null) as object, { a: 1 });
    expect(copyJson(bare)).toEqual({ ok: true, value: { a: 1 } });
    expect(copyJson(runInNewContext('({ a: [1] })'))).toEqual({ ok: true, value: { a: [1] } });
    const own = copyJson(JSON.parse('{"__proto__":{"polluted":1}}'));
    expect(JSON.stringify(own.ok && own.value)).toBe('{"__proto__":{"polluted":1}}');
  });

  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = { again: cyclic };
  class Money {
    amount = 1;
  }
  test.each<[string, unknown, string]>([
    ['a cycle', cyclic, 'nested deeper than 64 levels'],
    ['a function', { f: () => 1 }, 'the value at "f" is a function'],
    ['a symbol', [Symbol('x')], 'the value at "0" is a symbol'],
    ['a symbol as a key', { [Symbol('x')]: 1 }, 'symbol as a key'],
    ['a bigint', { n: 1n }, 'the value at "n" is a bigint; send it as a string'],
    ['NaN', { a: { b: [Number.NaN] } }, 'the value at "a"."b"."0" is NaN'],
    ['infinity', -Infinity, 'it is -Infinity'],
    ['undefined', undefined, 'it is undefined'],
    ['undefined in a list', [undefined], 'is undefined'],
    // oxlint-disable-next-line no-sparse-arrays
    ['a gap in a list', [1, , 2], 'is a gap in an array'],
    ['an instance of a class', new Money(), 'instance of a class'],
    ['a date', { at: new Date(0) }, 'the value at "at" is an instance of a class'],
    ['a map', new Map(), 'instance of a class'],
    ['a boxed string', Object('x'), 'instance of a class'],
    ['a typed array', new Uint8Array(2), 'instance of a class'],
    ['half a surrogate pair', { a: '\ud800' }, 'half of a surrogate pair'],
    ['half a surrogate pair in a key', { '\ud800': 1 }, 'half of a surrogate pair'],
    ['an inherited toJSON', Object.create({ toJSON: () => 1 }), 'instance of a class'],
    ['an own toJSON', { toJSON: () => 1 }, 'is a function'],
    ['many values', Array.from({ length: 1_000_001 }, () => 0), 'more than 1000000 values'],
    ['a list of huge length', Object.assign([], { length: 4_000_000_000 }), 'is a gap in an array'],
    ['much text', ['x'.repeat(16_777_217)], 'longer than 16777216 characters'],
    ['much text in keys', { ['x'.repeat(16_777_217)]: 1 }, 'longer than 16777216 characters'],
  ])('%s is refused', (_, value, problem) => {
    expect(problemOf(value)).toContain(problem);
  });

  test('accessors are refused without being called', () => {
    let calls = 0;
    const spy = { get: () => ++calls, enumerable: true };
    expect(problemOf(Object.defineProperty({}, 'a', spy))).toContain('is an accessor');
    expect(problemOf(Object.defineProperty([], '0', spy))).toContain('is an accessor');
    expect(calls).toBe(0);
  });

  test('a proxy that answers differently each time is asked once for each member', () => {
    const asked: PropertyKey[] = [];
    const shifty = new Proxy(
      { path: 'docs' },
      {
        getOwnPropertyDescriptor(target, key) {
          asked.push(key);
          const value = asked.length === 1 ? 'docs' : '/etc/passwd';
          return { ...Reflect.getOwnPropertyDescriptor(target, key), value, configurable: true };
        },
      },
    );
    expect(copyJson(shifty)).toEqual({ ok: true, value: { path: 'docs' } });
    expect(asked).toEqual(['path']);
  });

  test('a proxy that throws is refused', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(problemOf({ a: proxy })).toContain('cannot be read');
  });

  test('as parameters, the problem is an INVALID_PARAMETERS error', () => {
    expect(() => assertJsonValue({ a: 1n })).toThrow(
      expect.objectContaining({
        code: 'INVALID_PARAMETERS',
        details: expect.objectContaining({ rule: 'json' }) as object,
      }),
    );
    expect(assertJsonValue({ a: 1 })).toEqual({ a: 1 });
  });
});
