import { describe, expect, test } from 'vitest';
import { PatternProblem, compilePattern } from './pattern.ts';

const matches = (source: string, text: string): boolean => compilePattern(source).test(text);
const problemOf = (source: string): PatternProblem => {
  try {
    compilePattern(source);
  } catch (error) {
    if (error instanceof PatternProblem) return error;
  }
  throw new Error(`${source} was accepted`);
};

describe('regular expressions in schemas', () => {
  // With 10^5 characters a backtracking engine would not end within the lifetime of the test.
  const email =
    '^([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}(([a-z]{2,3})|([a-z]{2,3}[.]{1}[a-z]{2,3}))$';
  test.each([
    ['(a+)+$', 'a'.repeat(100_000) + 'b'],
    [email, 'a'.repeat(100_000) + '!'],
    ['^(.*a){20}$', 'a'.repeat(100_000) + 'b'],
    ['^(a|aa)+$', 'a'.repeat(100_000) + 'b'],
    ['^(a|a?)+$', 'a'.repeat(100_000) + 'b'],
    ['(x+x+)+y', 'x'.repeat(100_000)],
  ])('%s ends on a text that makes backtracking explode', (source, text) => {
    expect(matches(source, text)).toBe(false);
  });

  // Each is compared with V8, whose meaning is the standard's.
  const texts = [
    '',
    'a',
    'a\n',
    '\na',
    'a\r',
    'aXb',
    'a\rb',
    'a\u2028b',
    'a b',
    'a\u00a0b',
    '\u000b',
    '\ufeff',
  ];
  texts.push(
    'dev',
    'devs',
    '-',
    '_',
    'é',
    'É',
    '😀',
    '😀😀',
    '/a',
    '\\',
    ']',
    '^',
    '\b',
    'α',
    '٣',
    '\u0001',
    '(',
    '{1}',
  );
  test.each([
    '^a$',
    '^a',
    'a$',
    '^.$',
    'a.b',
    '^\\s$',
    '\\s',
    '^\\S+$',
    '^[\\s]+$',
    '[^\\s]',
    '[\\s\\S]',
    '^(dev|staging)$',
    '^[\\d\\-x]$',
    '\\d',
    '\\D',
    '\\w',
    '^\\W$',
    '\\bdev\\b',
    '^[\\b]$',
    '\\u0061',
    '\\u{1F600}',
    '^😀{2}$',
    '^[😀]$',
    '\\x61',
    '\\/a',
    '\\\\',
    '[\\]]',
    '[\\^]',
    '[^\\]^]',
    '^\\p{L}$',
    '\\p{Lu}',
    '\\P{L}',
    '\\cA',
    '\\(',
    '\\{1\\}',
    '(?:a|b)',
    '(?<name>a)',
    '^$',
    '',
    '[.]',
    '^[^.]$',
    'a{0,2}',
    'a??',
    '\\0',
    '\\v',
    '\\t',
    '\\n',
    '\\f',
    '\\r',
    '\\B',
    '[(?i)]',
    '[\\v]',
    '[\\S]',
    '(?:(?:a))',
    '\\?',
    '\\.',
    '\\$',
    '\\^',
    '\\|',
    '\\*\\+',
    'a|',
  ])('%s means what it means in ECMA-262', (source) => {
    const pattern = compilePattern(source);
    const standard = new RegExp(source, 'u');
    for (const text of texts)
      expect([text, pattern.test(text)]).toEqual([text, standard.test(text)]);
  });

  test.each([
    '(?=a)b',
    '(?!a)b',
    '(?<=a)b',
    '(?<!a)b',
    '(a)\\1',
    '(?<n>a)\\k<n>',
    '(?i:a)',
    '(?s:.)',
    '(?-i:a)',
    '\\p{Letter}',
  ])('%s, which needs backtracking, is refused with the reason', (source) => {
    expect(problemOf(source)).toMatchObject({ syntax: false });
    expect(problemOf(source).message).toContain('cannot run in linear time');
  });

  test.each([
    '(',
    '[a',
    'a**',
    '\\',
    '(?<n>a)(?<n>b',
    '\\A',
    '\\z',
    '\\Qa\\E',
    '(?P<n>a)',
    '[[:alpha:]]',
    '\\pL',
    '\\-',
    '{1}',
  ])('%s, which is not ECMA-262, is not valid', (source) => {
    expect(problemOf(source).syntax).toBe(true);
  });

  test.each(['\\s', '\\S', '.', '[\\s]', '[\\S]', '[^\\s]', '[^\\S]'])(
    '%s agrees on every character',
    (source) => {
      const pattern = compilePattern(`^${source}$`);
      const standard = new RegExp(`^${source}$`, 'u');
      const differ: number[] = [];
      for (let point = 0; point <= 0x1_0fff; point += 1) {
        if (point >= 0xd800 && point <= 0xdfff) continue;
        const character = String.fromCodePoint(point);
        if (pattern.test(character) !== standard.test(character)) differ.push(point);
      }
      expect(differ).toEqual([]);
    },
  );

  test('large expressions are refused by length and by size of the program', () => {
    expect(problemOf('a'.repeat(1025)).message).toContain('longer than 1024');
    expect(problemOf('(?:.{10}){10}'.repeat(30)).message).toContain('instructions');
    expect(problemOf('((a{100}){100}){100}').message).toContain('repeat count');
    expect(compilePattern('(?:a{10}){10}').size).toBeLessThan(2000);
  });
});
