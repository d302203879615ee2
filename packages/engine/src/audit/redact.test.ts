import { describe, expect, test } from 'vitest';
import type { JsonValue } from '../schema/json.ts';
import { recordBounds, redactParameters } from './redact.ts';

const parse = (text: string): JsonValue => JSON.parse(text) as JsonValue;

describe('what a record keeps of parameters', () => {
  test('sensitive values go, at any depth, the rest stays', () => {
    const parameters = { path: 'a', list: [{ apiKey: 'k', n: 1 }], auth: { Token: { deep: 'x' } } };
    expect(redactParameters(parameters)).toEqual({
      path: 'a',
      list: [{ apiKey: '[REDACTED]', n: 1 }],
      auth: { Token: '[REDACTED]' },
    });
  });

  test('the original is not changed, and shares nothing that could change the copy', () => {
    const parameters = { list: [{ password: 'p', open: ['x'] }] };
    const before = structuredClone(parameters);
    const copy = redactParameters(parameters) as { list: { open: string[] }[] };
    expect(parameters).toEqual(before);
    copy.list[0]?.open.push('y');
    expect(parameters).toEqual(before);
  });

  test('__proto__ stays an own key and its content is redacted too', () => {
    const copy = redactParameters(parse('{"__proto__":{"secret":"s","polluted":1}}'));
    expect(JSON.stringify(copy)).toBe('{"__proto__":{"secret":"[REDACTED]","polluted":1}}');
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  });

  test('long strings keep their beginning and say how long they were', () => {
    const copy = redactParameters({ text: 'x'.repeat(1_000_000) }) as { text: string };
    expect(copy.text).toBe(`${'x'.repeat(recordBounds.text)}… [TRUNCATED: 1000000 characters]`);
  });

  test('wide, deep and numerous values are bounded', () => {
    const wide = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, i]));
    expect(Object.keys(redactParameters(wide) as object)).toHaveLength(recordBounds.members + 1);
    const long = redactParameters(Array.from({ length: 5000 }, () => 0)) as JsonValue[];
    expect(long.at(-1)).toBe('[TRUNCATED: 5000 items]');
    const deep = parse('['.repeat(5000) + ']'.repeat(5000));
    expect(JSON.stringify(redactParameters(deep))).toBe(
      '['.repeat(recordBounds.depth) +
        '"[TRUNCATED: nested deeper]"' +
        ']'.repeat(recordBounds.depth),
    );
    const row = Array.from({ length: 200 }, () => 'x'.repeat(10));
    const many = Array.from({ length: 200 }, () => row);
    expect(JSON.stringify(redactParameters(many)).length).toBeLessThan(recordBounds.values * 20);
  });

  test('a name whose sensitive word lies beyond the shortened part still hides its value', () => {
    const name = `${'x'.repeat(recordBounds.text + 10)}_password`;
    expect(JSON.stringify(redactParameters({ [name]: 'hunter2' }))).not.toContain('hunter2');
  });
});
