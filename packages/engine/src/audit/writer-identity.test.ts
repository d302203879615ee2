import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { isDead, ownIdentity } from './writer-identity.ts';

test('this process is alive', () => {
  expect(isDead(ownIdentity(), ownIdentity())).toBe(false);
});

test('a process id that now belongs to another process is dead', () => {
  const own = ownIdentity();
  expect(isDead({ ...own, started: '1' }, own)).toBe(true);
});

test('everything from an earlier boot is dead', () => {
  const own = ownIdentity();
  expect(isDead({ ...own, boot: 'an earlier one' }, own)).toBe(true);
});

test('a process in another pid namespace cannot be judged and counts as alive', () => {
  const own = ownIdentity();
  expect(isDead({ ...own, namespace: 'pid:[1]', started: '1' }, own)).toBe(false);
});

test('without start times, whether the process exists decides', async () => {
  const own = { ...ownIdentity(), started: null };
  expect(isDead(own, own)).toBe(false);
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  expect(isDead({ ...own, pid: child.pid ?? 0 }, own)).toBe(true);
});
