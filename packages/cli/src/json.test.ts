import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonText } from './json.ts';

test('what a terminal obeys is escaped, and means the same', () => {
  const hostile = { 'k\u202e': 'a\u009b31m\u001b[2J\u2028\u{e0041}\ufeff\u007f' };
  const text = jsonText(hostile);
  expect(text).toMatch(/^[\u0020-\u007e]+$/);
  expect(JSON.parse(text)).toEqual(hostile);
});

test('any value reads back, in lines or in one', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const one = jsonText(value as never);
      expect(one).not.toContain('\n');
      expect(JSON.parse(one)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(JSON.parse(jsonText(value as never, 2))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
