import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { examineSpace, judgeSpace } from './space.ts';

test.each([
  [0, 'problem'],
  [1024 * 1024 - 1, 'problem'],
  [1024 * 1024, 'warning'],
  [100 * 1024 * 1024 - 1, 'warning'],
  [100 * 1024 * 1024, 'ok'],
] as const)('%i free bytes: %s', (free, severity) => {
  const check = judgeSpace('/state', free);
  expect(check.severity).toBe(severity);
  expect(check.help === null).toBe(severity === 'ok');
});

test('is asked of the file system, and nothing is said of one that does not answer', async () => {
  expect(await examineSpace(tmpdir())).toMatchObject([{ name: 'free space' }]);
  expect(await examineSpace('/nowhere/at/all')).toEqual([]);
});
