/** An isolate that speaks the protocol maliciously gets nothing, and never more than an error or its end. */
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { scratch, thrownBy } from '../../../../test/support/filesystem.ts';
import type { FilesystemBroker } from './filesystem.ts';
import { isFilesystemErrorCode, ProtocolViolation, WasiError } from './wasi-error.ts';

const NOTHING = new Uint8Array(0);

const argumentKinds: Record<string, string> = {
  'open-at': 'hbpiiH',
  drop: 'H',
  'get-flags': 'h',
  read: 'hii',
  write: 'hi',
  append: 'h',
  'set-size': 'hi',
  sync: 'hb',
  stat: 'h',
  'stat-at': 'hbp',
  'metadata-hash': 'h',
  'metadata-hash-at': 'hbp',
  'is-same-object': 'hh',
  'set-times': 'htt',
  'set-times-at': 'hbptt',
  'read-directory': 'hH',
  'next-entries': 'h',
  'create-directory-at': 'hp',
  'remove-directory-at': 'hp',
  'unlink-file-at': 'hp',
  'rename-at': 'hphp',
  'link-at': 'hbphp',
  'symlink-at': 'hpp',
  'readlink-at': 'hp',
};

const wrong: Record<string, unknown[]> = {
  h: [-1, 0.5, 2 ** 53, Number.NaN, '0', null, undefined, [0], { valueOf: () => 0 }, true, 0n],
  i: [-1, 1.5, 2 ** 60, '1', null, undefined, {}, []],
  b: [0, 1, 'true', null, undefined],
  p: [0, null, undefined, ['a'], { toString: () => 'a' }, true],
  t: [
    0,
    'later',
    undefined,
    {},
    [],
    { seconds: 1 },
    { seconds: -1, nanoseconds: 0 },
    { seconds: 1, nanoseconds: 1e9 },
  ],
  H: [0, null, undefined, 'x', [-1], ['0'], [0.5], Array(2000).fill(0), { length: 0 }],
};
const right: Record<string, unknown> = { h: 0, i: 0, b: false, p: 'a', t: 'now', H: [] };

function attack(broker: FilesystemBroker, op: string, args: unknown, bytes = NOTHING): unknown {
  return thrownBy(() => broker.call(op, args as unknown[], bytes));
}

test('every argument of every operation is checked for its type and range', () => {
  using tree = scratch();
  tree.files({ 'data/a': 'a' });
  const { broker } = tree.open({ write: ['data'] });
  for (const [name, kinds] of Object.entries(argumentKinds)) {
    const good = [...kinds].map((kind) => right[kind]);
    const op = `fs.${name}`;
    for (const [index, kind] of [...kinds].entries()) {
      for (const value of wrong[kind]!) {
        expect(attack(broker, op, good.with(index, value)), `${op} ${index}`).toBeInstanceOf(
          ProtocolViolation,
        );
      }
    }
    expect(attack(broker, op, [...good, 0]), op).toBeInstanceOf(ProtocolViolation);
    expect(attack(broker, op, good.slice(0, -1)), op).toBeInstanceOf(ProtocolViolation);
    expect(attack(broker, op, []), op).toBeInstanceOf(ProtocolViolation);
    const writes = name === 'write' || name === 'append';
    const withBytes = attack(broker, op, good, new Uint8Array(1));
    expect(withBytes instanceof ProtocolViolation, op).toBe(!writes);
  }
  expect(readFileSync(tree.path('data/a'), 'utf8')).toBe('a');
});

test('only operations of the table exist', () => {
  using tree = scratch();
  const { broker } = tree.open({});
  const names = [
    '',
    'fs.',
    'fs.openAt',
    'fs.OPEN-AT',
    'toString',
    '__proto__',
    'constructor',
    'fs.constructor',
  ];
  for (const op of names) expect(attack(broker, op, [])).toBeInstanceOf(ProtocolViolation);
  expect(attack(broker, 'fs.stat', { 0: 0, length: 1 })).toBeInstanceOf(ProtocolViolation);
});

