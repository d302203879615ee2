/** The code of the README and of the start page runs as it stands there. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseManifest } from '../../packages/engine/src/manifest/manifest.ts';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'skill-snippets-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function blocks(page: string, language: string): string[] {
  const text = readFileSync(page, 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(
    ([, code = '']) => code,
  );
}

function run(command: string, args: string[]) {
  const path = [resolve('node_modules/.bin'), process.env['PATH']].join(delimiter);
  return spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, PATH: path, SKILL_ENGINE_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

it.each([
  'README.md',
  'docs/start.md',
  'docs/guides/operator.md',
  'docs/guides/credentials.md',
  'docs/guides/policy-cookbook.md',
  'docs/guides/mcp.md',
  'docs/guides/skill-md.md',
])('%s: programs', (page) => {
  const programs = blocks(page, 'ts');
  expect(programs.length).toBeGreaterThan(0);
  // Beside node_modules, where the package is found, and not within, where types are not stripped.
  mkdirSync('.cache/snippets', { recursive: true });
  for (const [index, code] of programs.entries()) {
    const file = resolve('.cache/snippets', `${page.replaceAll(/\W/g, '-')}-${index}.ts`);
    writeFileSync(file, code);
    const { status, stderr, stdout } = run(process.execPath, [file]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/words/);
  }
});

it.each(['README.md', 'docs/start.md', 'docs/guides/credentials.md'])('%s: manifests', (page) => {
  const manifests = blocks(page, 'toml');
  expect(manifests.length).toBeGreaterThan(0);
  for (const text of manifests) expect(parseManifest(text, { file: page }).skills).toHaveLength(1);
});

it.each(['docs/start.md', 'docs/guides/operator.md'])('%s: commands', (page) => {
  const commands = blocks(page, 'sh')
    .flatMap((block) => block.trim().split('\n'))
    .filter((line) => line.startsWith('npx skill '));
  expect(commands.length).toBeGreaterThan(3);
  for (const line of commands) {
    const { status, stderr } = run('sh', ['-c', line.replace(/^npx /, '')]);
    // Off a terminal nobody consents: what asks for capabilities is then denied, with the way out.
    expect([0, 4], `${line}\n${stderr}`).toContain(status);
    if (status === 4) expect(stderr).toContain('--accept');
  }
});
