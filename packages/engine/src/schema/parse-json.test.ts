import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SkillError } from '../errors.ts';
import { parseParametersJson } from './parameters.ts';
import { parseJson } from './parse-json.ts';

const problemOf = (text: string | Uint8Array): string => {
  const result = parseJson(text);
  return result.ok ? `accepted ${JSON.stringify(result.value)}` : result.problem;
};

describe('JSON text', () => {
  test('ordinary documents are read as JSON.parse reads them', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ depthSize: 'medium' }),
        fc.constantFrom(undefined, 2),
        (value, indent) => {
          const text = JSON.stringify(value, null, indent);
          const result = parseJson(text);
          // Written by JSON.stringify, large doubles look like whole numbers; they are refused as such.
          const isRead =
            result.ok && JSON.stringify(result.value) === JSON.stringify(JSON.parse(text));
          expect(isRead || (!result.ok && /silently change|surrogate/.test(result.problem))).toBe(
            true,
          );
        },
      ),
    );
  });

  test('whatever the text is, it is read or refused, and never read where JSON.parse refuses', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '1',
      '-',
      '.',
      'e5',
      'null',
      ' ',
      '\\u0041',
      '\\',
      'a',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        const isJson = (): boolean => JSON.parse(text) !== undefined;
        expect(!parseJson(text).ok || isJson()).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['a repeated key', '{"a":1,"b":{"a":1},"a":2}', 'the key "a" is there twice (at character 23)'],
    [
      'a repeated key, once escaped',
      '{"a":1,"\\u0061":2}',
      'the key "a" is there twice (at character 16)',
    ],
    [
      'a repeated __proto__',
      '{"__proto__":1,"__proto__":2}',
      'the key "__proto__" is there twice (at character 27)',
    ],
    ['a number beyond doubles', '[1e400]', 'a number is too large for a double (at character 2)'],
    ['the first unsafe whole number', '9007199254740992', 'beyond ±9007199254740991'],
    ['an unsafe negative whole number', '-9007199254740993', 'send it as a string'],
    ['a number of very many digits', `0.${'1'.repeat(1000)}`, 'more than 400 characters'],
    ['half a surrogate pair, escaped', '"\\ud800"', 'half of a surrogate pair'],
    ['half a surrogate pair in a key', '{"\\udc00":1}', 'half of a surrogate pair'],
    ['half a surrogate pair, raw', '"\ud800"', 'half of a surrogate pair'],
    ['a byte order mark', '\ufeff{}', 'byte order mark'],
    ['two values', '{} {}', 'more after the value (at character 4)'],
    ['a trailing comma', '[1,]', 'a value is missing (at character 4)'],
    ['a leading zero', '01', 'more after the value'],
    ['a leading plus', '+1', 'a value is missing'],
    ['a comment', '{} // x', 'more after the value'],
    ['NaN', 'NaN', 'a value is missing'],
    ['a single-quoted string', "'a'", 'a value is missing'],
    ['a raw line feed in a string', '"a\nb"', 'control character'],
    ['a raw control character after a backslash', '"a\\\nb"', 'escape that JSON does not have'],
    ['an unknown escape', String.raw`"\x41"`, 'escape that JSON does not have'],
    ['an open string', '"abc', 'a string does not end'],
    ['an open string after a backslash', '"abc\\', 'a string does not end'],
    ['an open array', '[1', '"," or "]" is missing'],
    ['an open object', '{"a":1', '"," or "}" is missing'],
    ['a missing colon', '{"a" 1}', '":" is missing'],
    ['a missing key', '{1:1}', 'key in double quotes'],
    ['nothing', '', 'it ends too early'],
    ['white space of other kinds', '\u00a01', 'a value is missing'],
    ['65 levels', '['.repeat(65) + ']'.repeat(65), 'nested deeper than 64 levels'],
    ['100 000 levels', '['.repeat(100_000), 'nested deeper than 64 levels'],
    ['ten million levels', '['.repeat(10_000_000), 'nested deeper than 64 levels'],
    ['100 000 levels of objects', '{"a":'.repeat(100_000), 'nested deeper than 64 levels'],
    ['very many values', `[${'0,'.repeat(1_000_000)}0]`, 'more than 1000000 values'],
    ['very long text', `"${'x'.repeat(16_777_216)}"`, 'longer than 16777216 characters'],
  ])('%s is refused', (_, text, problem) => {
    expect(problemOf(text)).toContain(problem);
  });

  test('64 levels, the largest safe whole numbers and large doubles are read', () => {
    expect(parseJson('['.repeat(64) + ']'.repeat(64)).ok).toBe(true);
    expect(parseJson('[9007199254740991,-9007199254740991,1e300,0.1,1E-400]')).toEqual({
      ok: true,
      value: [9007199254740991, -9007199254740991, 1e300, 0.1, 0],
    });
  });

  test('-0 is read as 0', () => {
    expect(parseJson('[-0,-0.0]')).toEqual({ ok: true, value: [0, 0] });
  });

  test('__proto__, constructor and the like are own data and change no prototype', () => {
    const text =
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1,"hasOwnProperty":2}';
    const result = parseJson(text);
    expect(JSON.stringify(result.ok && result.value)).toBe(text);
    expect(Object.getPrototypeOf(result.ok && result.value)).toBe(Object.prototype);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test('bytes must be UTF-8 without a byte order mark', () => {
    const bytes = (...values: number[]) => new Uint8Array(values);
    expect(parseJson(new TextEncoder().encode('{"ä":"😀"}'))).toEqual({
      ok: true,
      value: { ä: '😀' },
    });
    expect(problemOf(bytes(0x22, 0xff, 0x22))).toBe('its bytes are not UTF-8');
    expect(problemOf(bytes(0x22, 0xed, 0xa0, 0x80, 0x22))).toBe('its bytes are not UTF-8');
    expect(problemOf(bytes(0xef, 0xbb, 0xbf, 0x31))).toContain('byte order mark');
  });

  test('limits can be narrowed', () => {
    expect(parseJson('[[1]]', { depth: 1 }).ok).toBe(false);
    expect(parseJson('[1,2]', { values: 2 }).ok).toBe(false);
    expect(parseJson('"abc"', { characters: 4 }).ok).toBe(false);
  });

  test('as parameters, the problem is an INVALID_PARAMETERS error that quotes no value', () => {
    const secret = '{"password":"hunter2","password":"hunter2"}';
    const thrown = (() => {
      try {
        return parseParametersJson(secret);
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toBeInstanceOf(SkillError);
    expect(thrown).toMatchObject({ code: 'INVALID_PARAMETERS', details: { rule: 'json' } });
    expect(JSON.stringify(thrown)).not.toContain('hunter2');
  });
});
