/** The guest's classes on a real broker: streams, times, flags, hashes, and how handles go back. */
import { mkdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { expect, test } from 'vitest';
import { list, readText, scratch, thrownBy } from '../../../../test/support/filesystem.ts';
import { Descriptor } from './filesystem.ts';
import { IoError, OutputStream } from './io.ts';

const timestamp = (seconds: bigint, nanoseconds: number) =>
  ({ tag: 'timestamp', val: { seconds, nanoseconds } }) as const;
const keep = { tag: 'no-change' } as const;
const now = { tag: 'now' } as const;

function open(
  tree: ReturnType<typeof scratch>,
): ReturnType<typeof tree.open> & { data: Descriptor } {
  const opened = tree.open({ write: ['data'] });
  return { ...opened, data: opened.preopens.get(tree.path('data'))! };
}

test('input streams read on from their offset, and end', () => {
  using tree = scratch();
  tree.files({ 'data/a': '0123456789' });
  const { data } = open(tree);
  const file = data.openAt({}, 'a', {}, { read: true });
  const stream = file.readViaStream(2n);
  const other = file.readViaStream(0n);
  expect(Buffer.from(stream.read(3n)).toString()).toBe('234');
  expect(Buffer.from(stream.blockingRead(2n ** 64n - 1n)).toString()).toBe('56789');
  expect(stream.read(0n).length).toBe(0);
  expect(thrownBy(() => stream.blockingRead(1n))).toEqual({ tag: 'closed' });
  expect(other.skip(4n)).toBe(4n);
  file[Symbol.dispose]();
  expect(Buffer.from(other.read(1n)).toString()).toBe('4');
  expect(thrownBy(() => file.readViaStream(2n ** 64n - 1n).read(1n))).toMatchObject({
    val: { code: 'invalid' },
  });
});

test('output streams write on from their offset; appending ones always at the end', () => {
  using tree = scratch();
  tree.files({ 'data/a': 'abcdef' });
  const { data } = open(tree);
  const file = data.openAt({}, 'a', {}, { write: true });
  const stream = file.writeViaStream(1n);
  const appending = file.appendViaStream();
  for (const one of [stream, appending]) expect(one.checkWrite()).toBeGreaterThan(0n);
  stream.write(Buffer.from('X'));
  appending.write(Buffer.from('1'));
  stream.write(Buffer.from('Y'));
  appending.write(Buffer.from('2'));
  stream.blockingFlush();
  expect(readFileSync(tree.path('data/a'), 'utf8')).toBe('aXYdef12');
  file.setSize(2n);
  appending.blockingWriteAndFlush(Buffer.from('3'));
  expect(readFileSync(tree.path('data/a'), 'utf8')).toBe('aX3');
  expect(stream).toBeInstanceOf(OutputStream);
});

test('FS-27: writing more than permitted, and endless zeroes, trap the guest only', () => {
  using tree = scratch();
  mkdirSync(tree.path('data'));
  const { data, broker } = open(tree);
  const file = data.openAt({}, 'a', { create: true }, { write: true });
  const stream = file.writeViaStream(0n);
  expect(() => stream.write(new Uint8Array(1))).toThrow(RangeError);
  stream.checkWrite();
  expect(() => stream.write(new Uint8Array(3 * 1024 * 1024))).toThrow(RangeError);
  expect(() => stream.writeZeroes(2n ** 62n)).toThrow(RangeError);
  expect(() => stream.blockingWriteAndFlush(new Uint8Array(4097))).toThrow(RangeError);
  expect(broker.bytesWritten).toBe(0);
  expect(statSync(tree.path('data/a')).size).toBe(0);
});

test('errors of streams carry the code, and only codes of files are told', () => {
  using tree = scratch();
  tree.files({ 'data/a': '' });
  const { filesystem, preopens } = tree.open({ write: ['data'] }, { limits: { diskBytes: 3 } });
  const file = preopens.get(tree.path('data'))!.openAt({}, 'a', {}, { write: true });
  const stream = file.writeViaStream(0n);
  stream.checkWrite();
  stream.write(Buffer.from('four'));
  const thrown = thrownBy(() => stream.flush()) as { val: IoError };
  expect(filesystem.types.filesystemErrorCode(thrown.val)).toBe('quota');
  expect(filesystem.types.filesystemErrorCode(new IoError('connection-refused'))).toBeUndefined();
  expect(thrownBy(() => stream.checkWrite())).toEqual({ tag: 'closed' });
});

test('files opened for one thing do not do the other', () => {
  using tree = scratch();
  tree.files({ 'data/a': 'a' });
  const { data } = open(tree);
  const reader = data.openAt({}, 'a', {}, { read: true });
  const writer = data.openAt({}, 'a', {}, { write: true });
  expect(thrownBy(() => reader.write(new Uint8Array(1), 0n))).toBe('bad-descriptor');
  expect(thrownBy(() => reader.writeViaStream(0n))).toBe('bad-descriptor');
  expect(thrownBy(() => reader.appendViaStream())).toBe('bad-descriptor');
  expect(thrownBy(() => reader.setSize(0n))).toBe('bad-descriptor');
  expect(thrownBy(() => writer.read(1n, 0n))).toBe('bad-descriptor');
  expect(thrownBy(() => writer.readViaStream(0n))).toBe('bad-descriptor');
  expect(thrownBy(() => data.readViaStream(0n))).toBe('is-directory');
  expect(thrownBy(() => data.read(1n, 0n))).toBe('is-directory');
  expect(thrownBy(() => data.setSize(0n))).toBe('is-directory');
  expect(thrownBy(() => reader.readDirectory())).toBe('not-directory');
  expect(thrownBy(() => reader.openAt({}, 'a', {}, {}))).toBe('not-directory');
  expect(thrownBy(() => data.advise(0n, 0n, 'normal'))).toBe('bad-descriptor');
  reader.advise(0n, 10n, 'sequential');
  writer.syncData();
  writer.sync();
  data.sync();
});

test('open-at: create, exclusive, truncate, directory, and the flags that come of it', () => {
  using tree = scratch();
  tree.files({ 'data/a': 'aaa', 'data/d/x': '' });
  const { data } = open(tree);
  expect(thrownBy(() => data.openAt({}, 'new', {}, { read: true }))).toBe('no-entry');
  expect(thrownBy(() => data.openAt({}, 'a', { create: true, exclusive: true }, {}))).toBe('exist');
  expect(thrownBy(() => data.openAt({}, 'a', { directory: true }, {}))).toBe('not-directory');
  expect(thrownBy(() => data.openAt({}, 'd', {}, { write: true }))).toBe('is-directory');
  expect(thrownBy(() => data.openAt({}, 'd', { create: true }, {}))).toBe('is-directory');
  expect(thrownBy(() => data.openAt({}, 'new/', { create: true }, {}))).toBe('is-directory');
  expect(thrownBy(() => data.openAt({}, 'new', { create: true, directory: true }, {}))).toBe(
    'invalid',
  );
  expect(data.openAt({}, 'a', {}, {}).getFlags()).toMatchObject({ read: true, write: false });
  const made = data.openAt({}, 'new', { create: true, exclusive: true }, {});
  expect(made.getFlags()).toMatchObject({ read: true, write: true });
  expect(made.getType()).toBe('regular-file');
  data.openAt({}, 'a', { truncate: true }, { write: true, dataIntegritySync: true });
  expect(data.statAt({}, 'a').size).toBe(0n);
  const directory = data.openAt({}, 'd/.', {}, { mutateDirectory: true });
  expect(directory.getFlags()).toMatchObject({ read: true, mutateDirectory: true });
  expect(directory.getType()).toBe('directory');
});

test('times are set to the nanosecond, kept, or taken from the clock', () => {
  using tree = scratch();
  tree.files({ 'data/a': 'a' });
  utimesSync(tree.path('data/a'), 1000, 2000);
  const { data } = open(tree);
  const file = data.openAt({}, 'a', {}, { read: true });
  const exact = timestamp(1_795_334_165n, 123_456_789);
  file.setTimes(keep, exact);
  expect(file.stat()).toMatchObject({
    dataAccessTimestamp: { seconds: 1000n, nanoseconds: 0 },
    dataModificationTimestamp: exact.val,
  });
  data.setTimesAt({}, 'a', timestamp(5n, 7), keep);
  expect(data.statAt({}, 'a')).toMatchObject({
    dataAccessTimestamp: { seconds: 5n, nanoseconds: 7 },
    dataModificationTimestamp: exact.val,
  });
  expect(Math.abs(statSync(tree.path('data/a')).mtimeMs - 1_795_334_165_123.456)).toBeLessThan(
    0.01,
  );
  const before = BigInt(Math.floor(Date.now() / 1000)) - 2n;
  file.setTimes(now, now);
  expect(file.stat().dataAccessTimestamp.seconds).toBeGreaterThan(before);
  // Written by another process since: what it wrote counts.
  data.setTimesAt({}, 'a', keep, exact);
  utimesSync(tree.path('data/a'), 1, 1);
  expect(file.stat().dataModificationTimestamp).toEqual({ seconds: 1n, nanoseconds: 0 });
  utimesSync(tree.path('data/a'), new Date(-100_000), new Date(-100_000));
  expect(file.stat().dataModificationTimestamp).toEqual({ seconds: 0n, nanoseconds: 0 });
  expect(thrownBy(() => file.setTimes(keep, timestamp(2n ** 63n, 0)))).toBe('overflow');
  expect(thrownBy(() => file.setTimes(keep, timestamp(1n, 1e9)))).toBe('invalid');
});

test('the same object is known under all its names, and hashes do not tell its inode', () => {
  using tree = scratch();
  tree.files({ 'data/a': 'a', 'data/b': 'b', 'data/d/x': '' });
  const { data } = open(tree);
  data.linkAt({}, 'a', data, 'd/link');
  const [a, b, link, d] = ['a', 'b', 'd/link', 'd'].map((path) => data.openAt({}, path, {}, {}));
  expect(a!.isSameObject(link!)).toBe(true);
  expect(a!.isSameObject(b!)).toBe(false);
  expect(d!.isSameObject(data.openAt({}, 'd/..', {}, {}))).toBe(false);
  expect(data.isSameObject(data.openAt({}, 'd/..', {}, {}))).toBe(true);
  expect(a!.metadataHash()).toEqual(data.metadataHashAt({}, 'd/link'));
  expect(a!.metadataHash()).not.toEqual(b!.metadataHash());
  expect(a!.metadataHash().lower).not.toBe(statSync(tree.path('data/a'), { bigint: true }).ino);
});

test('what is dropped goes back with the next request, and in bundles', () => {
  using tree = scratch();
  tree.files({ 'data/a': 'a' });
  const { preopens, broker } = tree.open({ write: ['data'] }, { limits: { handles: 40 } });
  const data = preopens.get(tree.path('data'))!;
  for (let round = 0; round < 200; round += 1) {
    data.openAt({}, 'a', {}, { read: true })[Symbol.dispose]();
    const stream = data.openAt({}, 'a', {}, { read: true });
    const input = stream.readViaStream(0n);
    stream[Symbol.dispose]();
    expect(input.read(1n).length).toBe(1);
    input[Symbol.dispose]();
    data.readDirectory()[Symbol.dispose]();
  }
  expect(broker.limitsHit.size).toBe(0);
});

test('rename, link, symlink, mkdir, rmdir, unlink: the ordinary outcomes', () => {
  using tree = scratch();
  tree.files({ 'data/a': 'A', 'data/d/x': 'x' });
  const { data } = open(tree);
  const d = data.openAt({}, 'd', { directory: true }, {});
  data.renameAt('a', d, 'moved');
  expect(readText(d, 'moved')).toBe('A');
  d.renameAt('moved', data, 'a');
  data.createDirectoryAt('new/');
  expect(thrownBy(() => data.createDirectoryAt('new'))).toBe('exist');
  expect(thrownBy(() => data.createDirectoryAt('a/b'))).toBe('not-directory');
  expect(thrownBy(() => data.createDirectoryAt('missing/b'))).toBe('no-entry');
  expect(thrownBy(() => data.removeDirectoryAt('d'))).toBe('not-empty');
  expect(thrownBy(() => data.removeDirectoryAt('a'))).toBe('not-directory');
  expect(thrownBy(() => data.removeDirectoryAt('.'))).toBe('invalid');
  expect(thrownBy(() => data.unlinkFileAt('d'))).toBe('is-directory');
  expect(thrownBy(() => data.unlinkFileAt('missing'))).toBe('no-entry');
  expect(thrownBy(() => data.unlinkFileAt('a/'))).toBe('not-directory');
  expect(thrownBy(() => data.renameAt('.', data, 'q'))).toBe('invalid');
  expect(thrownBy(() => data.renameAt('missing', data, 'q'))).toBe('no-entry');
  expect(thrownBy(() => data.renameAt('a', data, 'q/'))).toBe('not-directory');
  expect(thrownBy(() => data.renameAt('d', data, 'd/inside'))).toBe('invalid');
  expect(thrownBy(() => data.linkAt({}, 'd', data, 'e'))).toBe('not-permitted');
  expect(thrownBy(() => data.linkAt({}, 'a', data, 'a'))).toBe('exist');
  expect(thrownBy(() => data.linkAt({}, 'a', data, 'e/'))).toBe('no-entry');
  expect(thrownBy(() => data.symlinkAt('a', 'd'))).toBe('exist');
  expect(thrownBy(() => data.symlinkAt('a', 'e/'))).toBe('no-entry');
  data.removeDirectoryAt('new');
  data.unlinkFileAt('a');
  expect(list(data)).toEqual(['d']);
});
