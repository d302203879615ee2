import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { main } from '../../packages/cli/src/main.ts';
import { FakeShell } from './fake-shell.ts';
import { Home } from './skill.ts';

const root = mkdtempSync(join(tmpdir(), 'skill-list-'));

function manifest(folder: string, text: string): void {
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, folder, 'skill.toml'), text);
}

beforeAll(() => {
  // No component lies beside them: listing reads manifests only.
  manifest(
    'good',
    '[skill]\nname = "good"\ncomponent = "./x.wasm"\ndescription = "a\\u001b[2Jb"\n',
  );
  manifest(
    'asks',
    '[skill]\nname = "asks"\ncomponent = "./x.wasm"\n[skill.capabilities]\nfilesystem = ["read:/a", "write:/b"]\n[skill.tools.go]\n',
  );
});

afterAll(() => rmSync(root, { recursive: true }));

async function list(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const shell = new FakeShell();
  const code = await main(['list', ...args], shell);
  return { code, out: shell.stdout.text, err: shell.stderr.text };
}

test('skills are listed from their manifests', async () => {
  const { code, out } = await list(root);
  expect(code).toBe(0);
  expect(out).toMatch(/^SKILL +VERSION +RUNTIME +TOOLS +ASKS TO +FOLDER +DESCRIPTION\n/);
  expect(out).toMatch(/^asks +0\.0\.0 +wasm +go +read 1, read and change 1 /m);
  expect(out).toMatch(/^good +0\.0\.0 +wasm +\(see inspect\) +nothing .*a\\u\{1b\}\[2Jb$/m);
});

test('--json has paths, tools and capabilities', async () => {
  const { out } = await list(root, '--json');
  expect(JSON.parse(out)).toMatchObject({
    skills: [
      { name: 'asks', path: join(root, 'asks', 'skill.toml'), tools: [{ name: 'go' }] },
      { name: 'good', runtime: 'wasm', tools: [] },
    ],
    errors: [],
  });
});

test('a folder named twice is listed once, an empty one says so', async () => {
  const { out } = await list(root, join(root, 'good'), '--json');
  expect((JSON.parse(out) as { skills: unknown[] }).skills).toHaveLength(2);
  mkdirSync(join(root, 'empty'));
  expect(await list(join(root, 'empty'))).toMatchObject({
    code: 0,
    out: '',
    err: expect.stringContaining('no skills found'),
  });
});

test('a bad manifest is told, and hides no other', async () => {
  manifest('bad', '[skill]\nname = "BAD"\n');
  const { code, out, err } = await list(root);
  expect(code).toBe(6);
  expect(out).toContain('good');
  expect(err).toContain('error MANIFEST_INVALID: ');
  const { out: json } = await list(root, '--json');
  expect(JSON.parse(json)).toMatchObject({
    skills: [{}, {}],
    errors: [{ path: join(root, 'bad', 'skill.toml'), error: { code: 'MANIFEST_INVALID' } }],
  });
});

test('without a path the current folder is searched', async () => {
  using home = new Home();
  const { stdout } = await home.run(['list'], { cwd: join(root, 'asks') });
  expect(stdout).toMatch(/^asks .* skill\.toml$/m);
});
