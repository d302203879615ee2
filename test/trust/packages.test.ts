/** Packages that try to be more than files, and files that try to be others. */
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pathToFileURL } from 'node:url';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { prepareInstall } from '../../packages/engine/src/index.ts';
import { buildGuest } from '../guests/build.ts';
import { Bench, manifest, tarball, type TarEntry } from './packages.ts';

const bench = new Bench();
afterAll(() => bench[Symbol.dispose]());

async function refusal(named: string): Promise<unknown> {
  return prepareInstall(named, { home: bench.home }).then(
    () => 'accepted',
    (error: unknown) => error,
  );
}

const refused = (reason: string) => ({
  code: 'PACKAGE_INVALID',
  message: expect.stringContaining(reason),
});

describe('a folder', () => {
  const attacks: readonly (readonly [string, string, (folder: string) => void])[] = [
    [
      'a symbolic link to a file',
      'symbolic link',
      (at) => symlinkSync('/etc/passwd', join(at, 'a.txt')),
    ],
    ['a symbolic link to a folder', 'symbolic link', (at) => symlinkSync('/etc', join(at, 'data'))],
    [
      'a symbolic link within',
      'symbolic link',
      (at) => symlinkSync('skill.toml', join(at, 'a.toml')),
    ],
    ['a hard link', 'second name', (at) => linkSync(join(at, 'skill.toml'), join(at, 'copy.toml'))],
    ['a FIFO', 'not a regular file', (at) => execFileSync('mkfifo', [join(at, 'pipe')])],
    [
      'a Cyrillic letter among Latin ones',
      'look alike',
      (at) => writeFileSync(join(at, 'sсript.js'), ''),
    ],
    [
      'a Greek letter among Latin ones',
      'look alike',
      (at) => writeFileSync(join(at, 'rοot.js'), ''),
    ],
    ['a right-to-left override', 'invisible', (at) => writeFileSync(join(at, 'a\u202Esj.txt'), '')],
    ['a zero-width space', 'invisible', (at) => writeFileSync(join(at, 'a\u200Bb.txt'), '')],
    ['a line feed', 'control', (at) => writeFileSync(join(at, 'a\nb.txt'), '')],
    ['a decomposed letter', 'normal form', (at) => writeFileSync(join(at, 'e\u0301.txt'), '')],
    [
      'names of which one is in capitals',
      'only case',
      (at) => writeFileSync(join(at, 'Skill.toml'), ''),
    ],
    ['names with a long s', 'only case', (at) => writeFileSync(join(at, 'ſkill.toml'), '')],
    [
      'names with a Kelvin sign',
      'normal form',
      (at) => ['k.txt', '\u212A.txt'].forEach((name) => writeFileSync(join(at, name), '')),
    ],
    ['a backslash', 'characters', (at) => writeFileSync(join(at, 'a\\b'), '')],
    ['a device of Windows', 'device', (at) => writeFileSync(join(at, 'NUL.txt'), '')],
    ['a trailing dot', 'ends with', (at) => writeFileSync(join(at, 'a.'), '')],
    [
      'a name that is not UTF-8',
      'UTF-8',
      (at) => writeFileSync(Buffer.concat([Buffer.from(`${at}/`), Buffer.from([0xff])]), ''),
    ],
    [
      'levels without end',
      'levels deep',
      (at) => mkdirSync(join(at, 'a/'.repeat(20)), { recursive: true }),
    ],
  ];

  test.each(attacks)('with %s is refused', async (_what, reason, attack) => {
    const folder = await bench.package();
    attack(folder);
    expect(await refusal(folder)).toMatchObject(refused(reason));
  });

  test('with too many files is refused', async () => {
    const folder = await bench.package();
    for (let index = 0; index < 2001; index += 1) writeFileSync(join(folder, `f${index}`), '');
    expect(await refusal(folder)).toMatchObject(refused('more than 2000 files'));
  });

  test.each(['../other.wasm', '/etc/passwd', './missing.wasm', 'a/../../answer.wasm'])(
    'whose manifest names %s is refused',
    async (component) => {
      const text = manifest().replace('./answer.wasm', component);
      expect(await refusal(await bench.package({ 'skill.toml': text }))).toMatchObject({
        code: 'PACKAGE_INVALID',
      });
    },
  );

  test('cannot raise its own trust: the manifest has no such key', async () => {
    const folder = await bench.package({ 'skill.toml': manifest('trust = "trusted"') });
    expect(await refusal(folder)).toMatchObject({
      code: 'MANIFEST_INVALID',
      message: expect.stringContaining('unknown key "trust"'),
    });
  });
});

