/** What an operator is shown is what a skill gets: packages that show one thing and mean another. */
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findSkills, readPackage } from '../../packages/engine/src/index.ts';
import { buildGuest } from '../guests/build.ts';
import { outcome, probe } from '../guests/probe.ts';
import { openBench, type Bench } from './harness.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
  mkdirSync(join(bench.folder, 'private'));
  writeFileSync(join(bench.folder, 'private/key'), 'PRIVATE');
});
afterAll(() => bench[Symbol.asyncDispose]());

/** A package with these grants, made by its author; returns its folder. */
async function unpacked(
  name: string,
  grants: string,
  make: (folder: string) => void,
): Promise<string> {
  const folder = join(bench.folder, name);
  mkdirSync(folder);
  copyFileSync(await buildGuest('probe'), join(folder, 'component.wasm'));
  writeFileSync(
    join(folder, 'skill.toml'),
    `[skill]\nname = "${name}"\ncomponent = "./component.wasm"\n[skill.capabilities]\nfilesystem = [${grants}]\n`,
  );
  make(folder);
  return folder;
}

const readKey = probe(`const [[dir]] = wasi.filesystem.preopens.getDirectories();
  return utf8.decode(dir.openAt({}, 'key', {}, { read: true }).read(100, 0)[0])`);

describe('CONSENT-01 a relative grant that a link of the package leads elsewhere is refused', () => {
  it.each<[string, string, (folder: string) => void]>([
    [
      'the granted folder itself',
      '"read:./data"',
      (folder) => symlinkSync('../private', join(folder, 'data')),
    ],
    ['by an absolute link', '"read:data"', (folder) => symlinkSync('/etc', join(folder, 'data'))],
    ['a folder above it', '"read:./a/private"', (folder) => symlinkSync('..', join(folder, 'a'))],
    ['a file', '"read:./key"', (folder) => symlinkSync('../private/key', join(folder, 'key'))],
    [
      'to what is not there yet',
      '"write:./later"',
      (folder) => symlinkSync('../not-yet', join(folder, 'later')),
    ],
    [
      'below what is not there yet',
      '"write:./data/new"',
      (folder) => symlinkSync('../private', join(folder, 'data')),
    ],
  ])('%s', async (what, grants, make) => {
    const folder = await unpacked(what.replaceAll(' ', '-'), grants, make);
    const refusal = { code: 'MANIFEST_INVALID', message: expect.stringContaining('symbolic link') };
    await expect(bench.engine.load(folder, { grant: 'declared' })).rejects.toMatchObject(refusal);
    const [source] = await findSkills(folder);
    await expect(readPackage(source!)).rejects.toMatchObject(refusal);
    await expect(bench.engine.load(folder)).resolves.toHaveLength(1);
    await bench.soundSkillRuns();
  });

  it('while a package that lies behind a link of the operator works', async () => {
    const folder = await unpacked('plain', '"read:./data", "write:./later/on"', (made) => {
      mkdirSync(join(made, 'data'));
      writeFileSync(join(made, 'data/key'), 'its own');
    });
    const link = join(bench.folder, 'link-to-plain');
    symlinkSync(folder, link);
    await bench.engine.load(link, { grant: 'declared' });
    const { value } = await bench.engine.execute('plain', 'eval', readKey);
    expect(outcome(value)).toEqual({ value: 'its own' });
  });
});

describe('CONSENT-02 the digest changes with every file that decides what a skill does', () => {
  it('the schema file too', async () => {
    const folder = await unpacked('with-schema', '', (made) => {
      writeFileSync(join(made, 'schema.json'), '{"type":"object"}');
      writeFileSync(
        join(made, 'skill.toml'),
        '[skill]\nname = "with-schema"\ncomponent = "./component.wasm"\n[skill.tools.eval]\nschema = "./schema.json"\n',
      );
    });
    const digest = async () => {
      const [source] = await findSkills(folder);
      return (await readPackage(source!)).digest;
    };
    const before = await digest();
    const [loaded] = await bench.engine.load(folder);
    expect(loaded!.digest).toBe(before);
    writeFileSync(join(folder, 'schema.json'), '{"type":"object","properties":{}}');
    expect(await digest()).not.toBe(before);
  });
});
