/** FS-*: what a guest can reach of the file system, through a real skill. The broker's own tests have the rest. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { attack, outcome } from '../guests/probe.ts';
import { type Bench, openBench } from './harness.ts';

let bench: Bench;
let grant: string;
beforeAll(async () => {
  bench = await openBench();
  grant = join(bench.folder, 'data');
  mkdirSync(join(grant, 'inner'), { recursive: true });
  mkdirSync(join(bench.folder, 'data-secret'));
  writeFileSync(join(grant, 'open.txt'), 'open');
  writeFileSync(join(grant, 'inner/deep.txt'), 'deep');
  writeFileSync(join(bench.folder, 'secret.txt'), 'SECRET');
  writeFileSync(join(bench.folder, 'data-secret/secret.txt'), 'SECRET');
  await bench.install('probe', `[skills.capabilities]\nfilesystem = ["read:${grant}"]\n`, 'reader');
  await bench.install(
    'probe',
    `[skills.capabilities]\nfilesystem = ["write:${grant}"]\n`,
    'writer',
  );
});
afterAll(() => bench[Symbol.asyncDispose]());

async function run(skill: string, name: string, args: unknown = null) {
  const result = await bench.engine.execute(skill, 'eval', attack(name, args));
  if (!result.ok) throw result.error;
  const text = JSON.stringify(result.value);
  expect(text).not.toContain('SECRET');
  return { ...outcome(result.value), denials: result.denials };
}

interface Attempt {
  readonly path: string;
  readonly opened?: string;
  readonly error?: string;
}

it('FS-01 a path alone does not lead out, whatever its form', async () => {
  const { value } = (await run('reader', 'fs-01-traversal')) as { value: Attempt[] };
  expect(value.length).toBeGreaterThan(15);
  for (const { opened, path } of value)
    expect({ path, opened }).toEqual({ path, opened: undefined });
});

it('FS-02 links that lie in the grant do not lead out', async () => {
  symlinkSync('../secret.txt', join(grant, 'relative'));
  symlinkSync(join(bench.folder, 'secret.txt'), join(grant, 'absolute'));
  symlinkSync('..', join(grant, 'up'));
  symlinkSync('/proc/self', join(grant, 'proc'));
  symlinkSync('../created.txt', join(grant, 'dangling'));
  const paths = ['relative', 'absolute', 'up/secret.txt', 'proc/environ', 'proc/root/etc/passwd'];
  const { value, denials } = (await run('writer', 'fs-02-links', [
    ...paths,
    'dangling',
  ])) as unknown as {
    value: Attempt[];
    denials: unknown[];
  };
  for (const { opened, path } of value)
    expect({ path, opened }).toEqual({ path, opened: undefined });
  expect(existsSync(join(bench.folder, 'created.txt'))).toBe(false);
  expect(denials.length).toBeGreaterThan(0);
});

it('FS-03 a guest cannot make a link that leads out', async () => {
  const { value } = (await run('writer', 'fs-03-make-link', join(bench.folder, 'secret.txt'))) as {
    value: { made: string[]; read: string[] };
  };
  expect(value).toEqual({ made: [], read: [] });
});

it('FS-04 a directory swapped for a link under an open descriptor', async () => {
  // The guest opens `swap`, says so by a file, waits for the swap, then uses its descriptor.
  mkdirSync(join(grant, 'swap'));
  const running = run('writer', 'fs-04-dirfd-swap');
  while (!existsSync(join(grant, 'ready'))) await new Promise((resolve) => setTimeout(resolve, 5));
  rmdirSync(join(grant, 'swap'));
  symlinkSync('..', join(grant, 'swap'));
  renameSync(join(grant, 'ready'), join(grant, 'swapped'));
  const { value } = (await running) as {
    value: { listed: string[]; opened: string[]; created: string[] };
  };
  expect(value.listed).toEqual([]);
  expect(value.opened).toEqual([]);
  expect(existsSync(join(bench.folder, 'made-by-guest'))).toBe(false);
});

it('FS-20 a grant is no prefix of text', async () => {
  const { value } = (await run(
    'reader',
    'fs-20-prefix',
    join(bench.folder, 'data-secret/secret.txt'),
  )) as {
    value: Attempt[];
  };
  for (const { opened, path } of value)
    expect({ path, opened }).toEqual({ path, opened: undefined });
});

it('FS-22 NUL in a path is an error of WASI, without a word of the host', async () => {
  const { value } = (await run('reader', 'fs-22-nul')) as { value: Attempt[] };
  expect(value.length).toBeGreaterThan(5);
  for (const { error } of value) expect(['invalid', 'read-only', 'not-permitted']).toContain(error);
});

it.runIf(process.platform !== 'win32')('FS-23 a FIFO in the grant is refused at once', async () => {
  expect(spawnSync('mkfifo', [join(grant, 'fifo')]).status).toBe(0);
  const { value } = (await run('writer', 'fs-23-fifo')) as { value: Attempt[] };
  expect(value.map(({ opened }) => opened)).toEqual([undefined, undefined]);
  await bench.soundSkillRuns();
});

it('a denial says which lines of the manifest would allow it', async () => {
  const { denials } = await run('reader', 'fs-03-make-link', 'x');
  const [first] = denials;
  expect(first).toMatchObject({ code: 'FILESYSTEM_READ_ONLY' });
  expect(first!.allow.join('\n')).toContain(`write = [`);
  expect(first!.allow.join('\n')).toContain(grant);
});

it("the engine's own state is forbidden, whatever is granted", async () => {
  const skill = await bench.install(
    'probe',
    `[skills.capabilities]\nfilesystem = ["write:${bench.folder}"]\n`,
    'greedy',
  );
  const { value, denials } = (await run(skill, 'fs-02-links', [
    '.home',
    '.home/audit.sqlite',
    '.home/cache',
    '.home/planted',
  ])) as unknown as { value: Attempt[]; denials: { code: string; allow: string[] }[] };
  for (const { opened, path } of value)
    expect({ path, opened }).toEqual({ path, opened: undefined });
  expect(new Set(denials.map(({ code }) => code))).toEqual(new Set(['FILESYSTEM_FORBIDDEN']));
  expect(denials.flatMap(({ allow }) => allow)).toEqual([]);
  expect(existsSync(join(bench.folder, '.home/planted'))).toBe(false);
});

it('the read grant changed nothing', () => {
  expect(readFileSync(join(grant, 'open.txt'), 'utf8')).toBe('open');
});