describe('a tarball', () => {
  async function packed(entries: readonly TarEntry[], name = 'a.tgz'): Promise<string> {
    const path = join(bench.fresh('tar'), name);
    writeFileSync(path, tarball(entries, name.endsWith('gz')));
    return path;
  }

  const own: readonly TarEntry[] = [{ path: 'skill.toml', text: manifest() }];

  test.each<readonly [string, string, TarEntry]>([
    ['an absolute name', 'absolute', { path: '/etc/cron.d/x', text: 'x' }],
    ['a name that leads out', '".."', { path: '../x', text: 'x' }],
    ['a name that leads out midway', '".."', { path: 'a/../../x', text: 'x' }],
    ['a symbolic link', 'SymbolicLink', { path: 'a', type: 'SymbolicLink', linkpath: '/etc' }],
    ['a hard link', 'Link', { path: 'a', type: 'Link', linkpath: 'skill.toml' }],
    ['a device', 'CharacterDevice', { path: 'a', type: 'CharacterDevice' }],
    ['a FIFO', 'FIFO', { path: 'a', type: 'FIFO' }],
    ['a file twice', 'twice', { path: 'skill.toml', text: 'other' }],
    ['a file below a file', 'below a file', { path: 'skill.toml/x', text: 'x' }],
    ['a name of other case', 'only case', { path: 'SKILL.toml', text: 'x' }],
    ['a folder that leads out', '".."', { path: '../x/', type: 'Directory' }],
  ])('with %s is refused, and leaves nothing behind', async (_what, reason, entry) => {
    expect(await refusal(await packed([...own, entry]))).toMatchObject(refused(reason));
  });

  test.each<readonly [string, string, () => Uint8Array]>([
    ['a bomb', 'when unpacked', () => gzipSync(Buffer.alloc(160 * 1024 * 1024), { level: 1 })],
    ['gzip in gzip', 'no tar archive', () => gzipSync(tarball(own))],
    ['no archive', 'no tar archive', () => Buffer.from('hello')],
    ['a cut stream', 'gzip stream', () => tarball(own).subarray(0, 40)],
    [
      'a damaged header',
      'cannot be read',
      () => {
        const bytes = tarball([...own, { path: 'b', text: 'b' }], false);
        bytes[1024 + 3] = 0x41;
        return bytes;
      },
    ],
  ])('that is %s is refused', async (_what, reason, make) => {
    const path = join(bench.fresh('tar'), 'a.tgz');
    writeFileSync(path, make());
    expect(await refusal(path)).toMatchObject(refused(reason));
  });

  test('installs like its folder: the same digest, at the top, in a folder, and by URL', async () => {
    const folder = await bench.package({ 'docs/a.txt': 'a' });
    const { digest } = await bench.candidate(folder);
    execFileSync('tar', ['czf', `${folder}.tgz`, '-C', folder, '.']);
    execFileSync('tar', [
      'cf',
      `${folder}.tar`,
      '-C',
      join(folder, '..'),
      folder.split('/').at(-1)!,
    ]);
    for (const named of [`${folder}.tgz`, `${folder}.tar`, pathToFileURL(`${folder}.tgz`).href]) {
      expect((await bench.candidate(named)).digest).toBe(digest);
    }
    expect(readFileSync(await buildGuest('answer')).length).toBeGreaterThan(0);
  });

  test('with relative grants needs to be told where they start', async () => {
    const text = manifest('[skill.capabilities]\nfilesystem = ["read:./data"]');
    const folder = await bench.package({ 'skill.toml': text });
    execFileSync('tar', ['czf', `${folder}.tgz`, '-C', folder, '.']);
    expect(await refusal(`${folder}.tgz`)).toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringContaining('--base DIR'),
    });
  });
});

test.each(['http://127.0.0.1/a.tgz', 'ftp://127.0.0.1/a.tgz', 'data:text/plain,x'])(
  '%s is no source',
  async (named) => {
    expect(await refusal(named)).toMatchObject({ code: 'INVALID_OPTIONS' });
  },
);
