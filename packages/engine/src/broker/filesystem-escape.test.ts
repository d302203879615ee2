/** REDTEAM FS-01, 02, 04, 20, 22, 23, 24, 32, 35: no path leads out of a grant, whatever it passes through. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import {
  list,
  openBroker,
  readText,
  scratch,
  thrownBy,
  writeText,
  type Scratch,
} from '../../../../test/support/filesystem.ts';
import type { Descriptor } from '../host/filesystem.ts';

const SECRET = 'outside';

/** A grant `data`, and a secret beside it. */
function stage(tree: Scratch): void {
  tree.files({ 'data/in.txt': 'inside', 'data/sub/deep/x': 'x', 'secret.txt': SECRET });
}

/** Everything that a guest can do with a path; each must fail with one of the codes. */
function refusals(directory: Descriptor, path: string): unknown[] {
  const follow = { symlinkFollow: true };
  return [
    thrownBy(() => directory.openAt(follow, path, {}, { read: true })),
    thrownBy(() => directory.openAt(follow, path, { create: true }, { write: true })),
    thrownBy(() => directory.openAt(follow, path, { directory: true }, {})),
    thrownBy(() => directory.statAt(follow, path)),
    thrownBy(() => directory.metadataHashAt(follow, path)),
    thrownBy(() => directory.setTimesAt(follow, path, { tag: 'now' }, { tag: 'now' })),
    thrownBy(() => directory.createDirectoryAt(`${path}/made`)),
    thrownBy(() => directory.removeDirectoryAt(`${path}/x`)),
    thrownBy(() => directory.unlinkFileAt(`${path}/x`)),
    thrownBy(() => directory.renameAt('in.txt', directory, `${path}/x`)),
    thrownBy(() => directory.renameAt(`${path}/x`, directory, 'taken')),
    thrownBy(() => directory.linkAt({}, 'in.txt', directory, `${path}/x`)),
    thrownBy(() => directory.linkAt({}, `${path}/x`, directory, 'taken')),
    thrownBy(() => directory.symlinkAt('in.txt', `${path}/x`)),
    thrownBy(() => directory.readlinkAt(`${path}/x`)),
  ];
}

