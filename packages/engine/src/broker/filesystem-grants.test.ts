/** REDTEAM FS-17, FS-19: what grants and forbidden paths mean, and that forbidden ones beat every grant. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  list,
  openBroker,
  readText,
  scratch,
  thrownBy,
  writeText,
} from '../../../../test/support/filesystem.ts';
import { foldName } from './filesystem-forbidden.ts';

describe.each(['held', 'checked'] as const)('walk: %s', (walk) => {
  test('FS-17: a forbidden file and directory, by every road', () => {
    using tree = scratch();
    tree.files({ 'data/.ssh/id': 'key', 'data/sub/secret': 'key', 'data/free': 'f' });
    symlinkSync('.ssh', tree.path('data/to-directory'));
    symlinkSync('.ssh/id', tree.path('data/to-key'));
    symlinkSync('sub', tree.path('data/to-parent'));
    linkSync(tree.path('data/sub/secret'), tree.path('data/hard'));
    const forbidden = ['data/.ssh', 'data/sub/secret'];
    const { preopens, denials } = tree.open({ write: ['data'], forbidden }, { walk });
    const data = preopens.get(tree.path('data'))!;
    const sub = data.openAt({}, 'sub', { directory: true }, {});
    const roads = [
      '.ssh',
      './.ssh/',
      '.ssh/.',
      '.ssh/id',
      'sub/../.ssh/id',
      '.SSH/id',
      '.ſſh/id',
      '.ssh\u200d/id',
      'to-directory/id',
      'to-key',
      'sub/secret',
      'sub/SECRET',
      'sub/ſecret',
      'sub/ｓｅｃｒｅｔ',
      'sub/secret/',
      'to-parent/secret',
      'hard',
    ];
    for (const path of roads) {
      const follow = { symlinkFollow: true };
      expect(
        thrownBy(() => data.openAt(follow, path, {}, { read: true })),
        path,
      ).toBe('not-permitted');
      expect(
        thrownBy(() => data.openAt(follow, path, { create: true }, { write: true })),
        path,
      ).toBe('not-permitted');
      expect(
        thrownBy(() => data.statAt(follow, path)),
        path,
      ).toBe('not-permitted');
      expect(
        thrownBy(() => data.metadataHashAt(follow, path)),
        path,
      ).toBe('not-permitted');
    }
    for (const path of ['.ssh', 'sub/secret', 'hard', '.SSH']) {
      expect(thrownBy(() => data.unlinkFileAt(path))).toBe('not-permitted');
      expect(thrownBy(() => data.removeDirectoryAt(path))).toBe('not-permitted');
      expect(thrownBy(() => data.renameAt(path, data, 'moved'))).toBe('not-permitted');
      expect(thrownBy(() => data.renameAt('free', data, path))).toBe('not-permitted');
      expect(thrownBy(() => data.linkAt({}, path, data, 'alias'))).toBe('not-permitted');
      expect(thrownBy(() => data.createDirectoryAt(path))).toBe('not-permitted');
      expect(thrownBy(() => data.symlinkAt('free', path))).toBe('not-permitted');
    }
    expect(thrownBy(() => data.symlinkAt('.ssh/id', 'new-link'))).toBe('not-permitted');
    expect(thrownBy(() => data.symlinkAt('../.ssh', 'sub/new-link'))).toBe('not-permitted');
    expect(thrownBy(() => readText(sub, 'secret'))).toBe('not-permitted');
    expect(list(data)).not.toContain('.ssh');
    expect(list(sub)).toEqual([]);
    expect(readText(data, 'free')).toBe('f');
    expect(denials[0]).toEqual({
      operation: 'open-at',
      path: tree.path('data/.ssh'),
      rule: 'forbidden',
      access: 'read',
    });
    expect(readFileSync(tree.path('data/.ssh/id'), 'utf8')).toBe('key');
  });

  test('FS-17: what leads to a forbidden path cannot be moved away or put in place', () => {
    using tree = scratch();
    tree.files({ 'data/a/b/secret': 'key', 'data/other/b/x': 'x' });
    mkdirSync(tree.path('data/empty'));
    const forbidden = ['data/a/b/secret', 'data/not/there/yet'];
    const { preopens } = tree.open({ write: ['data'], forbidden }, { walk });
    const data = preopens.get(tree.path('data'))!;
    const attempts = [
      () => data.renameAt('a', data, 'z'),
      () => data.renameAt('a/b', data, 'z'),
      () => data.renameAt('A/b', data, 'z'),
      () => data.renameAt('other', data, 'not'),
      () => data.renameAt('other', data, 'NOT'),
      () => data.symlinkAt('other', 'not'),
      () => data.openAt({}, 'not/there/yet', { create: true }, { write: true }),
    ];
    for (const attempt of attempts) {
      expect(thrownBy(attempt)).toMatch(/^(not-permitted|no-entry)$/);
    }
    data.createDirectoryAt('not');
    data.createDirectoryAt('not/there');
    expect(thrownBy(() => writeText(data, 'not/there/yet', 'x'))).toBe('not-permitted');
    expect(thrownBy(() => writeText(data, 'not/there/YET', 'x'))).toBe('not-permitted');
    expect(thrownBy(() => data.renameAt('empty', data, 'not/there/yet'))).toBe('not-permitted');
    const there = data.openAt({}, 'not/there', { directory: true }, {});
    expect(thrownBy(() => writeText(there, 'yet', 'x'))).toBe('not-permitted');
    expect(thrownBy(() => data.renameAt('not', data, 'z'))).toBe('not-permitted');
    expect(existsSync(tree.path('data/not/there/yet'))).toBe(false);
  });

  test('a forbidden directory that another process moves stays forbidden', () => {
    using tree = scratch();
    tree.files({ 'data/secret/key': 'key', 'data/sub/x': 'x' });
    const { preopens } = tree.open({ read: ['data'], forbidden: ['data/secret'] }, { walk });
    const data = preopens.get(tree.path('data'))!;
    renameSync(tree.path('data/secret'), tree.path('data/sub/innocent'));
    expect(thrownBy(() => readText(data, 'sub/innocent/key'))).toBe('not-permitted');
    expect(thrownBy(() => data.openAt({}, 'sub/innocent', { directory: true }, {}))).toBe(
      'not-permitted',
    );
  });

  test('forbidden through a link in its own path, and a grant at or below a forbidden path', () => {
    using tree = scratch();
    tree.files({ 'data/real/secret': 'key', 'data/f/x': 'x' });
    symlinkSync('real', tree.path('data/link'));
    const forbidden = ['data/link/secret', 'data/link/new', 'data/f'];
    const { preopens } = tree.open({ write: ['data', 'data/f', 'data/f/x'], forbidden }, { walk });
    expect([...preopens.keys()]).toEqual([tree.path('data')]);
    const data = preopens.get(tree.path('data'))!;
    for (const path of ['real/secret', 'link/secret', 'real/new', 'link/new', 'f', 'f/x']) {
      expect(
        thrownBy(() => writeText(data, path, 'x')),
        path,
      ).toBe('not-permitted');
    }
  });

  test('FS-19: overlapping, repeated, linked, missing and unusable grants', () => {
    using tree = scratch();
    tree.files({ 'real/a': 'a', 'real/lib/b': 'b' });
    symlinkSync('real', tree.path('linked'));
    execFileSync('mkfifo', [tree.path('fifo')]);
    const { preopens, denials } = tree.open(
      { read: ['linked', 'real/lib', 'missing', 'fifo'], write: ['linked'] },
      { walk },
    );
    expect([...preopens.keys()].toSorted()).toEqual([tree.path('linked'), tree.path('real/lib')]);
    const linked = preopens.get(tree.path('linked'))!;
    writeText(linked, 'new', 'n');
    expect(thrownBy(() => writeText(linked, 'lib/b', 'B'))).toBe('read-only');
    expect(denials.at(-1)?.path).toBe(tree.path('real/lib/b'));
    expect(thrownBy(() => readText(linked, '../secret'))).toBe('not-permitted');
    expect(denials.at(-1)?.path).toBe(tree.path('secret'));
    // The link was resolved when the broker was made; where it leads now makes no difference.
    unlinkSync(tree.path('linked'));
    symlinkSync('/etc', tree.path('linked'));
    expect(readText(linked, 'a')).toBe('a');
    expect(thrownBy(() => readText(linked, 'passwd'))).toBe('no-entry');
  });

  test('a grant is an absolute, normalised path or the broker is not made', () => {
    const paths = [
      '',
      '.',
      'relative',
      '../x',
      '/a/../b',
      '/a//b',
      '/a/',
      '/a/.',
      '/a\0b',
      '/\ud800',
    ];
    for (const path of paths) {
      const open = (): unknown =>
        openBroker({ grants: [{ path, access: 'read' }], forbidden: [] }, { walk });
      expect(open, JSON.stringify(path)).toThrow(TypeError);
      const forbid = (): unknown => openBroker({ grants: [], forbidden: [path] }, { walk });
      expect(forbid, JSON.stringify(path)).toThrow(TypeError);
    }
  });

  test('single files: the directory around them shows these and nothing else', () => {
    using tree = scratch();
    tree.files({
      'etc/app.toml': 'conf',
      'etc/state': 'old',
      'etc/shadow': 'secret',
      'elsewhere/real': 'r',
    });
    symlinkSync('../elsewhere/real', tree.path('etc/link'));
    const { preopens, denials } = tree.open(
      { read: ['etc/app.toml', 'etc/link'], write: ['etc/state'] },
      { walk },
    );
    expect([...preopens.keys()]).toEqual([tree.path('etc')]);
    const etc = preopens.get(tree.path('etc'))!;
    expect(list(etc)).toEqual(['app.toml', 'link', 'state']);
    expect(readText(etc, 'app.toml', false)).toBe('conf');
    expect(readText(etc, 'link', false)).toBe('r');
    expect(etc.statAt({}, 'link').type).toBe('regular-file');
    expect(etc.stat().type).toBe('directory');
    writeText(etc, 'state', 'new');
    expect(readFileSync(tree.path('etc/state'), 'utf8')).toBe('new');
    expect(thrownBy(() => writeText(etc, 'app.toml', 'x'))).toBe('read-only');
    expect(thrownBy(() => writeText(etc, 'link', 'x'))).toBe('read-only');
    for (const path of ['shadow', 'new', '../elsewhere/real', 'app.toml/../shadow']) {
      expect(
        thrownBy(() => readText(etc, path)),
        path,
      ).toMatch(/^(no-entry|not-permitted|not-directory)$/);
      expect(
        thrownBy(() => writeText(etc, path, 'x')),
        path,
      ).toMatch(/^(no-entry|not-permitted|not-directory)$/);
    }
    expect(denials).toContainEqual({
      operation: 'open-at',
      path: tree.path('etc/shadow'),
      rule: 'outside-grant',
      access: 'read',
    });
    const changes = [
      () => etc.unlinkFileAt('state'),
      () => etc.renameAt('state', etc, 'app.toml'),
      () => etc.linkAt({}, 'state', etc, 'state2'),
      () => etc.createDirectoryAt('made'),
      () => etc.symlinkAt('state', 'soft'),
      () => etc.setTimes({ tag: 'now' }, { tag: 'now' }),
      () => etc.sync(),
    ];
    for (const change of changes) expect(thrownBy(change)).toMatch(/^(read-only|no-entry|exist)$/);
    // Swapped for a link after the broker was made: not followed.
    unlinkSync(tree.path('etc/app.toml'));
    symlinkSync(tree.path('etc/shadow'), tree.path('etc/app.toml'));
    expect(thrownBy(() => readText(etc, 'app.toml'))).toMatch(/^(not-permitted|loop)$/);
  });

  test('a single file in a granted directory narrows or widens just that file', () => {
    using tree = scratch();
    tree.files({ 'data/sub/a': 'a', 'data/sub/b': 'b' });
    const { preopens } = tree.open({ read: ['data'], write: ['data/sub/a'] }, { walk });
    expect([...preopens.keys()]).toEqual([tree.path('data')]);
    const data = preopens.get(tree.path('data'))!;
    writeText(data, 'sub/a', 'A');
    expect(thrownBy(() => writeText(data, 'sub/b', 'B'))).toBe('read-only');
  });
});

test('preopens are refused by no one: they can be asked for again after they were dropped', () => {
  using tree = scratch();
  tree.files({ 'data/a': 'a' });
  const { filesystem, broker } = tree.open({ read: ['data'] });
  for (let round = 0; round < 3; round += 1) {
    using data = filesystem.preopens.getDirectories()[0]![0];
    expect(readText(data, 'a')).toBe('a');
  }
  broker.call('fs.drop', [[broker.preopens[0]![0]]], new Uint8Array(0));
  expect(readText(filesystem.preopens.getDirectories()[0]![0], 'a')).toBe('a');
});

test('names fold as the most careless file system would', () => {
  const same = ['.ssh', '.SSH', '.ſsh', '.ss\u200ch', '.ssh.', '.ssh ', '．ｓｓｈ'];
  for (const name of same) expect(foldName(name)).toBe('.ssh');
  expect(foldName('stra\u00dfe')).toBe(foldName('STRASSE'));
  expect(foldName('e\u0301')).toBe(foldName('\u00c9'));
  expect(foldName('ssh')).not.toBe(foldName('.ssh'));
});

test('a forbidden path that is removed and made anew is forbidden still', () => {
  using tree = scratch();
  tree.files({ 'data/secret': 'old' });
  const { preopens } = tree.open({ read: ['data'], forbidden: ['data/secret'] });
  rmSync(tree.path('data/secret'));
  writeFileSync(tree.path('data/secret'), 'new');
  expect(thrownBy(() => readText(preopens.get(tree.path('data'))!, 'secret'))).toBe(
    'not-permitted',
  );
});
