import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBase64, toBase64 } from './base64.ts';
import { assertDistinct } from './distinct.ts';
import { toolNames } from './tool-names.ts';

describe('names of tools', () => {
  const names = (...given: [string | undefined, string][]) =>
    toolNames(given.map(([interfaceName, functionName]) => ({ interfaceName, functionName })));

  it('are short where that is enough', () => {
    expect(names([undefined, 'run'], ['a:b/math@1.0.0', 'add'], ['plain', 'f'])).toEqual([
      'run',
      'math_add',
      'plain_f',
    ]);
  });

  it('get package, then version, where two would be alike; in whatever order they come', () => {
    const first = ['a:b/math@1.0.0', 'add'] as [string, string];
    const other = ['c:d/math@1.0.0', 'add'] as [string, string];
    const newer = ['a:b/math@2.0.0', 'add'] as [string, string];
    expect(names(first, other)).toEqual(['a_b_math_add', 'c_d_math_add']);
    expect(names(other, newer, first)).toEqual([
      'c_d_math_add',
      'a_b_math_add_2-0-0',
      'a_b_math_add_1-0-0',
    ]);
  });

  it('have at most 64 characters, and stay apart', () => {
    const long = (end: string) => `${'word-'.repeat(20)}${end}`;
    const [one, two] = names([undefined, long('a')], [undefined, long('b')]);
    expect(one).toMatch(/^[a-z][a-z0-9_-]{63}$/);
    expect(one).not.toBe(two);
  });
});

describe('base64', () => {
  it('is what Node says', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        const text = toBase64(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64'));
        expect(fromBase64(text)).toEqual(bytes);
      }),
    );
    const large = new Uint8Array(100_001).map((_, index) => index);
    expect(toBase64(large)).toBe(Buffer.from(large).toString('base64'));
  });

  it.each(['A', 'AA', 'AAA', 'A===', 'AB==', 'AA=A', 'AA-_', 'AAA\n', '===='])(
    'refuses %j',
    (text) => expect(fromBase64(text)).toBeUndefined(),
  );
});

it('a record or flags with two names that are one in generated code are refused', () => {
  const alike = ['a-1', 'a1'];
  const fields = alike.map((name) => ({ name, type: 0 }));
  for (const type of [
    { kind: 'record' as const, fields },
    { kind: 'flags' as const, names: alike },
  ]) {
    expect(() => assertDistinct([{ kind: 'bool' }, type])).toThrow('"a-1" and "a1"');
  }
  assertDistinct([{ kind: 'enum', cases: alike }]);
});
