/** REDTEAM FS-10, 12, 13, 14, 15, and nested grants: read-only is read-only through every operation. */
import { createHash } from 'node:crypto';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  readText,
  scratch,
  thrownBy,
  writeText,
  type Scratch,
} from '../../../../test/support/filesystem.ts';
import type { Descriptor } from '../host/filesystem.ts';

const now = { tag: 'now' } as const;

/** Names, types, sizes, times, link counts, link texts and contents of a tree. */
function fingerprint(path: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(path, { recursive: true, encoding: 'utf8' }).toSorted()) {
    const at = join(path, name);
    const { mode, nlink, size, mtimeNs, ctimeNs } = lstatSync(at, { bigint: true });
    hash.update(`${name} ${mode} ${nlink} ${size} ${mtimeNs} ${ctimeNs}\n`);
    if (lstatSync(at).isFile()) hash.update(readFileSync(at));
    if (lstatSync(at).isSymbolicLink()) hash.update(readlinkSync(at));
  }
  return hash.digest('hex');
}

/** Every way to change something, with the names of `stage`. */
function changes(directory: Descriptor, inside = ''): [string, () => unknown][] {
  const at = (name: string): string => inside + name;
  const opened = (): Descriptor => directory.openAt({}, at('doc'), {}, { read: true });
  const sub = (): Descriptor =>
    directory.openAt({}, at('sub'), { directory: true }, { read: true });
  return [
    ['create', () => directory.openAt({}, at('new'), { create: true }, {})],
    ['create existing', () => directory.openAt({}, at('doc'), { create: true }, { read: true })],
    ['truncate', () => directory.openAt({}, at('doc'), { truncate: true }, { read: true })],
    ['open to write', () => directory.openAt({}, at('doc'), {}, { write: true })],
    [
      'open to read and write',
      () => directory.openAt({}, at('doc'), {}, { read: true, write: true }),
    ],
    ['mutate', () => directory.openAt({}, at('sub'), {}, { read: true, mutateDirectory: true })],
    [
      'create through link',
      () => directory.openAt({ symlinkFollow: true }, at('to-new'), { create: true }, {}),
    ],
    ['write', () => opened().write(Buffer.from('x'), 0n)],
    ['write stream', () => opened().writeViaStream(0n)],
    ['append stream', () => opened().appendViaStream()],
    ['set size', () => opened().setSize(0n)],
    ['set times', () => opened().setTimes(now, now)],
    ['sync', () => opened().sync()],
    ['sync data', () => opened().syncData()],
    ['set times of directory', () => sub().setTimes(now, now)],
    ['sync directory', () => sub().sync()],
    ['create in sub', () => sub().openAt({}, 'new', { create: true }, { write: true })],
    ['set times at', () => directory.setTimesAt({}, at('doc'), now, { tag: 'no-change' })],
    ['set times at link', () => directory.setTimesAt({}, at('link'), now, now)],
    ['set times at itself', () => directory.setTimesAt({}, at('.'), now, now)],
    ['mkdir', () => directory.createDirectoryAt(at('made'))],
    ['rmdir', () => directory.removeDirectoryAt(at('empty'))],
    ['unlink', () => directory.unlinkFileAt(at('doc'))],
    ['unlink link', () => directory.unlinkFileAt(at('link'))],
    ['rename', () => directory.renameAt(at('doc'), directory, at('moved'))],
    ['rename over', () => directory.renameAt(at('doc'), directory, at('other'))],
    ['link', () => directory.linkAt({}, at('doc'), directory, at('alias'))],
    ['symlink', () => directory.symlinkAt('doc', at('soft'))],
  ];
}

function stage(tree: Scratch, folder: string): void {
  tree.files({ [`${folder}/doc`]: 'precious', [`${folder}/other`]: 'o', [`${folder}/sub/x`]: 'x' });
  mkdirSync(tree.path(folder, 'empty'));
  symlinkSync('doc', tree.path(folder, 'link'));
  symlinkSync('not-yet', tree.path(folder, 'to-new'));
}

const refused = /^(read-only|bad-descriptor)$/;

