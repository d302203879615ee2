/** What a guest wrote to streams, on a real broker, with every request counted. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { scratch, thrownBy } from '../../../../test/support/filesystem.ts';
import { FilesystemBroker, type FilesystemAuthority } from '../broker/filesystem.ts';
import { WasiError } from '../broker/wasi-error.ts';
import { createFilesystem } from './filesystem.ts';
import { WRITE_BYTES } from './io.ts';
import { HostSession } from './session.ts';

function open(tree: ReturnType<typeof scratch>, diskBytes = 1e9) {
  const asked: string[] = [];
  let fuel = 0;
  const authority: FilesystemAuthority = {
    grants: [{ path: tree.path('data'), access: 'read-write' }],
    forbidden: [],
  };
  const limits = { diskBytes, handles: 64, readBytes: 1024 * 1024, directoryEntries: 1000 };
  const broker = new FilesystemBroker(authority, limits, () => undefined);
  const session = new HostSession(
    {
      ask: (op, args, sent = new Uint8Array()) => {
        asked.push(op);
        try {
          const { value, bytes = new Uint8Array() } = broker.call(op, args, sent);
          return { value, bytes: Uint8Array.from(bytes) };
        } catch (error) {
          throw error instanceof WasiError ? error.code : error;
        }
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
  const stream = (name: string, start: bigint | 'end' = 0n) => {
    const file = data!.openAt({}, name, { create: true }, { write: true });
    const made = start === 'end' ? file.appendViaStream() : file.writeViaStream(start);
    made.checkWrite();
    asked.length = 0;
    return made;
  };
  const spent = (action: () => unknown) => {
    const before = fuel;
    action();
    return fuel - before;
  };
  return { data: data!, asked, session, stream, spent, [Symbol.dispose]: () => broker.close() };
}

const text = (value: string) => new TextEncoder().encode(value);

test('many writes are one request, in order, and cost the fuel of many', () => {
  using tree = scratch();
  tree.files({ 'data/a': '' });
  using guest = open(tree);
  const stream = guest.stream('a');
  const costs = Array.from({ length: 100 }, (_, at) =>
    guest.spent(() => stream.write(text(String(at % 10)))),
  );
  expect(guest.asked).toEqual([]);
  expect(new Set(costs).size).toBe(1);
  expect(guest.spent(() => guest.session.settle())).toBe(0);
  expect(guest.asked).toEqual(['fs.write']);
  expect(readFileSync(tree.path('data/a'), 'utf8')).toBe('0123456789'.repeat(10));
});

describe('what is held goes out', () => {
  test.each<[string, (guest: ReturnType<typeof open>) => unknown]>([
    ['before any other request', ({ data }) => data.stat()],
    ['before a look at the clock', ({ session }) => session.monotonicNow()],
    ['before a look at the time of day', ({ session }) => session.wallNow()],
    ['before a pause', ({ session }) => session.sleep(1)],
    ['at the end of the invocation', ({ session }) => session.settle()],
    ['before another stream writes', ({ stream }) => stream('b').write(text('b'))],
  ])('%s', (_, action) => {
    using tree = scratch();
    tree.files({ 'data/a': '', 'data/b': '' });
    using guest = open(tree);
    const stream = guest.stream('a', 'end');
    stream.write(text('held'));
    expect(readFileSync(tree.path('data/a'), 'utf8')).toBe('');
    action(guest);
    expect(readFileSync(tree.path('data/a'), 'utf8')).toBe('held');
  });

  test('when the stream is flushed, or a write says so', () => {
    using tree = scratch();
    tree.files({ 'data/a': '' });
    using guest = open(tree);
    const stream = guest.stream('a');
    stream.write(text('1'));
    stream.blockingFlush();
    expect(readFileSync(tree.path('data/a'), 'utf8')).toBe('1');
    stream.write(text('2'));
    stream.blockingWriteAndFlush(text('3'));
    expect(readFileSync(tree.path('data/a'), 'utf8')).toBe('123');
    expect(guest.asked).toEqual(['fs.write', 'fs.write']);
  });

  test('when it is a megabyte, and after its stream and its descriptor are gone', () => {
    using tree = scratch();
    tree.files({ 'data/a': '' });
    using guest = open(tree);
    const stream = guest.stream('a');
    for (let at = 0; at < 3; at += 1) {
      stream.checkWrite();
      stream.write(new Uint8Array(WRITE_BYTES / 2));
    }
    expect(guest.asked).toEqual(['fs.write']);
    stream[Symbol.dispose]();
    guest.session.settle();
    expect(readFileSync(tree.path('data/a')).length).toBe(1.5 * WRITE_BYTES);
  });
});

test('the guest reads what it wrote, also where bytes had come ahead', () => {
  using tree = scratch();
  writeFileSync(`${tree.root}/x`, '');
  tree.files({ 'data/a': 'before' });
  using guest = open(tree);
  const stream = guest.stream('a');
  const reader = guest.data.openAt({}, 'a', {}, { read: true });
  expect(Buffer.from(reader.read(6n, 0n)[0]).toString()).toBe('before');
  stream.write(text('AFTER!'));
  expect(Buffer.from(reader.read(6n, 0n)[0]).toString()).toBe('AFTER!');
});

test('a failure is told once by the next operation; the writes before it stand', () => {
  using tree = scratch();
  tree.files({ 'data/a': '' });
  using guest = open(tree, 10);
  const stream = guest.stream('a');
  stream.write(text('12345678'));
  stream.write(text('too long'));
  guest.session.settle();
  expect(thrownBy(() => stream.checkWrite())).toMatchObject({
    tag: 'last-operation-failed',
    val: { code: 'quota' },
  });
  expect(thrownBy(() => stream.checkWrite())).toEqual({ tag: 'closed' });
  expect(readFileSync(tree.path('data/a'), 'utf8')).toBe('12345678');
});
