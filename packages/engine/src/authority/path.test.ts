import { describe, expect, it } from 'vitest';

import { SkillError } from '../errors.ts';
import { checkDeclaredPath, covers, resolvePath } from './path.ts';

const places = { baseDir: '/skills/one', home: '/home/op' };

describe('declared paths (FS-19)', () => {
  it.each([
    ['/', '/'],
    ['//', '/'],
    ['/data', '/data'],
    ['/data/', '/data'],
    ['//data/./x//', '/data/x'],
    ['/a..b/..c/d..', '/a..b/..c/d..'],
    ['.', '/skills/one'],
    ['./', '/skills/one'],
    ['data', '/skills/one/data'],
    ['..', '/skills'],
    ['../docs', '/skills/docs'],
    ['.././../x', '/x'],
    ['../..', '/'],
    ['~', '/home/op'],
    ['~/', '/home/op'],
    ['~/.ssh', '/home/op/.ssh'],
    ['./~', '/skills/one/~'],
    ['/with space/ü', '/with space/ü'],
  ])('%j is %s', (text, absolute) => {
    expect(checkDeclaredPath(text)).toBeUndefined();
    expect(resolvePath(text, places)).toBe(absolute);
  });

  it.each([
    '',
    '/data/..',
    '/data/../etc',
    '/..',
    'a/../b',
    '../a/../b',
    '~/..',
    '~/../root',
    '~root',

    '~root/.ssh',
    '/a\0b',
    '/a\nb',
    '/a\u007f',
    'C:\\x',
    'C:/x',
    '/a\\b',
    '/data/*',
    '*',
    '/**/x',
    `/${'a'.repeat(5000)}`,
    '../../..',
    '../../../../etc',
  ])('%j is refused', (text) => {
    expect(() => resolvePath(text, places)).toThrow(SkillError);
  });

  it('need a home for ~ and an absolute base', () => {
    expect(() => resolvePath('~/x', { baseDir: '/a' })).toThrow('needs a home directory');
    expect(() => resolvePath('x', { baseDir: 'a' })).toThrow('is not absolute');
  });
});

describe('covers (FS-20)', () => {
  it.each([
    ['/data', '/data', true],
    ['/data', '/data/x', true],
    ['/data', '/data-secret', false],
    ['/data', '/database/x', false],
    ['/data/x', '/data', false],
    ['/', '/', true],
    ['/', '/anything', true],
  ])('%s covers %s: %s', (directory, path, expected) => {
    expect(covers(directory, path)).toBe(expected);
  });
});
