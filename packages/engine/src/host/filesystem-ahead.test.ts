/** The guest's classes on a real broker, with every request counted and a file that others change meanwhile. */
import { appendFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { scratch } from '../../../../test/support/filesystem.ts';
import { BEGINNING_BYTES } from '../broker/filesystem-beginning-bytes.ts';
import { FilesystemBroker, type FilesystemAuthority } from '../broker/filesystem.ts';
import { createFilesystem } from './filesystem.ts';
import { HostSession } from './session.ts';

function open(tree: ReturnType<typeof scratch>) {
  const asked: string[] = [];
  let fuel = 0;
  const authority: FilesystemAuthority = {
    grants: [{ path: tree.path('data'), access: 'read-write' }],
    forbidden: [],
  };
  const limits = { diskBytes: 1e9, handles: 64, readBytes: 1024 * 1024, directoryEntries: 1000 };
  const broker = new FilesystemBroker(authority, limits, () => undefined);
  const session = new HostSession(
    {
      ask: (op, args, sent = new Uint8Array()) => {
        asked.push(op);
        const { value, bytes = new Uint8Array() } = broker.call(op, args, sent);
        return { value, bytes: Uint8Array.from(bytes) };
      },
      output: () => undefined,
      monotonicNow: () => 0n,
      wallNow: () => 0,
      sleep: () => undefined,
      randomBytes: (length) => new Uint8Array(length),
      consume: (units) => {
        fuel += units;
      },
    },
    { fuel: '1', memory: 0, output: 1000, hostCalls: 1e6 },
  );
  const [[data] = []] = createFilesystem(session, broker.preopens).preopens.getDirectories();
  const spent = (action: () => unknown) => {
    const before = fuel;
    action();
    return fuel - before;
  };
  return { data: data!, asked, session, spent, [Symbol.dispose]: () => broker.close() };
}

const encode = (value: string) => new TextEncoder().encode(value);
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

describe('what a file begins with', () => {
  test('comes with opening it, and reading that asks nothing more', () => {
    using tree = scratch();
    tree.files({ 'data/a': '0123456789' });
    using guest = open(tree);
    const file = guest.data.openAt({}, 'a', {}, { read: true });
    expect(file.read(4n, 2n)).toEqual([encode('2345'), false]);
    expect(file.read(100n, 8n)).toEqual([encode('89'), true]);
    expect(file.read(1n, 100n)).toEqual([new Uint8Array(0), true]);
    expect(text(file.readViaStream(0n).blockingRead(3n))).toBe('012');
    expect(guest.asked).toEqual(['fs.open-at']);
  });

  test('costs the fuel of a request that reads it', () => {
    using tree = scratch();
    tree.files({ 'data/a': '0123456789' });
    using guest = open(tree);
    const file = guest.data.openAt({}, 'a', {}, { read: true });
    const known = guest.spent(() => file.read(10n, 0n));
    guest.session.monotonicNow();
    expect(guest.spent(() => file.read(10n, 0n))).toBe(known);
    expect(guest.asked).toEqual(['fs.open-at', 'fs.read']);
  });

  test('does not count as an access of the file, and is not read of a file that is new or emptied', () => {
    using tree = scratch();
    tree.files({ 'data/a': 'old' });
    utimesSync(tree.path('data/a'), 1000, 2000);
    using guest = open(tree);
    const file = guest.data.openAt({}, 'a', {}, { read: true });
    expect(statSync(tree.path('data/a')).atimeMs).toBe(1_000_000);
    expect(text(file.read(3n, 0n)[0])).toBe('old');
    const made = guest.data.openAt({}, 'b', { create: true }, { read: true, write: true });
    made.write(Buffer.from('new'), 0n);
    expect(text(made.read(10n, 0n)[0])).toBe('new');
    const emptied = guest.data.openAt({}, 'a', { truncate: true }, { read: true, write: true });
    expect(emptied.read(10n, 0n)).toEqual([new Uint8Array(0), true]);
  });
});

describe('bytes that came ahead are no longer used', () => {
  test.each<[string, (guest: ReturnType<typeof open>) => unknown]>([
    ['after any request', ({ data }) => data.stat()],
    ['after a look at the clock', ({ session }) => session.monotonicNow()],
    ['after a look at the time of day', ({ session }) => session.wallNow()],
    ['after a pause', ({ session }) => session.sleep(1)],
  ])('%s', (_, action) => {
    using tree = scratch();
    tree.files({ 'data/a': 'before' });
    using guest = open(tree);
    const file = guest.data.openAt({}, 'a', {}, { read: true });
    writeFileSync(tree.path('data/a'), 'after!');
    action(guest);
    expect(text(file.read(6n, 0n)[0])).toBe('after!');
  });

  test('when the guest itself writes, through whatever descriptor', () => {
    using tree = scratch();
    tree.files({ 'data/a': 'before' });
    using guest = open(tree);
    const writer = guest.data.openAt({}, 'a', {}, { write: true });
    const stream = guest.data.openAt({}, 'a', {}, { read: true }).readViaStream(0n);
    expect(text(stream.read(2n))).toBe('be');
    writer.write(Buffer.from('AFTER!'), 0n);
    expect(text(stream.read(4n))).toBe('TER!');
  });

  test('when another file is read in between: only one stretch is kept', () => {
    using tree = scratch();
    tree.files({ 'data/a': 'aa', 'data/b': 'bb' });
    using guest = open(tree);
    const one = guest.data.openAt({}, 'a', {}, { read: true });
    const other = guest.data.openAt({}, 'b', {}, { read: true });
    for (const file of [one, other, one, other]) file.read(2n, 0n);
    expect(guest.asked.filter((op) => op === 'fs.read')).toHaveLength(4);
  });
});

test('reads that go on from each other become longer, and give the same bytes', () => {
  using tree = scratch();
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
  tree.files({ 'data/a': '' });
  writeFileSync(tree.path('data/a'), bytes);
  using guest = open(tree);
  const stream = guest.data.openAt({}, 'a', {}, { read: true }).readViaStream(0n);
  const parts: Uint8Array[] = [];
  for (let left = bytes.length; left > 0; left -= parts.at(-1)!.length) {
    parts.push(stream.blockingRead(4096n));
    expect(parts.at(-1)!.length).toBe(Math.min(left, 4096));
  }
  expect(Buffer.concat(parts).equals(bytes)).toBe(true);
  expect(guest.asked.length).toBeLessThan(5);
  appendFileSync(tree.path('data/a'), 'more');
  expect(() => stream.blockingRead(10n)).toThrow(expect.anything());
  expect(BEGINNING_BYTES).toBeLessThan(bytes.length);
});
