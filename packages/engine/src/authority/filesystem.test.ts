import { describe, expect, it } from 'vitest';

import { filesystemAccess, intersectGrants } from './filesystem.ts';

const read = (path: string) => ({ path, access: 'read' as const });
const write = (path: string) => ({ path, access: 'read-write' as const });

describe('filesystemAccess', () => {
  const filesystem = {
    grants: [write('/data'), read('/data/in'), write('/data/in/tmp'), read('/etc/one.conf')],
    forbidden: ['/data/in/secret', '/data/private'],
  };
  it.each([
    ['/data', 'read-write'],
    ['/data/x', 'read-write'],
    ['/data/in', 'read'],
    ['/data/in/x', 'read'],
    ['/data/inner', 'read-write'],
    ['/data/in/tmp/x', 'read-write'],
    ['/data/in/secret', 'none'],
    ['/data/in/secret/x', 'none'],
    ['/data/in/secrets', 'read'],
    ['/data/private/x', 'none'],
    ['/data-secret', 'none'],
    ['/database', 'none'],
    ['/', 'none'],
    ['/etc/one.conf', 'read'],
    ['/etc/one.conf.bak', 'none'],
    ['/etc', 'none'],
  ])('%s: %s', (path, access) => {
    expect(filesystemAccess(filesystem, path)).toBe(access);
  });
});

describe('intersectGrants (FS-19)', () => {
  it.each([
    ['the same', [[write('/a')], [write('/a')]], [write('/a')]],
    ['a narrower access', [[write('/a')], [read('/a')]], [read('/a')]],
    ['a narrower place', [[write('/a')], [write('/a/b')]], [write('/a/b')]],
    ['a wider place', [[read('/a')], [write('/')]], [read('/a')]],
    ['strangers', [[read('/a')], [read('/b')]], []],
    ['a prefix that is no parent', [[read('/data')], [read('/dat'), read('/data-x')]], []],
    ['nothing', [[write('/a')], []], []],
    ['overlap', [[read('/'), write('/lib')], [write('/')]], [read('/'), write('/lib')]],
    [
      'a read-only island',
      [[write('/a')], [write('/a'), read('/a/b')]],
      [write('/a'), read('/a/b')],
    ],
    ['both accesses on one path', [[read('/a'), write('/a')], [write('/a')]], [write('/a')]],
    [
      'declared paths that say nothing new',
      [[read('/a'), read('/a/b')], [read('/')]],
      [read('/a'), read('/a/b')],
    ],
    [
      'paths of others that say nothing new',
      [[read('/a')], [read('/'), read('/a/b')]],
      [read('/a')],
    ],
  ])('%s', (_, sets, expected) => {
    expect(intersectGrants(sets)).toEqual(expected);
  });
});
