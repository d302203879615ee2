/** The permission table of twelve skills, by manifest and by import side by side. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { parseManifest, permissionTable } from '../../packages/engine/src/index.ts';
import { main } from '../../packages/cli/src/main.ts';
import { FakeShell } from '../cli/fake-shell.ts';
import { Bench } from './packages.ts';

const bench = new Bench();
afterEach(() => vi.unstubAllEnvs());
afterAll(() => bench[Symbol.dispose]());

const file = join(import.meta.dirname, 'twelve.skills.toml');
const { skills } = parseManifest(readFileSync(file), { file });

const imports: Readonly<Record<string, readonly string[]>> = {
  './files.wasm': ['wasi:filesystem/types@0.2.12', 'wasi:filesystem/preopens@0.2.12'],
  './pure.wasm': ['wasi:cli/stdout@0.2.12'],
  './web.wasm': ['wasi:http/outgoing-handler@0.2.12'],
  './web-files.wasm': ['wasi:http/outgoing-handler@0.2.12', 'wasi:filesystem/types@0.2.12'],
};

test('twelve skills are told apart: reads code, writes code, executes commands, launches workloads', () => {
  const table = skills.map((skill) => {
    const rows = permissionTable(
      skill,
      'component' in skill ? imports[skill.component] : undefined,
    );
    const cells = rows.map(({ possible }) => (possible ? 'yes' : '-').padEnd(5)).join(' ');
    return `${skill.name.padEnd(20)} ${cells}`.trimEnd();
  });
  expect(['', ...table, ''].join('\n')).toMatchInlineSnapshot(`
    "
    code-review          yes   -     -     -     -     -     -
    code-format          yes   yes   -     -     -     -     -
    text-statistics      -     -     -     -     -     -     -
    issue-search         -     -     -     yes   yes   -     -
    release-notes        yes   yes   -     yes   -     -     -
    storage-report       -     -     -     yes   yes   yes   yes
    grep                 yes   -     yes   -     -     -     -
    unit-tests           yes   yes   yes   -     -     -     -
    cluster-status       -     -     yes   -     -     yes   yes
    infrastructure-plan  yes   -     yes   -     -     yes   yes
    notebook             yes   yes   yes   -     -     -     -
    training-job         -     -     yes   yes   yes   yes   yes
    "
  `);
});

test('skill inspect --show-capabilities prints it, also where nothing is built yet', async () => {
  vi.stubEnv('SKILL_ENGINE_HOME', bench.home);
  const shell = new FakeShell();
  expect(await main(['inspect', file, '--show-capabilities'], shell)).toBe(0);
  const lines = shell.stdout.text.split('\n');
  expect(lines[0]).toMatch(
    /^SKILL +RUNTIME +PERMISSION +CAN +COMPONENT IMPORTS +MANIFEST ASKS FOR$/,
  );
  expect(shell.stdout.text).toMatch(/cluster-status +native +reads files +perhaps +unbounded +no/);
  expect(shell.stdout.text).toMatch(/launches workloads +yes +unbounded +kubectl/);
  expect(lines).toHaveLength(12 * 7 + 2);
  const json = new FakeShell();
  await main(['inspect', file, '--show-capabilities', '--json', '--skill', 'training-job'], json);
  expect(JSON.parse(json.stdout.text)).toMatchObject({
    skills: [{ skill: 'training-job', runtime: 'docker' }],
  });
});

test('what is asked for without an import cannot happen, and an import without a grant neither', () => {
  const [review, , pure] = skills;
  const reads = (rows: ReturnType<typeof permissionTable>) =>
    rows.find(({ kind }) => kind === 'reads files');
  expect(reads(permissionTable(review!, imports['./web.wasm']))).toMatchObject({
    component: 'no',
    possible: false,
  });
  expect(reads(permissionTable(pure!, imports['./files.wasm']))).toMatchObject({
    manifest: 'no',
    possible: false,
  });
});
