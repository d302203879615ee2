/** Finds and runs the tests of skills. What `skill test` is made of. */
import { globSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { runDeclared } from './declared.ts';
import { runNodeFiles } from './node-files.ts';
import type { RunnerOptions, TestOutcome } from './outcome.ts';

export { parseDeclared, type DeclaredFile } from './declared-format.ts';
export type { RunnerOptions, TestOutcome } from './outcome.ts';

const patterns = ['**/*.test.toml', '**/*.test.{js,mjs,cjs,ts,mts,cts}'];

/** Folders that hold others' files. */
const skipped = new Set(['node_modules', 'dist', 'target', '.git']);

/** Absolute paths of the test files below a folder, or of the one file. */
export function findTests(path: string): readonly string[] {
  const root = resolve(path);
  if (/\.test\.(?:toml|[cm]?[jt]s)$/.test(root)) return [root];
  return globSync(patterns, { cwd: root, exclude: (name) => skipped.has(basename(name)) })
    .map((file) => join(root, file))
    .toSorted();
}

/** Runs test files; each test's outcome is given as soon as it is known. */
export async function* runTests(
  files: readonly string[],
  options: RunnerOptions = {},
): AsyncGenerator<TestOutcome> {
  const isDeclared = (file: string) => file.endsWith('.toml');
  for (const file of files.filter(isDeclared)) yield* runDeclared(file, options);
  const scripts = files.filter((file) => !isDeclared(file));
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const resolver = new URL(`./resolver.${extension}`, import.meta.url).href;
  const before = process.env['SKILL_TEST_UPDATE'];
  if (options.update === true) process.env['SKILL_TEST_UPDATE'] = '1';
  try {
    yield* runNodeFiles(scripts, resolver, options);
  } finally {
    if (before === undefined) delete process.env['SKILL_TEST_UPDATE'];
    else process.env['SKILL_TEST_UPDATE'] = before;
  }
}
