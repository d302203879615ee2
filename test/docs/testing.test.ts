/** The code of the guide to testing runs as it stands there. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const page = readFileSync('docs/guides/testing.md', 'utf8');
const state = mkdtempSync(join(tmpdir(), 'skill-guide-'));
// Beside node_modules, where the package is found.
const folder = resolve('.cache/testing-guide');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
afterAll(() => {
  rmSync(state, { recursive: true });
  rmSync(folder, { recursive: true });
});

function blocks(language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(
    ([, code = '']) => code,
  );
}

function node(args: readonly string[]) {
  const { CI: _, NODE_TEST_CONTEXT: __, ...environment } = process.env;
  return spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...environment, SKILL_ENGINE_HOME: state },
  });
}

const skill = 'packages/cli/bin/skill.js';

it('programs', () => {
  const programs = blocks('js');
  expect(programs).toHaveLength(4);
  for (const [index, code] of programs.entries()) {
    const isTest = code.includes("from 'node:test'");
    const file = join(folder, `${index}${isTest ? '.test' : ''}.mjs`);
    writeFileSync(file, code);
    const { status, stdout, stderr } = node(isTest ? [skill, 'test', file] : [file]);
    expect({ status, stdout: status === 0 ? '' : stdout, stderr }).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    });
    if (isTest) expect(stdout).toMatch(/^\d+ passed/m);
  }
});

it('tests as data', () => {
  const [toml, ...more] = blocks('toml');
  expect(more).toEqual([]);
  const at = JSON.stringify(resolve('skills-wasm/text-stats'));
  writeFileSync(join(folder, 'guide.test.toml'), `skill = ${at}\n${toml}`);
  const { status, stdout } = node([skill, 'test', join(folder, 'guide.test.toml')]);
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining('2 passed') });
});

it('matchers', () => {
  const [code, ...more] = blocks('ts');
  expect(more).toEqual([]);
  writeFileSync(
    join(folder, 'matchers.test.ts'),
    code!.replaceAll("'skills-wasm/", `'${resolve('skills-wasm')}/`),
  );
  writeFileSync(
    join(folder, 'vitest.config.js'),
    `export default { test: { include: ['matchers.test.ts'] } };`,
  );
  const { status, stderr } = node(['node_modules/vitest/vitest.mjs', 'run', '--root', folder]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

it('names every option, assertion and matcher', () => {
  const sources = ['assertions.ts', 'vitest.ts'].map((file) =>
    readFileSync(join('packages/testing/src', file), 'utf8'),
  );
  const names = sources.join('').matchAll(/^export function (\w+)|^ {2}(to\w+)\(/gm);
  const found = [...names].map(([, assertion, matcher]) => assertion ?? matcher!);
  expect(found.length).toBeGreaterThan(12);
  expect(found.filter((name) => !page.includes(name))).toEqual([]);
});
