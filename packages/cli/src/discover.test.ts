import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bounds, discover } from './discover.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'discover-'));
});

afterEach(() => rm(root, { recursive: true, force: true }));

async function manifest(folder: string, name = 'skill.toml'): Promise<string> {
  await mkdir(join(root, folder), { recursive: true });
  await writeFile(join(root, folder, name), '');
  return join(root, folder, name);
}

test('manifests are found at every level down to the bound, and not below', async () => {
  const deep = Array.from({ length: bounds.depth }, (_, index) => `d${index}`);
  const expected = [await manifest(deep.join('/')), await manifest('b', 'skills.toml')].toSorted();
  await manifest([...deep, 'below'].join('/'));
  expect(await discover(root)).toEqual({ found: expected, cut: false });
});

test('skill.toml goes before skills.toml, as for skill run', async () => {
  await manifest('a', 'skills.toml');
  const first = await manifest('a');
  expect((await discover(root)).found).toEqual([first]);
});

test('no symbolic link is followed, neither to a folder nor to a manifest', async () => {
  const elsewhere = await mkdtemp(join(tmpdir(), 'discover-'));
  await writeFile(join(elsewhere, 'skill.toml'), '');
  await symlink(elsewhere, join(root, 'linked'));
  await mkdir(join(root, 'own'));
  await symlink(join(elsewhere, 'skill.toml'), join(root, 'own', 'skill.toml'));
  await symlink(root, join(root, 'loop'));
  expect((await discover(root)).found).toEqual([]);
  await rm(elsewhere, { recursive: true });
});

test('hidden folders and dependencies are left out', async () => {
  await manifest('.git');
  await manifest('node_modules/pack');
  expect((await discover(root)).found).toEqual([]);
});

test('a file stands for itself, nothing for nothing', async () => {
  const file = await manifest('a');
  expect((await discover(file)).found).toEqual([file]);
  await expect(discover(join(root, 'missing'))).rejects.toMatchObject({
    code: 'MANIFEST_NOT_FOUND',
  });
});