describe.each(['held', 'checked'] as const)('walk: %s', (walk) => {
  test('FS-10, FS-12, FS-13, FS-14: no operation changes a read grant', () => {
    using tree = scratch();
    stage(tree, 'data');
    const before = fingerprint(tree.path('data'));
    const { preopens, broker } = tree.open({ read: ['data'] }, { walk });
    const data = preopens.get(tree.path('data'))!;
    for (const [name, change] of changes(data)) expect(thrownBy(change), name).toMatch(refused);
    expect(fingerprint(tree.path('data'))).toBe(before);
    expect(broker.bytesWritten).toBe(0);
    expect(readText(data, 'doc')).toBe('precious');
    expect(data.getFlags()).toMatchObject({ read: true, mutateDirectory: false });
  });

  test('the same through a wider read-write grant around it, and through links into it', () => {
    using tree = scratch();
    stage(tree, 'data/ro');
    symlinkSync('ro', tree.path('data/to-ro'));
    const before = fingerprint(tree.path('data/ro'));
    const { preopens } = tree.open({ write: ['data'], read: ['data/ro'] }, { walk });
    const data = preopens.get(tree.path('data'))!;
    for (const inside of ['ro/', 'to-ro/', './ro/../to-ro/']) {
      for (const [name, change] of changes(data, inside)) {
        expect(thrownBy(change), inside + name).toMatch(refused);
      }
    }
    const ro = data.openAt({}, 'ro', { directory: true }, {});
    for (const [name, change] of changes(ro)) expect(thrownBy(change), name).toMatch(refused);
    expect(fingerprint(tree.path('data/ro'))).toBe(before);
    writeText(data, 'free', 'yes');
    expect(readFileSync(tree.path('data/free'), 'utf8')).toBe('yes');
  });

  test('the root of a nested grant keeps its name, and nothing takes it', () => {
    using tree = scratch();
    stage(tree, 'data/deep/ro');
    tree.files({ 'data/mine/doc': 'mine' });
    mkdirSync(tree.path('data/hollow'));
    const { preopens } = tree.open({ write: ['data'], read: ['data/deep/ro'] }, { walk });
    const data = preopens.get(tree.path('data'))!;
    const pinned = [
      () => data.renameAt('deep', data, 'elsewhere'),
      () => data.renameAt('deep/ro', data, 'elsewhere'),
      () => data.renameAt('mine', data, 'deep/ro'),
      () => data.renameAt('mine', data, 'deep'),
      () => data.removeDirectoryAt('deep/ro'),
      () => data.removeDirectoryAt('deep'),
    ];
    for (const attempt of pinned) {
      expect(thrownBy(attempt)).toMatch(/^(not-permitted|read-only|cross-device)$/);
    }
    expect(readFileSync(tree.path('data/deep/ro/doc'), 'utf8')).toBe('precious');
  });

  test('FS-15: nothing is linked or moved from one grant to another', () => {
    using tree = scratch();
    stage(tree, 'ro');
    stage(tree, 'rw');
    stage(tree, 'rw2');
    const before = fingerprint(tree.path('ro'));
    const { preopens } = tree.open({ read: ['ro'], write: ['rw', 'rw2'] }, { walk });
    const [ro, rw, rw2] = ['ro', 'rw', 'rw2'].map((name) => preopens.get(tree.path(name))!);
    expect(thrownBy(() => ro!.linkAt({}, 'doc', rw!, 'alias'))).toBe('read-only');
    expect(thrownBy(() => ro!.renameAt('doc', rw!, 'alias'))).toBe('read-only');
    expect(thrownBy(() => rw!.linkAt({}, 'doc', ro!, 'alias'))).toMatch(
      /^(read-only|cross-device)$/,
    );
    expect(thrownBy(() => rw!.renameAt('doc', ro!, 'doc'))).toMatch(/^(read-only|cross-device)$/);
    expect(thrownBy(() => rw!.linkAt({}, 'doc', rw2!, 'alias'))).toBe('cross-device');
    expect(thrownBy(() => rw!.renameAt('doc', rw2!, 'alias'))).toBe('cross-device');
    expect(thrownBy(() => rw!.renameAt('sub', rw2!, 'alias'))).toBe('cross-device');
    expect(fingerprint(tree.path('ro'))).toBe(before);
    expect(thrownBy(() => rw!.linkAt({ symlinkFollow: true }, 'link', rw!, 'alias'))).toBe(
      'invalid',
    );
    rw!.linkAt({}, 'doc', rw!, 'alias');
    expect(rw!.statAt({}, 'doc').linkCount).toBe(2n);
  });

  test('the most specific grant decides: a read-write grant inside a read grant', () => {
    using tree = scratch();
    tree.files({ 'data/a': 'a', 'data/out/b': 'b' });
    const { preopens } = tree.open({ read: ['data'], write: ['data/out'] }, { walk });
    const data = preopens.get(tree.path('data'))!;
    writeText(data, 'out/new', 'through the outer preopen');
    writeText(preopens.get(tree.path('data/out'))!, 'b', 'B');
    expect(readText(data, 'out/b')).toBe('B');
    expect(thrownBy(() => writeText(data, 'a', 'A'))).toBe('read-only');
    expect(thrownBy(() => data.renameAt('out/b', data, 'c'))).toMatch(/^(read-only|cross-device)$/);
  });
});

test('a file of a read grant that a read-write grant knows under another name stays as it is', () => {
  using tree = scratch();
  tree.files({ 'ro.conf': 'precious', 'rw/x': 'x' });
  linkSync(tree.path('ro.conf'), tree.path('rw/alias'));
  const { preopens } = tree.open({ read: ['ro.conf'], write: ['rw'] });
  const rw = preopens.get(tree.path('rw'))!;
  expect(thrownBy(() => writeText(rw, 'alias', 'x'))).toBe('read-only');
  expect(thrownBy(() => rw.unlinkFileAt('alias'))).toBe('read-only');
  expect(readFileSync(tree.path('ro.conf'), 'utf8')).toBe('precious');
});
