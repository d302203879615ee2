import { statSync, utimesSync } from 'node:fs';
import { expect, test } from 'vitest';
import { scratch } from '../../../../test/support/filesystem.ts';
import { systemTime } from './filesystem-times.ts';

const MICROSECOND = 1000n;

/** Sets the modification time from one that is kept in the inode to what `time` says, on a real file. */
function after(
  time: Parameters<typeof systemTime>[0],
  special: boolean | undefined,
): [bigint, bigint] {
  using tree = scratch();
  tree.files({ a: '' });
  const path = tree.path('a');
  const before = statSync(path, { bigint: true });
  utimesSync(path, 1, systemTime(time, before.mtimeNs, special));
  return [before.mtimeNs, statSync(path, { bigint: true }).mtimeNs];
}

function distance(one: bigint, other: bigint): bigint {
  return one > other ? one - other : other - one;
}

test('a time that is kept is kept to the nanosecond on this Node, and to the microsecond on an older one', () => {
  const [before, kept] = after(null, undefined);
  expect(kept).toBe(before);
  const [earlier, nearly] = after(null, false);
  expect(distance(nearly, earlier)).toBeLessThan(MICROSECOND);
});

test('the time of the change is taken from the clock', () => {
  const start = BigInt(Date.now() - 2000) * 1_000_000n;
  for (const special of [undefined, false]) {
    const [, now] = after('now', special);
    expect(now).toBeGreaterThan(start);
    expect(now).toBeLessThan(start + 60_000_000_000n);
  }
});

test('an instant is set to the nanosecond where doubles have it, else to the nearest step', () => {
  expect(after({ seconds: 12, nanoseconds: 345_678_901 }, undefined)[1]).toBe(12_345_678_901n);
  const [, today] = after({ seconds: 1_795_334_165, nanoseconds: 123_456_789 }, undefined);
  expect(distance(today, 1_795_334_165_123_456_789n)).toBeLessThan(240n);
});
