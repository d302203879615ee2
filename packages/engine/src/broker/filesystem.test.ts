import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  list,
  readText,
  scratch,
  thrownBy,
  writeText,
} from '../../../../test/support/filesystem.ts';

test('a granted directory can be listed, read, written and described', () => {
  using tree = scratch();
  tree.files({ 'data/a.txt': 'alpha', 'data/sub/b.txt': 'beta' });
  const { preopens, broker, denials } = tree.open({ write: ['data'] });
  const data = preopens.get(tree.path('data'))!;
  expect(list(data)).toEqual(['a.txt', 'sub']);
  expect(readText(data, 'sub/../sub/./b.txt')).toBe('beta');
  writeText(data, 'sub/c.txt', 'gamma');
  expect(readFileSync(tree.path('data/sub/c.txt'), 'utf8')).toBe('gamma');
  expect(broker.bytesWritten).toBe(5);
  const stat = data.statAt({}, 'a.txt');
  expect(stat).toMatchObject({ type: 'regular-file', size: 5n, linkCount: 1n });
  expect(data.getFlags()).toMatchObject({ read: true, mutateDirectory: true, write: false });
  expect(denials).toEqual([]);
});

test('without grants there is nothing', () => {
  using tree = scratch();
  writeFileSync(tree.path('a'), '');
  const { broker, preopens } = tree.open({});
  expect(preopens.size).toBe(0);
  expect(thrownBy(() => broker.call('fs.stat', [0], new Uint8Array(0)))).toMatchObject({
    code: 'bad-descriptor',
  });
});
