/** Runs the tests of one `*.test.toml`. */
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { SkillError } from '@skill-engine/engine';
import { explain } from '../checks.ts';
import type { FileContent, FileTree } from '../files.ts';
import { FuelSnapshot } from '../fuel.ts';
import { testSkill, type TestSkillOptions } from '../test-skill.ts';
import { verdicts } from './declared-expect.ts';
import {
  parseDeclared,
  type DeclaredCase,
  type DeclaredFile,
  type DeclaredSurroundings,
} from './declared-format.ts';
import type { RunnerOptions, TestOutcome } from './outcome.ts';

async function contentOf(
  content: NonNullable<DeclaredSurroundings['fs']>[string],
  folder: string,
): Promise<FileContent> {
  if (typeof content === 'string' || 'link' in content) return content;
  if ('base64' in content) return new Uint8Array(Buffer.from(content.base64, 'base64'));
  return new Uint8Array(await readFile(resolve(folder, content.file)));
}

async function filesOf(fs: DeclaredSurroundings['fs'], folder: string): Promise<FileTree> {
  const tree: Record<string, FileContent> = {};
  for (const [path, content] of Object.entries(fs ?? {}))
    tree[path] = await contentOf(content, folder);
  return tree;
}

/** The file's surroundings, with those of the test over them. */
async function optionsOf(
  file: DeclaredFile,
  test: DeclaredCase,
  folder: string,
): Promise<TestSkillOptions> {
  const merged = {
    fs: { ...(await filesOf(file.fs, folder)), ...(await filesOf(test.fs, folder)) },
    http: { ...file.http, ...test.http },
    dns: { ...file.dns, ...test.dns },
    env: { ...file.env, ...test.env },
    credentials: { ...file.credentials, ...test.credentials },
    config: { ...file.config, ...test.config },
    limits: { ...file.limits, ...test.limits },
    clock: test.clock ?? file.clock,
    random: test.random ?? file.random,
    grant: test.grant ?? file.grant,
    only: file.only,
    manifest: file.manifest === undefined ? undefined : resolve(folder, file.manifest),
  };
  const given = Object.entries(merged).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as TestSkillOptions;
}

/** What is wrong, if anything is. */
async function problemOf(
  file: DeclaredFile,
  test: DeclaredCase,
  { path, snapshot }: { readonly path: string; readonly snapshot: FuelSnapshot },
): Promise<string | undefined> {
  try {
    const folder = dirname(path);
    const options = await optionsOf(file, test, folder);
    await using skill = await testSkill(resolve(folder, file.skill ?? '.'), options);
    const result = await skill.run(test.tool, test.parameters ?? {});
    const problems = [...verdicts(test, result, skill, snapshot)].filter(({ pass }) => !pass);
    return problems.length === 0 ? undefined : problems.map(explain).join('\n');
  } catch (error) {
    if (error instanceof SkillError) return `${error.code}: ${error.message}`;
    return error instanceof Error ? error.message : String(error);
  }
}

/** A file that is not of the form counts as one failed test. Tests run one after the other, each in surroundings of its own. */
export async function* runDeclared(
  path: string,
  { update, filter }: RunnerOptions = {},
): AsyncGenerator<TestOutcome> {
  let file: DeclaredFile;
  try {
    file = parseDeclared(await readFile(path, 'utf8'));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    yield { file: path, name: 'the file', status: 'failed', durationMs: 0, message };
    return;
  }
  const snapshot = new FuelSnapshot(
    join(dirname(path), 'skill.fuel.json'),
    update === undefined ? {} : { update },
  );
  for (const test of file.tests) {
    if (filter && !filter.test(test.name)) continue;
    const started = performance.now();
    const message = await problemOf(file, test, { path, snapshot });
    const durationMs = performance.now() - started;
    const common = { file: path, name: test.name, durationMs };
    yield message === undefined
      ? { ...common, status: 'passed' }
      : { ...common, status: 'failed', message };
  }
}
