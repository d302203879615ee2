import { createHash } from 'node:crypto';
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ComponentCache } from './cache.ts';
import type { Transpiled } from './transpile-frame.ts';

const key = 'a'.repeat(64);
const limit = 1024 * 1024;
const entry: Transpiled = {
  glue: '(() => 1)()',
  modules: new Map([
    ['component.core.wasm', Uint8Array.of(1, 2, 3)],
    ['component.core2.wasm', new Uint8Array(5000).fill(7)],
  ]),
};

let root: string;
let directory: string;
let cache: ComponentCache;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cache-'));
  directory = join(root, 'components');
  cache = await ComponentCache.open(directory);
});
afterEach(() => rm(root, { recursive: true }));

const inEntry = (name: string) => join(directory, key, name);

describe('ComponentCache', () => {
  it('gives back what was put', async () => {
    expect(await cache.get(key, limit)).toBeUndefined();
    await cache.put(key, entry);
    expect(await cache.get(key, limit)).toEqual(entry);
    const other = await ComponentCache.open(directory);
    expect(await other.get(key, limit)).toEqual(entry);
  });

  it('is for this user alone', async () => {
    await cache.put(key, entry);
    const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
    expect(await modeOf(directory)).toBe(0o700);
    expect(await modeOf(join(directory, key))).toBe(0o700);
    expect(await modeOf(`${directory}.key`)).toBe(0o600);
    for (const name of await readdir(join(directory, key)))
      expect(await modeOf(inEntry(name))).toBe(0o600);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['changed code', () => writeFile(inEntry('glue.js'), '(() => 2)()')],
    ['a changed module', () => writeFile(inEntry('component.core.wasm'), Uint8Array.of(1, 2, 4))],
    ['truncated code', () => truncate(inEntry('glue.js'), 3)],
    [
      'a module made longer',
      () => writeFile(inEntry('component.core.wasm'), Uint8Array.of(1, 2, 3, 4)),
    ],
    ['an empty module', () => truncate(inEntry('component.core2.wasm'), 0)],
    ['a missing module', () => rm(inEntry('component.core2.wasm'))],
    ['a missing index', () => rm(inEntry('index.json'))],
    ['a truncated index', () => truncate(inEntry('index.json'), 20)],
    ['a missing authentication', () => rm(inEntry('index.mac'))],
    ['files that others may write', () => chmod(inEntry('glue.js'), 0o666)],
    [
      'a file for a directory',
      () =>
        rm(join(directory, key), { recursive: true }).then(() =>
          writeFile(join(directory, key), ''),
        ),
    ],
    [
      'code and index changed together',
      async () => {
        const changed = '(() => 3)()';
        const index = JSON.parse(await readFile(inEntry('index.json'), 'utf8')) as {
          files: { name: string; sha256: string; bytes: number }[];
        };
        const file = index.files.find((each) => each.name === 'glue.js');
        Object.assign(file as object, {
          bytes: changed.length,
          sha256: createHash('sha256').update(changed).digest('hex'),
        });
        await writeFile(inEntry('glue.js'), changed);
        await writeFile(inEntry('index.json'), JSON.stringify(index));
      },
    ],
    [
      'an index that names a file elsewhere',
      () =>
        writeFile(
          inEntry('index.json'),
          JSON.stringify({ key, files: [{ name: '../../secret', bytes: 1, sha256: '' }] }),
        ),
    ],
    [
      'a link in place of code',
      async () => {
        await writeFile(join(root, 'elsewhere'), entry.glue);
        await rm(inEntry('glue.js'));
        await symlink(join(root, 'elsewhere'), inEntry('glue.js'));
      },
    ],
  ])('throws away an entry with %s', async (_what, tamper) => {
    await cache.put(key, entry);
    await tamper();
    expect(await cache.get(key, limit)).toBeUndefined();
    expect(await readdir(directory)).toEqual([]);
    await cache.put(key, entry);
    expect(await cache.get(key, limit)).toEqual(entry);
  });

  it('does not take one entry for another', async () => {
    await cache.put(key, entry);
    const other = 'b'.repeat(64);
    await cp(join(directory, key), join(directory, other), { recursive: true });
    expect(await cache.get(other, limit)).toBeUndefined();
  });

  it('throws away everything when its key is lost, damaged, or readable to be written by others', async () => {
    for (const harm of [
      () => rm(`${directory}.key`),
      () => writeFile(`${directory}.key`, 'short'),
      () => chmod(`${directory}.key`, 0o666),
    ]) {
      await cache.put(key, entry);
      await harm();
      cache = await ComponentCache.open(directory);
      expect(await cache.get(key, limit)).toBeUndefined();
    }
  });

  it('refuses an entry that is larger than allowed', async () => {
    await cache.put(key, entry);
    expect(await cache.get(key, 4000)).toBeUndefined();
  });

  it('may be filled by many at once', async () => {
    const caches = await Promise.all(
      Array.from({ length: 8 }, () => ComponentCache.open(join(root, 'shared'))),
    );
    await Promise.all(caches.map((each) => each.put(key, entry)));
    for (const each of caches) expect(await each.get(key, limit)).toEqual(entry);
    expect(await readdir(join(root, 'shared'))).toEqual([key]);
  });

  it('clears away what a killed process left, but not what is being written', async () => {
    await mkdir(join(directory, '.draft-old'));
    await mkdir(join(directory, '.draft-new'));
    const old = new Date(Date.now() - 2 * 60 * 60 * 1000);
    await utimes(join(directory, '.draft-old'), old, old);
    await cache.put(key, entry);
    expect((await readdir(directory)).toSorted()).toEqual(['.draft-new', key]);
  });
});

describe.runIf(process.getuid !== undefined)('a cache directory that is not ours alone', () => {
  const refused = {
    code: 'INVALID_OPTIONS',
    details: { path: expect.any(String), reason: expect.any(String) },
  };

  it('is refused when others may write', async () => {
    for (const mode of [0o777, 0o770, 0o702]) {
      await chmod(directory, mode);
      await expect(ComponentCache.open(directory)).rejects.toMatchObject(refused);
    }
  });

  it('is refused when others may write since it was opened', async () => {
    await cache.put(key, entry);
    await chmod(directory, 0o777);
    await expect(cache.get(key, limit)).rejects.toMatchObject(refused);
  });

  it('is refused when it is a symbolic link', async () => {
    const link = join(root, 'link');
    await symlink(directory, link);
    await expect(ComponentCache.open(link)).rejects.toMatchObject(refused);
  });

  it('is refused when it is a file', async () => {
    const file = join(root, 'file');
    await writeFile(file, '');
    await expect(ComponentCache.open(file)).rejects.toMatchObject(refused);
  });

  it.runIf(process.getuid?.() === 0)('is refused when it is another user’s', async () => {
    await chown(directory, 12_345, 12_345);
    await expect(ComponentCache.open(directory)).rejects.toMatchObject(refused);
  });
});
