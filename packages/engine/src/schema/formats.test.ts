import { describe, expect, test } from 'vitest';
import { isArgument, isRelativePath } from './formats.ts';

describe('format "path"', () => {
  test.each([
    'a',
    'a/b.txt',
    './a',
    '.',
    'a//b',
    'a/',
    '..a',
    'a..',
    '...',
    'größe/日本',
    'a b',
    'ab:c',
    '-x',
    'a/~b',
  ])('%j is below where it starts', (text) => {
    expect(isRelativePath(text)).toBe(true);
  });

  test.each([
    '',
    '/',
    '/etc/passwd',
    '..',
    '../a',
    'a/..',
    'a/../../b',
    './..',
    '~',
    '~/.ssh',
    '~root/a',
    'C:',
    'c:a',
    'a:b',
    'C:/a',
    '\\a',
    'a\\..\\b',
    '..\\a',
    'a\0b',
    'a\nb',
    'a\u0085b',
    'a\u2028b',
    '//server/share',
    'x'.repeat(4097),
  ])('%j is refused', (text) => {
    expect(isRelativePath(text)).toBe(false);
  });
});

describe('format "argument"', () => {
  test.each([
    '',
    'a',
    '--name=value',
    '-5',
    'a/b.c',
    'user@host:22',
    'a,b',
    'a+b',
    'größe',
    '日本',
  ])('%j passes', (text) => {
    expect(isArgument(text)).toBe(true);
  });

  test.each([
    ...[...'|&;<>()$`\\"\'*?[]{}!#~^%'].map((character) => `a${character}b`),
    'a b',
    'a\tb',
    'a\nb',
    'a\rb',
    'a\0b',
    'a\u001bb',
    'a\u00a0b',
    'a\u2028b',
    'x'.repeat(4097),
  ])('%j is refused', (text) => {
    expect(isArgument(text)).toBe(false);
  });
});
