/** A directory that stands for `/`: what is judged and told are the paths of the grants, and nothing leads out of it. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  list,
  openBroker,
  readText,
  scratch,
  thrownBy,
  writeText,
} from '../../../../test/support/filesystem.ts';
import { canHoldDirectories } from './filesystem-linux.ts';

const walks = canHoldDirectories ? (['held', 'checked'] as const) : (['checked'] as const);

describe.each(walks)('a root, directories %s', (walk) => {
  it('is where the paths of grants lie, single files and links of the operator included', () => {
    using tree = scratch();
    tree.files({ 'root/data/a': 'a', 'root/etc/one': '1', 'root/etc/two': '2', outside: 'no' });
    symlinkSync('data', tree.path('root/linked'));
    const grants = ['/data', '/etc/one', '/linked', '/missing'].map((path) => ({
      path,
      access: 'read' as const,
    }));
    const opened = openBroker({ root: tree.path('root'), grants, forbidden: [] }, { walk });
    expect([...opened.preopens.keys()].toSorted()).toEqual(['/data', '/etc', '/linked']);
    expect(readText(opened.preopens.get('/data')!, 'a')).toBe('a');
    expect(readText(opened.preopens.get('/linked')!, 'a')).toBe('a');
    expect(list(opened.preopens.get('/etc')!)).toEqual(['one']);
    expect(readText(opened.preopens.get('/etc')!, 'one')).toBe('1');
    expect(thrownBy(() => readText(opened.preopens.get('/etc')!, 'two'))).toBe('no-entry');
    opened.broker.close();
  });

  it('is not left by a grant whose path is a link, nor by a path of the host itself', () => {
    using tree = scratch();
    tree.files({ 'root/a': 'a', 'beside/secret': 'no', 'root-more/secret': 'no' });
    symlinkSync(tree.path('beside'), tree.path('root/out'));
    symlinkSync('../root-more', tree.path('root/near'));
    symlinkSync(tree.path('beside/secret'), tree.path('root/file'));
    const paths = ['/out', '/near', '/file', tree.path('beside')];
    const grants = paths.map((path) => ({ path, access: 'read-write' as const }));
    const opened = openBroker({ root: tree.path('root'), grants, forbidden: [] }, { walk });
    expect([...opened.preopens.keys()]).toEqual([]);
    opened.broker.close();
  });

  it('keeps forbidden paths and rights, and tells of them in the terms of the grants', () => {
    using tree = scratch();
    tree.files({ 'root/data/secret/key': 'k', 'root/data/own': 'o', 'root/ro/a': 'a' });
    symlinkSync('secret', tree.path('root/data/alias'));
    symlinkSync('../ro', tree.path('root/data/up'));
    mkdirSync(tree.path('root/data/sub'));
    const opened = openBroker(
      {
        root: tree.path('root'),
        grants: [
          { path: '/data', access: 'read-write' },
          { path: '/ro', access: 'read' },
        ],
        forbidden: ['/data/secret', '/data/later'],
      },
      { walk },
    );
    const data = opened.preopens.get('/data')!;
    for (const path of ['secret/key', 'alias/key', 'sub/../secret/key'])
      expect(thrownBy(() => readText(data, path))).toBe('not-permitted');
    expect(thrownBy(() => writeText(data, 'later', 'x'))).toBe('not-permitted');
    expect(thrownBy(() => readText(data, 'up/a'))).toBe('not-permitted');
    expect(thrownBy(() => writeText(opened.preopens.get('/ro')!, 'b', 'x'))).toBe('read-only');
    writeText(data, 'own', 'new');
    expect(readText(data, 'own')).toBe('new');
    const told = opened.denials.map(({ path }) => path);
    expect(told.every((path) => /^\/(?:data|ro)(?:\/|$)/.test(path))).toBe(true);
    expect(told).toContain('/data/secret');
    expect(told).toContain('/ro/a');
    opened.broker.close();
  });
});