test('handles that are not open, or are something else, are bad descriptors', () => {
  using tree = scratch();
  tree.files({ 'data/a': 'a', 'data/d/x': '' });
  const { broker } = tree.open({ write: ['data'] });
  const open = (path: string, flags: number): number =>
    (broker.call('fs.open-at', [0, true, path, 0, flags, []], NOTHING).value as [number])[0];
  const file = open('a', 1);
  expect(attack(broker, 'fs.stat', [99])).toMatchObject({ code: 'bad-descriptor' });
  expect(attack(broker, 'fs.drop', [[99]])).toMatchObject({ code: 'bad-descriptor' });
  expect(attack(broker, 'fs.read', [0, 1, 0])).toMatchObject({ code: 'is-directory' });
  expect(attack(broker, 'fs.stat-at', [file, true, 'x'])).toMatchObject({ code: 'not-directory' });
  expect(attack(broker, 'fs.next-entries', [file])).toMatchObject({ code: 'bad-descriptor' });
  expect(attack(broker, 'fs.write', [file, 0], new Uint8Array(1))).toMatchObject({
    code: 'bad-descriptor',
  });
  broker.call('fs.drop', [[file]], NOTHING);
  expect(attack(broker, 'fs.read', [file, 1, 0])).toMatchObject({ code: 'bad-descriptor' });
  expect(attack(broker, 'fs.drop', [[file]])).toMatchObject({ code: 'bad-descriptor' });
  const again = open('a', 1);
  expect(again).not.toBe(file);
});

test('errors are codes and nothing else', () => {
  using tree = scratch();
  tree.files({ 'data/a': 'a' });
  const { broker } = tree.open({ read: ['data'] });
  for (const path of ['missing', 'a/b', '../x', 'a\0', 'n'.repeat(300)]) {
    const thrown = attack(broker, 'fs.open-at', [0, true, path, 0, 1, []]);
    expect(thrown).toBeInstanceOf(WasiError);
    expect((thrown as WasiError).message).toBe((thrown as WasiError).code);
    expect((thrown as WasiError).cause).toBeUndefined();
    expect(JSON.stringify(thrown)).not.toContain(tree.root);
  }
});

test('random requests end in an answer, a code or a violation, and change nothing outside', () => {
  using tree = scratch();
  tree.files({ 'data/a': 'a', 'data/d/e/f': 'f', secret: 's' });
  const { broker } = tree.open(
    { write: ['data'] },
    { limits: { handles: 40, diskBytes: 100_000 } },
  );
  const segment = fc.constantFrom(
    'a',
    'd',
    'e',
    'f',
    '..',
    '.',
    '',
    'secret',
    'data',
    'x',
    'a\0',
    '\ud800',
    '~1',
  );
  const path = fc.array(segment, { maxLength: 6 }).map((segments) => segments.join('/'));
  const kinds: Record<string, fc.Arbitrary<unknown>> = {
    h: fc.integer({ min: 0, max: 30 }),
    i: fc.oneof(fc.integer({ min: 0, max: 63 }), fc.maxSafeNat()),
    b: fc.boolean(),
    p: path,
    t: fc.constantFrom(
      null,
      'now',
      { seconds: 1, nanoseconds: 1 },
      { seconds: 2 ** 52, nanoseconds: 0 },
    ),
    H: fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 3 }),
  };
  const request = fc.constantFrom(...Object.entries(argumentKinds)).chain(([name, shape]) =>
    fc.record({
      op: fc.constant(`fs.${name}`),
      args: fc.tuple(
        ...[...shape].map((kind) =>
          fc.oneof({ weight: 30, arbitrary: kinds[kind]! }, fc.anything()),
        ),
      ),
      bytes: fc.uint8Array({ maxLength: name === 'write' || name === 'append' ? 100 : 0 }),
    }),
  );
  fc.assert(
    fc.property(fc.array(request, { maxLength: 50 }), (requests) => {
      for (const { op, args, bytes } of requests) {
        const thrown = attack(broker, op, args, bytes);
        if (thrown === undefined || thrown instanceof ProtocolViolation) continue;
        expect(thrown).toBeInstanceOf(WasiError);
        expect(isFilesystemErrorCode((thrown as WasiError).code)).toBe(true);
      }
      expect(readFileSync(tree.path('secret'), 'utf8')).toBe('s');
    }),
    { numRuns: 150 },
  );
});
