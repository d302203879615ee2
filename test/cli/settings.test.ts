/** Layers of settings at the command line, and checkouts and environments that try to loosen. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { main } from '../../packages/cli/src/main.ts';
import { buildGuest } from '../guests/build.ts';
import { FakeShell, type FakeOptions } from './fake-shell.ts';
import { Home, root } from './skill.ts';

let home: Home;
/** A checkout, with a folder in it that commands are given in. */
let checkout: string;
let answer: string;

beforeEach(async () => {
  home = new Home();
  checkout = mkdtempSync(join(tmpdir(), 'skill-checkout-'));
  mkdirSync(join(checkout, 'deep/er'), { recursive: true });
  vi.stubEnv('SKILL_ENGINE_HOME', home.path);
  vi.spyOn(process, 'cwd').mockReturnValue(join(checkout, 'deep/er'));
  answer = await buildGuest('answer');
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  home[Symbol.dispose]();
  rmSync(checkout, { recursive: true });
});

const own = (text: string): void => writeFileSync(join(home.path, 'config.toml'), text);
const project = (text: string, below = '.'): void =>
  writeFileSync(join(checkout, below, '.skill-engine.toml'), text);

async function skill(args: string[], options: FakeOptions = {}) {
  const shell = new FakeShell(options);
  const code = await main(args, shell);
  return { code, stdout: shell.stdout.text, stderr: shell.stderr.text };
}

async function explain(key: string, environment: Record<string, string> = {}) {
  const { stdout } = await skill(['config', 'explain', key, '--json'], { environment });
  const { settings } = JSON.parse(stdout) as { settings: Record<string, unknown>[] };
  return settings[0]!;
}

test('skill config explain names the file and line, or the variable, of every value', async () => {
  own('[limits]\nmemory = "64M"\n');
  project('\nlimits.memory = "32M"\n');
  project('limits.memory = "1G"\n', 'deep');
  const found = await explain('limits.memory', { SKILL_ENGINE_LIMITS_MEMORY: '16M' });
  expect(found).toMatchObject({
    key: 'limits.memory',
    value: 16 * 1024 ** 2,
    said: [
      { layer: 'user', at: `${join(home.path, 'config.toml')}:2`, counts: true },
      { layer: 'project', at: `${join(checkout, '.skill-engine.toml')}:2`, counts: true },
      { layer: 'project', at: `${join(checkout, 'deep/.skill-engine.toml')}:1`, counts: false },
      { layer: 'environment', at: 'SKILL_ENGINE_LIMITS_MEMORY', counts: true },
    ],
  });
  const { stdout } = await skill(['config', 'explain', 'limits.memory']);
  expect(stdout).toContain('limits.memory = 33554432\n');
  expect(stdout).toContain('deep/.skill-engine.toml:1: 1073741824  (without effect');
  const all = await skill(['config', 'explain']);
  expect(all.stdout).toMatch(/^trust\.minimum +untrusted +default$/m);
});

test('skill run holds to the lists, and records what they deny', async () => {
  own('policy.deny_tools = ["answer"]\n');
  project('policy.allow_tools = ["*"]\npolicy.deny_tools = []\n');
  const { code, stderr } = await skill(['run', answer], {
    environment: { SKILL_ENGINE_POLICY_ALLOW_TOOLS: '*' },
  });
  expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining('POLICY_DENIED') });
  expect(await home.history()).toMatchObject([{ status: 'denied', error_code: 'POLICY_DENIED' }]);
});

test.each([
  ['a project', () => project('policy.allow_tools = ["other/*"]'), {}],
  ['the environment', () => undefined, { SKILL_ENGINE_POLICY_DENY_TOOLS: 'answer/run' }],
  ['the trust of a project', () => project('trust.minimum = "trusted"'), {}],
])('%s narrows', async (_who, arrange, environment) => {
  expect((await skill(['run', answer])).code).toBe(0);
  arrange();
  expect((await skill(['run', answer], { environment })).code).toBe(4);
});

