/** REDTEAM FS-03: no link that a guest makes or moves leads out, for the guest or for other programs. */
import { existsSync, mkdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readText, scratch, thrownBy } from '../../../../test/support/filesystem.ts';

describe.each(['held', 'checked'] as const)('walk: %s', (walk) => {
  test('FS-03: links that would lead out are not made', () => {
    using tree = scratch();
    tree.files({ 'data/sub/deep/x': 'x', 'secret.txt': 's' });
    symlinkSync('.', tree.path('data/dot'));
    const { preopens, denials } = tree.open({ write: ['data'] }, { walk });
    const data = preopens.get(tree.path('data'))!;
    const deep = data.openAt({}, 'sub/deep', { directory: true }, {});
    const outward: [string, string][] = [
      ['../secret.txt', 'link'],
      ['..', 'link'],
      ['./../x', 'link'],
      ['/etc/passwd', 'link'],
      ['//etc/passwd', 'link'],
      [tree.path('data/sub'), 'link'],
      ['sub/../../secret.txt', 'link'],
      // What `sub` is can change: a link to `.` would turn this into a way out.
      ['sub/../x', 'link'],
      ['dot/../secret.txt', 'link'],
      ['not-there/../../secret.txt', 'link'],
      ['../../secret.txt', 'sub/link'],
      ['../../../secret.txt', 'sub/deep/link'],
      ['../secret.txt', 'dot/link'],
      ['../../secret.txt', 'dot/sub/link'],
    ];
    for (const [text, name] of outward) {
      expect(
        thrownBy(() => data.symlinkAt(text, name)),
        `${name} -> ${text}`,
      ).toBe('not-permitted');
      expect(existsSync(tree.path('data', name))).toBe(false);
    }
    expect(thrownBy(() => deep.symlinkAt('../../../secret.txt', 'link'))).toBe('not-permitted');
    expect(denials[0]).toMatchObject({
      rule: 'link-outside-grant',
      operation: 'symlink-at',
      access: 'write',
    });
    expect(thrownBy(() => data.symlinkAt('', 'link'))).toBe('no-entry');
    expect(thrownBy(() => data.symlinkAt('x'.repeat(5000), 'link'))).toBe('name-too-long');
  });

  test('links that stay inside are made', () => {
    using tree = scratch();
    tree.files({ 'data/a': 'A', 'data/sub/deep/x': 'x' });
    const { preopens } = tree.open({ write: ['data'] }, { walk });
    const data = preopens.get(tree.path('data'))!;
    data.symlinkAt('a', 'one');
    data.symlinkAt('../../a', 'sub/deep/two');
    data.symlinkAt('sub/deep', 'three');
    data.symlinkAt('not-there', 'dangling');
    expect(readlinkSync(tree.path('data/sub/deep/two'))).toBe('../../a');
    for (const path of ['one', 'sub/deep/two', 'three/two']) expect(readText(data, path)).toBe('A');
    expect(data.readlinkAt('three')).toBe('sub/deep');
    expect(thrownBy(() => data.readlinkAt('a'))).toBe('invalid');
  });

  test('links are not moved or hard-linked to where they lead out', () => {
    using tree = scratch();
    tree.files({ 'data/a': 'A', 'data/sub/deep/x': 'x', 'data/other/y': 'y' });
    symlinkSync('../../a', tree.path('data/sub/deep/up'));
    const { preopens } = tree.open({ write: ['data'] }, { walk });
    const data = preopens.get(tree.path('data'))!;
    expect(thrownBy(() => data.renameAt('sub/deep/up', data, 'up'))).toBe('not-permitted');
    expect(thrownBy(() => data.renameAt('sub/deep/up', data, 'sub/up'))).toBe('not-permitted');
    expect(thrownBy(() => data.linkAt({}, 'sub/deep/up', data, 'up'))).toBe('not-permitted');
    expect(thrownBy(() => data.renameAt('sub/deep', data, 'deep'))).toBe('not-permitted');
    data.renameAt('sub/deep', data, 'other/deep');
    expect(readText(data, 'other/deep/up')).toBe('A');
    data.renameAt('other', data, 'sub/other');
    expect(readFileSync(tree.path('data/sub/other/deep/x'), 'utf8')).toBe('x');
    expect(thrownBy(() => data.renameAt('sub/other/deep', data, 'deep'))).toBe('not-permitted');
    data.unlinkFileAt('sub/other/deep/up');
    data.renameAt('sub/other/deep', data, 'deep');
    expect(readText(data, 'deep/x')).toBe('x');
  });

  test('a descriptor of a moved directory judges links from where it is now', () => {
    using tree = scratch();
    tree.files({ 'data/a/b/c/x': 'x' });
    const { preopens } = tree.open({ write: ['data'] }, { walk });
    const data = preopens.get(tree.path('data'))!;
    const deep = data.openAt({}, 'a/b/c', { directory: true }, {});
    data.renameAt('a/b', data, 'b');
    if (walk === 'checked') return;
    expect(thrownBy(() => deep.symlinkAt('../../../secret', 'link'))).toBe('not-permitted');
    deep.symlinkAt('../../fine', 'link');
    expect(readlinkSync(tree.path('data/b/c/link'))).toBe('../../fine');
  });

  test('a directory too large to be looked through is not moved upwards', () => {
    using tree = scratch();
    mkdirSync(tree.path('data'));
    const { preopens } = tree.open({ write: ['data'] }, { walk, limits: { directoryEntries: 30 } });
    for (let index = 0; index < 31; index += 1) {
      mkdirSync(tree.path(`data/sub/many/${index % 7}/${index}`), { recursive: true });
    }
    const data = preopens.get(tree.path('data'))!;
    expect(thrownBy(() => data.renameAt('sub/many', data, 'many'))).toBe('not-permitted');
    data.renameAt('sub/many', data, 'sub/more');
  });
});