describe.each(['held', 'checked'] as const)('walk: %s', (walk) => {
  test('FS-01: paths that climb, start at the root, or only look like it', () => {
    using tree = scratch();
    stage(tree);
    const { preopens, denials } = tree.open({ write: ['data'] }, { walk });
    const data = preopens.get(tree.path('data'))!;
    const climbing = [
      '..',
      '../',
      '../secret.txt',
      './../secret.txt',
      'sub/../../secret.txt',
      'sub//..//..//secret.txt',
      'sub/deep/../../../secret.txt',
      '/etc/passwd',
      '//etc/passwd',
      '/',
      '/../../etc/passwd',
      tree.path('secret.txt'),
      tree.path('data/in.txt'),
      '../data/in.txt',
    ];
    for (const path of climbing) {
      expect(refusals(data, path), path).toEqual(Array(15).fill('not-permitted'));
    }
    expect(denials[0]).toEqual({
      operation: 'open-at',
      path: tree.root,
      rule: 'outside-grant',
      access: 'read',
    });
    const names = ['%2e%2e/secret.txt', '．．/secret.txt', '‥/secret.txt', '..%2fsecret.txt'];
    for (const path of names) {
      expect(thrownBy(() => readText(data, path))).toBe('no-entry');
    }
    const backslashes = thrownBy(() => readText(data, '..\\secret.txt'));
    expect(backslashes).toBe(walk === 'held' ? 'no-entry' : 'not-permitted');
    expect(readFileSync(tree.path('secret.txt'), 'utf8')).toBe(SECRET);
  });

  test('a descriptor of a directory reaches nothing above it', () => {
    using tree = scratch();
    stage(tree);
    const { preopens } = tree.open({ write: ['data'] }, { walk });
    const data = preopens.get(tree.path('data'))!;
    const sub = data.openAt({}, 'sub', { directory: true }, {});
    expect(thrownBy(() => readText(sub, '../in.txt'))).toBe('not-permitted');
    expect(readText(sub, 'deep/../deep/x')).toBe('x');
  });

  test('FS-02: links that lead out, in the middle and at the end of a path', () => {
    using tree = scratch();
    stage(tree);
    const targets: Record<string, string> = {
      absolute: tree.path('secret.txt'),
      'into-itself': tree.path('data/in.txt'),
      relative: '../secret.txt',
      directory: '..',
      'deep-directory': 'sub/../..',
      self: '/proc/self/environ',
      root: '/',
      dangling: '../not-there',
      'absolute-dangling': '/not/there',
      chained: 'relative',
      'chained-directory': 'sub/../directory/secret.txt',
    };
    for (const [name, target] of Object.entries(targets))
      symlinkSync(target, tree.path('data', name));
    const { preopens } = tree.open({ write: ['data'] }, { walk });
    const data = preopens.get(tree.path('data'))!;
    for (const name of Object.keys(targets)) {
      for (const path of [name, `${name}/`, `sub/../${name}`]) {
        const follow = { symlinkFollow: true };
        expect(
          thrownBy(() => data.openAt(follow, path, {}, { read: true })),
          path,
        ).toBe('not-permitted');
        const create = thrownBy(() => data.openAt(follow, path, { create: true }, { write: true }));
        expect(create, path).toBe('not-permitted');
        expect(
          thrownBy(() => data.statAt(follow, path)),
          path,
        ).toBe('not-permitted');
        expect(
          thrownBy(() => data.createDirectoryAt(`${path}/x`)),
          path,
        ).toBe('not-permitted');
      }
      expect(thrownBy(() => data.openAt({}, name, {}, { read: true }))).toBe('loop');
      expect(thrownBy(() => data.openAt({}, name, { directory: true }, {}))).toBe('not-directory');
    }
    expect(existsSync(tree.path('not-there'))).toBe(false);
    expect(thrownBy(() => data.readlinkAt('absolute'))).toBe('not-permitted');
    expect(data.readlinkAt('relative')).toBe('../secret.txt');
  });

  test('links inside the grant work, also dangling ones for create', () => {
    using tree = scratch();
    stage(tree);
    symlinkSync('../in.txt', tree.path('data/sub/up'));
    symlinkSync('sub', tree.path('data/to-sub'));
    symlinkSync('sub/deep/../new.txt', tree.path('data/dangling'));
    const { preopens } = tree.open({ write: ['data'] }, { walk });
    const data = preopens.get(tree.path('data'))!;
    expect(readText(data, 'to-sub/up')).toBe('inside');
    expect(readText(data, 'to-sub/deep/../up')).toBe('inside');
    writeText(data, 'dangling', 'made');
    expect(readFileSync(tree.path('data/sub/new.txt'), 'utf8')).toBe('made');
  });

  test('FS-20: a sibling whose name starts like the grant is outside', () => {
    using tree = scratch();
    tree.files({ 'data/a': 'a', 'data-secret/b': 'b', 'database/c': 'c' });
    const { preopens } = tree.open({ read: ['data'] }, { walk });
    const data = preopens.get(tree.path('data'))!;
    for (const path of ['../data-secret/b', '../database/c', '-secret/b', 'base/c']) {
      expect(thrownBy(() => readText(data, path))).toMatch(/^(not-permitted|no-entry)$/);
    }
  });

  test('FS-22: NUL, lone surrogates, and endless paths are errors, and tell nothing', () => {
    using tree = scratch();
    stage(tree);
    const { preopens } = tree.open({ write: ['data'] }, { walk });
    const data = preopens.get(tree.path('data'))!;
    expect(thrownBy(() => readText(data, 'in.txt\0'))).toBe('invalid');
    expect(thrownBy(() => readText(data, 'in\0/../in.txt'))).toBe('invalid');
    expect(thrownBy(() => readText(data, 'in\ud800'))).toBe('illegal-byte-sequence');
    expect(thrownBy(() => readText(data, ''))).toBe('no-entry');
    expect(thrownBy(() => readText(data, 'x'.repeat(256)))).toBe('name-too-long');
    expect(thrownBy(() => readText(data, 'x/'.repeat(2049)))).toBe('name-too-long');
    expect(thrownBy(() => readText(data, 'sub/../'.repeat(520)))).toBe('name-too-long');
    expect(thrownBy(() => data.symlinkAt('a\0b', 'link'))).toBe('invalid');
    expect(thrownBy(() => data.openAt({}, 'in.txt/', {}, { read: true }))).toBe('not-directory');
    expect(thrownBy(() => readText(data, 'in.txt/x'))).toBe('not-directory');
  });

  test('FS-32: loops, chains and links to themselves end', () => {
    using tree = scratch();
    stage(tree);
    symlinkSync('loop', tree.path('data/loop'));
    symlinkSync('b', tree.path('data/a'));
    symlinkSync('a', tree.path('data/b'));
    symlinkSync('.', tree.path('data/dot'));
    for (let step = 0; step < 60; step += 1) {
      symlinkSync(step === 59 ? 'in.txt' : `c${step + 1}`, tree.path(`data/c${step}`));
    }
    // Doubles with each step: 2^30 segments if nobody counted.
    for (let step = 0; step < 30; step += 1) {
      symlinkSync(`d${step + 1}/../d${step + 1}`, tree.path(`data/d${step}`));
    }
    mkdirSync(tree.path('data/d30'));
    const { preopens } = tree.open({ read: ['data'] }, { walk });
    const data = preopens.get(tree.path('data'))!;
    for (const path of ['loop', 'a', 'a/x', 'c0', 'd0', 'dot/'.repeat(41) + 'in.txt']) {
      expect(
        thrownBy(() => readText(data, path)),
        path,
      ).toBe('loop');
    }
    expect(readText(data, `${'dot/'.repeat(40)}in.txt`)).toBe('inside');
    expect(readText(data, 'c30')).toBe('inside');
  });

  test('FS-23, FS-24: FIFOs, sockets and devices are refused, and nothing hangs', async () => {
    using tree = scratch();
    stage(tree);
    execFileSync('mkfifo', [tree.path('data/fifo')]);
    const server = createServer().listen(tree.path('data/socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      const { preopens, denials } = tree.open({ write: ['data'] }, { walk });
      const data = preopens.get(tree.path('data'))!;
      const special = ['fifo', 'socket'];
      if (process.getuid?.() === 0) {
        execFileSync('mknod', [tree.path('data/null'), 'c', '1', '3']);
        special.push('null');
      }
      for (const name of special) {
        for (const flags of [{ read: true }, { write: true }, { read: true, write: true }, {}]) {
          for (const open of [{}, { truncate: true }, { create: true }]) {
            expect(
              thrownBy(() => data.openAt({}, name, open, flags)),
              name,
            ).toBe('not-permitted');
          }
        }
        expect(thrownBy(() => data.linkAt({}, name, data, 'alias'))).toBe('not-permitted');
        expect(thrownBy(() => data.renameAt(name, data, 'moved'))).toBe('not-permitted');
        expect(thrownBy(() => data.renameAt('in.txt', data, name))).toBe('not-permitted');
        expect(thrownBy(() => data.unlinkFileAt(name))).toBe('not-permitted');
      }
      expect(data.statAt({}, 'fifo').type).toBe('fifo');
      expect(denials[0]).toMatchObject({ rule: 'file-type', path: tree.path('data/fifo') });
    } finally {
      server.close();
    }
  });
});

test('FS-04: a descriptor stays with its directory when the name is taken by a link', () => {
  using tree = scratch();
  stage(tree);
  tree.files({ 'outside/x': SECRET });
  const { preopens } = tree.open({ write: ['data'] });
  const data = preopens.get(tree.path('data'))!;
  const deep = data.openAt({}, 'sub/deep', { directory: true }, {});
  renameSync(tree.path('data/sub/deep'), tree.path('data/moved'));
  symlinkSync(tree.path('outside'), tree.path('data/sub/deep'));
  expect(readText(deep, 'x')).toBe('x');
  writeText(deep, 'y', 'y');
  expect(list(deep)).toEqual(['x', 'y']);
  expect(existsSync(tree.path('data/moved/y'))).toBe(true);
  expect(existsSync(tree.path('outside/y'))).toBe(false);
  expect(thrownBy(() => readText(deep, '../in.txt'))).toBe('not-permitted');
  const sub = data.openAt({}, 'sub', { directory: true }, {});
  data.renameAt('sub', data, 'renamed');
  symlinkSync('../..', tree.path('data/sub'));
  expect(thrownBy(() => readText(sub, '../secret.txt'))).toBe('not-permitted');
});

test('FS-04, checked walk: a directory whose name was taken is no longer used', () => {
  using tree = scratch();
  stage(tree);
  tree.files({ 'outside/x': SECRET });
  const { preopens } = tree.open({ write: ['data'] }, { walk: 'checked' });
  const data = preopens.get(tree.path('data'))!;
  const deep = data.openAt({}, 'sub/deep', { directory: true }, {});
  renameSync(tree.path('data/sub/deep'), tree.path('data/moved'));
  symlinkSync(tree.path('outside'), tree.path('data/sub/deep'));
  expect(thrownBy(() => readText(deep, 'x'))).toBe('not-permitted');
  expect(thrownBy(() => writeText(deep, 'y', 'y'))).toBe('not-permitted');
  expect(thrownBy(() => list(deep))).toBe('not-permitted');
  expect(existsSync(tree.path('outside/y'))).toBe(false);
});

test('a removed directory is empty for ever, also when its name is made again', () => {
  using tree = scratch();
  stage(tree);
  mkdirSync(tree.path('data/gone'));
  const { preopens } = tree.open({ write: ['data'] });
  const data = preopens.get(tree.path('data'))!;
  const gone = data.openAt({}, 'gone', { directory: true }, {});
  rmdirSync(tree.path('data/gone'));
  mkdirSync(tree.path('data/gone'));
  writeFileSync(tree.path('data/gone/new'), '');
  expect(thrownBy(() => readText(gone, 'new'))).toBe('no-entry');
  expect(thrownBy(() => writeText(gone, 'mine', ''))).toBe('no-entry');
});

test.runIf(process.platform === 'linux')(
  'FS-35: a grant of everything does not give the doors into this process',
  () => {
    const { preopens, denials, broker } = openBroker({
      grants: [{ path: '/', access: 'read-write' }],
      forbidden: [],
    });
    try {
      const root = preopens.get('/')!;
      const doors = [
        'proc/self/environ',
        'proc/self/fd',
        'proc/self/cwd/package.json',
        'proc/self/root/etc/hostname',
        'proc/thread-self/environ',
        `proc/${process.pid}/mem`,
        `proc/${process.pid}/fd/0`,
        'proc/sys/kernel/hostname',
        'proc',
        'proc/.',
        'sys/kernel',
        'dev/fd/0',
        'dev/stdin',
        'dev/null',
      ];
      for (const path of doors) {
        for (const open of [{}, { directory: true }]) {
          const thrown = thrownBy(() => root.openAt({ symlinkFollow: true }, path, open, {}));
          expect(thrown, path).toMatch(/^(not-permitted|not-directory|no-entry)$/);
        }
        const thrown = thrownBy(() => root.createDirectoryAt(`${path}/made`));
        expect(thrown, path).toMatch(/^(not-permitted|not-directory|no-entry)$/);
      }
      expect(denials.map(({ rule }) => rule)).toContain('pseudo-filesystem');
      expect(readText(root, 'etc/hostname', false)).toBe(readFileSync('/etc/hostname', 'utf8'));
    } finally {
      broker.close();
    }
    const direct = openBroker({
      grants: ['/proc', '/proc/self', '/sys', '/dev/pts', '/proc/self/environ'].map((path) => ({
        path,
        access: 'read',
      })),
      forbidden: [],
    });
    expect([...direct.preopens.keys()]).toEqual([]);
  },
);