test('limits of the configuration hold, and flags cannot raise them', async () => {
  const loop = await buildGuest('loop-forever');
  project('limits.fuel = 100_000\n');
  const args = ['run', loop, '--fuel', '100_000_000_000', '--timeout', '20'];
  const { code, stderr } = await skill(args);
  expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringContaining('FUEL_EXHAUSTED') });
});

test('skill serve holds to the lists, and never asks', async () => {
  own('policy.ask_tools = ["answer"]\n');
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [join(root, 'packages/cli/bin/skill.js'), 'serve', answer],
    env: { PATH: process.env['PATH'] ?? '', SKILL_ENGINE_HOME: home.path },
    stderr: 'ignore',
  });
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(transport);
  const result = await client.callTool({ name: 'answer__run', arguments: {} });
  await client.close();
  expect(JSON.stringify(result.structuredContent)).toMatch(/POLICY_DENIED.*nobody is there/);
});

test.each([
  ['yes\n', 0],
  ['y\n', 4],
  ['\n', 4],
  ['', 4],
])('a tool that must be asked for: the answer %j', async (input, expected) => {
  own('policy.ask_tools = ["answer/*"]\n');
  const { code, stderr } = await skill(['run', answer], { terminal: true, input });
  expect(stderr).toContain('The policy ask-before asks: may answer/run run?');
  expect(code).toBe(expected);
});

test('without a terminal, and with --json, what must be asked is denied', async () => {
  own('policy.ask_tools = ["answer/*"]\n');
  expect((await skill(['run', answer], { input: 'yes\n' })).code).toBe(4);
  expect((await skill(['run', answer, '--json'], { terminal: true, input: 'yes\n' })).code).toBe(4);
});

test('mistakes are told with their place, and nothing runs', async () => {
  project('\n[policy]\nread_olny = true\n');
  const wrong = await skill(['run', answer]);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toMatch(/\.skill-engine\.toml:3:1: .*did you mean read_only\?/);
  project('');
  const variable = await skill(['run', answer], {
    environment: { SKILL_ENGINE_POLICY_READONLY: 'true' },
  });
  expect(variable.code).toBe(2);
  expect(variable.stderr).toContain('did you mean SKILL_ENGINE_POLICY_READ_ONLY?');
  expect(await home.history()).toEqual([]);
  const key = await skill(['config', 'explain', 'policy.readonly']);
  expect(key.stderr).toContain('did you mean policy.read_only?');
});

test('a project file that is a link, a pipe or a folder is refused, without a word of what it leads to', async () => {
  const secret = join(checkout, 'secret');
  writeFileSync(secret, 'hunter2\n');
  const path = join(checkout, '.skill-engine.toml');
  symlinkSync(secret, path);
  const link = await skill(['run', answer]);
  expect(link).toMatchObject({ code: 2, stderr: expect.stringContaining('symbolic link') });
  expect(link.stderr).not.toContain('hunter2');
  rmSync(path);
  mkdirSync(path);
  expect((await skill(['run', answer])).code).toBe(2);
  rmSync(path, { recursive: true });
  expect(spawnSync('mkfifo', [path]).status).toBe(0);
  expect((await skill(['run', answer])).code).toBe(2);
});

test("the operator's own file is not read where everybody may write it", async () => {
  own('isolation.os = "off"\n');
  chmodSync(join(home.path, 'config.toml'), 0o666);
  const { code, stderr } = await skill(['run', answer]);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('chmod 600') });
});

test('skill audit prune keeps what the configuration says, and no checkout makes it remove more', async () => {
  for (let count = 0; count < 3; count += 1) await skill(['run', answer]);
  project('audit.retention.max_records = 0\n');
  expect((await skill(['audit', 'prune'])).code).toBe(2);
  expect(await home.history()).toHaveLength(3);
  own('audit.retention.max_records = 2\n');
  const { stdout } = await skill(['audit', 'prune']);
  expect(stdout).toContain('removed 1 invocations');
  expect(await home.history()).toHaveLength(2);
});
