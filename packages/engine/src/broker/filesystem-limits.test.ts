/** REDTEAM FS-25, FS-30, FS-31 and the disk budget: every resource of the host is bounded. */
import { mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { list, readText, scratch, thrownBy } from '../../../../test/support/filesystem.ts';
import type { Descriptor } from '../host/filesystem.ts';

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

describe.each(['held', 'checked'] as const)('walk: %s', (walk) => {
  test('disk: writes, growth by set-size, holes and appends count, and nothing is given back', () => {
    using tree = scratch();
    mkdirSync(tree.path('data'));
    const { preopens, broker } = tree.open(
      { write: ['data'] },
      { walk, limits: { diskBytes: 1000 } },
    );
    const data = preopens.get(tree.path('data'))!;
    const open = (name: string): Descriptor =>
      data.openAt({}, name, { create: true }, { read: true, write: true });
    const file = open('a');
    expect(file.write(new Uint8Array(100), 0n)).toBe(100n);
    expect(broker.bytesWritten).toBe(100);
    expect(file.write(new Uint8Array(100), 0n)).toBe(100n);
    expect(broker.bytesWritten).toBe(200);
    file.setSize(50n);
    file.setSize(150n);
    expect(broker.bytesWritten).toBe(300);
    file.write(new Uint8Array(10), 240n);
    expect(broker.bytesWritten).toBe(400);
    data.unlinkFileAt('a');
    expect(broker.bytesWritten).toBe(400);
    const other = open('b');
    const stream = other.appendViaStream();
    stream.checkWrite();
    stream.write(new Uint8Array(600));
    stream.flush();
    expect(broker.bytesWritten).toBe(1000);
    expect(broker.limitsHit.size).toBe(0);
    expect(thrownBy(() => other.write(new Uint8Array(1), 0n))).toBe('quota');
    expect(thrownBy(() => other.setSize(601n))).toBe('quota');
    expect(thrownBy(() => other.write(new Uint8Array(1), 1_000_000_000_000n))).toBe('quota');
    expect(other.write(new Uint8Array(0), 5n)).toBe(0n);
    const last = other.appendViaStream();
    last.checkWrite();
    last.write(new Uint8Array(1));
    expect(thrownBy(() => last.blockingFlush())).toMatchObject({
      tag: 'last-operation-failed',
      val: { code: 'quota' },
    });
    expect([...broker.limitsHit]).toEqual(['disk']);
    expect(statSync(tree.path('data/b')).size).toBe(600);
  });

  test('FS-25: a read is as long as the file and the limit allow, whatever is asked', () => {
    using tree = scratch();
    tree.files({ 'data/five': '12345', 'data/more': 'x'.repeat(5000) });
    const { preopens, broker } = tree.open(
      { read: ['data'] },
      { walk, limits: { readBytes: 4096 } },
    );
    const data = preopens.get(tree.path('data'))!;
    const five = data.openAt({}, 'five', {}, { read: true });
    const before = process.memoryUsage().rss;
    for (let round = 0; round < 200; round += 1) {
      const [bytes, end] = five.read(2n ** 64n - 1n, 0n);
      expect([bytes.length, end]).toEqual([5, true]);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * 1024 * 1024);
    const [handle] = broker.call(
      'fs.open-at',
      [broker.preopens[0]![0], true, 'more', 0, 1, []],
      new Uint8Array(0),
    ).value as [number];
    const reply = broker.call('fs.read', [handle, Number.MAX_SAFE_INTEGER, 0], new Uint8Array(0));
    expect(reply.bytes?.length).toBe(4096);
    const [beyond, end] = five.read(10n, 2n ** 62n);
    expect([beyond.length, end]).toEqual([0, true]);
    expect(thrownBy(() => five.read(10n, 2n ** 64n - 1n))).toBe('invalid');
    expect(five.read(0n, 0n)[0].length).toBe(0);
  });

  test('FS-30: descriptors and listings are capped, given back, and closed with the broker', () => {
    using tree = scratch();
    tree.files({ 'data/a': 'a' });
    for (let index = 0; index < 600; index += 1) writeFileSync(tree.path(`data/n${index}`), '');
    const before = openDescriptors();
    const { preopens, broker } = tree.open({ write: ['data'] }, { walk, limits: { handles: 10 } });
    const data = preopens.get(tree.path('data'))!;
    const held: Disposable[] = [];
    for (let index = 0; index < 4; index += 1) held.push(data.openAt({}, 'a', {}, { read: true }));
    for (let index = 0; index < 4; index += 1) held.push(data.openAt({}, '.', {}, {}));
    for (let index = 0; index < 2; index += 1) held.push(data.readDirectory());
    expect(thrownBy(() => data.openAt({}, 'a', {}, { read: true }))).toBe('insufficient-memory');
    expect(thrownBy(() => data.openAt({}, 'new', { create: true }, {}))).toBe(
      'insufficient-memory',
    );
    expect(thrownBy(() => data.readDirectory())).toBe('insufficient-memory');
    expect([...broker.limitsHit]).toEqual(['handles']);
    for (let round = 0; round < 100; round += 1) {
      held.pop()![Symbol.dispose]();
      held.push(data.openAt({}, 'a', {}, { read: true }));
    }
    broker.close();
    expect(openDescriptors()).toBe(before);
    expect(thrownBy(() => readText(data, 'a'))).toBe('bad-descriptor');
  });

  test('failed walks leave nothing open', () => {
    using tree = scratch();
    tree.files({ 'data/a/b/c/d': 'd' });
    const { preopens } = tree.open({ write: ['data'], forbidden: ['data/a/b/secret'] }, { walk });
    const data = preopens.get(tree.path('data'))!;
    const before = openDescriptors();
    const paths = [
      'a/b/../../..',
      'a/b/c/missing',
      'a/b/c/d/e',
      'a/b/secret',
      'a/b/c/d/',
      'a/b/c/../../../..',
    ];
    for (let round = 0; round < 20; round += 1) {
      for (const path of paths) {
        thrownBy(() => readText(data, path));
        thrownBy(() => data.statAt({}, path));
        thrownBy(() => data.renameAt('a/b/c/gone', data, path));
        thrownBy(() => data.linkAt({}, path, data, 'a/b/c/d'));
      }
    }
    expect(openDescriptors()).toBe(before);
  });

  test('FS-31: a big directory is listed in batches, up to the limit', () => {
    using tree = scratch();
    mkdirSync(tree.path('data'));
    for (let index = 0; index < 1500; index += 1) {
      writeFileSync(tree.path('data', `${index}`.padStart(255, 'n')), '');
    }
    const { preopens } = tree.open({ read: ['data'] }, { walk });
    expect(list(preopens.get(tree.path('data'))!).length).toBe(1500);
    const small = tree.open({ read: ['data'] }, { walk, limits: { directoryEntries: 700 } });
    const stream = small.preopens.get(tree.path('data'))!.readDirectory();
    let count = 0;
    const thrown = thrownBy(() => {
      while (stream.readDirectoryEntry()) count += 1;
    });
    expect([count, thrown]).toEqual([700, 'overflow']);
    expect(stream.readDirectoryEntry()).toBeUndefined();
    expect([...small.broker.limitsHit]).toEqual(['directory-entries']);
  });

  test('FS-31: names that are no UTF-8 are left out, and the listing says so at its end', () => {
    using tree = scratch();
    tree.files({ 'data/a': '', 'data/é': '' });
    writeFileSync(Buffer.concat([Buffer.from(tree.path('data/')), Buffer.from([0xff, 0xfe])]), 'x');
    const { preopens } = tree.open({ write: ['data'] }, { walk });
    const stream = preopens.get(tree.path('data'))!.readDirectory();
    const names = [stream.readDirectoryEntry(), stream.readDirectoryEntry()].map(
      (entry) => entry?.name,
    );
    expect(names.toSorted()).toEqual(['a', 'é']);
    expect(thrownBy(() => stream.readDirectoryEntry())).toBe('illegal-byte-sequence');
    expect(stream.readDirectoryEntry()).toBeUndefined();
  });

  test('entries that a guest creates are counted', () => {
    using tree = scratch();
    mkdirSync(tree.path('data'));
    const { preopens } = tree.open({ write: ['data'] }, { walk, limits: { directoryEntries: 4 } });
    const data = preopens.get(tree.path('data'))!;
    data.createDirectoryAt('d');
    data.openAt({}, 'f', { create: true }, {});
    data.openAt({}, 'f', { create: true }, {});
    data.symlinkAt('f', 's');
    data.linkAt({}, 'f', data, 'l');
    expect(thrownBy(() => data.createDirectoryAt('d2'))).toBe('quota');
    expect(thrownBy(() => data.openAt({}, 'f2', { create: true }, {}))).toBe('quota');
    expect(thrownBy(() => data.symlinkAt('f', 's2'))).toBe('quota');
    expect(thrownBy(() => data.linkAt({}, 'f', data, 'l2'))).toBe('quota');
    data.renameAt('l', data, 'l2');
    expect(list(data)).toEqual(['d', 'f', 'l2', 's']);
  });
});

test('sizes beyond 2^53 are errors, not wrong numbers', () => {
  using tree = scratch();
  tree.files({ 'data/a': '' });
  truncateSync(tree.path('data/a'), 2 ** 40);
  const { preopens } = tree.open({ write: ['data'] });
  const file = preopens.get(tree.path('data'))!.openAt({}, 'a', {}, { read: true, write: true });
  expect(file.stat().size).toBe(2n ** 40n);
  expect(thrownBy(() => file.setSize(2n ** 64n - 1n))).toBe('invalid');
  expect(thrownBy(() => file.setSize(2n ** 62n))).toBe('file-too-large');
  expect(thrownBy(() => file.write(new Uint8Array(1), 2n ** 53n - 1n))).toBe('file-too-large');
});
