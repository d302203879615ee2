import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { main } from '../../packages/cli/src/main.ts';
import { buildGuest } from '../guests/build.ts';
import { FakeShell } from './fake-shell.ts';
import { Home } from './skill.ts';

const home = new Home();
const folder = mkdtempSync(join(tmpdir(), 'skill-usage-'));
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  vi.stubEnv('SKILL_ENGINE_HOME', home.path);
  writeFileSync(at('bad.toml'), '[skill]\nname = "x"\ncomponant = "./x.wasm"\n');
  writeFileSync(at('broken.toml'), '[skill\n');
  writeFileSync(at('gone.toml'), '[skill]\nname = "gone"\ncomponent = "./gone.wasm"\n');
  writeFileSync(at('docker.toml'), '[skill]\nname = "box"\nruntime = "docker"\nimage = "alpine"\n');
  writeFileSync(at('noise.wasm'), 'not a component');
  writeFileSync(at('latin1.json'), Uint8Array.of(0x22, 0xe9, 0x22));
});

afterAll(() => {
  vi.unstubAllEnvs();
  home[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

async function skill(
  args: string[],
  input = '',
): Promise<{ code: number; out: string; err: string }> {
  const shell = new FakeShell({ input });
  const code = await main(args, shell);
  return { code, out: shell.stdout.text, err: shell.stderr.text };
}

test.each<[number, string, string[]]>([
  [2, 'Usage: skill VERB', []],
  [2, 'There is no verb "rnu"; did you mean run?', ['rnu']],
  [2, 'There is no verb "\\u001b[2J"', ['\u001b[2J']],
  [2, 'There is no verb "constructor"', ['constructor']],
  [2, 'There is no verb "__proto__"', ['help', '__proto__']],
  [2, 'SKILL is missing', ['run']],
  [2, 'there is no flag "--jsno"; did you mean --json?', ['list', '--jsno']],
  [2, 'There is no "./nowhere", neither installed nor here. SKILL is an', ['run', './nowhere']],
  [2, '"b" is one argument too many', ['run', 'a', 't', 'b']],
  [2, '--timeout is "soon"', ['run', 'a', '--timeout', 'soon']],
  [2, '--memory is "1T"', ['run', 'a', '--memory', '1T']],
  [2, '--param needs NAME=VALUE', ['run', 'a', '--param', 'x']],
  [2, 'cannot be read', ['run', 'a', '--params', '@/nowhere/x.json']],
  [2, 'exactly one SKILL is needed', ['inspect']],
  [2, '"shwo" is not "show"', ['history', 'shwo']],
  [2, 'show needs exactly one ID', ['history', 'show']],
  [2, 'No invocation has an id that begins with "zzz"', ['history', 'show', 'zzz']],
  [2, '--since is "yesterday"', ['history', '--since', 'yesterday']],
  [2, 'status is "odd"', ['history', '--status', 'odd']],
  [2, '--format is "xml"; allowed are table, json, jsonl, csv', ['history', '--format', 'xml']],
  [2, '--limit is at least 1', ['history', '--limit', '0']],
  [2, '--skill does nothing with --export', ['history', '--export', 'x', '--skill', 'a']],
  [2, '--status does nothing with show', ['history', 'show', 'zzz', '--status', 'denied']],
  [2, '--older-than does nothing with key', ['audit', 'key', '--older-than', '3d']],
  [2, '--checkpoint does nothing with prune', ['audit', 'prune', '--checkpoint', '1:a']],
  [2, '--project does nothing with key', ['trust', 'key', 'add', 'x', '--project']],
  [2, 'cannot be written: ENOENT', ['audit', 'export', '--output', '/nowhere/x']],
  [2, '"nowhere" after --http is no SKILL, and no address', ['serve', '--http', 'nowhere']],
  [2, '"1.2.3.4:x" after --http is no SKILL', ['serve', '--skills', '.', '--http', '1.2.3.4:x']],
  [3, '(parameters): json ', ['run', 'a', '--params', '{"a":']],
  [6, 'There is no "./nowhere" here', ['list', './nowhere']],
])('exit code %i, "%s": %j', async (code, message, args) => {
  const ended = await skill(args);
  expect(ended).toMatchObject({ code, out: '' });
  expect(ended.err).toContain(message);
  expect(ended.err).not.toMatch(/\p{Cc}(?<!\n)/u);
  expect(ended.err).not.toMatch(/^ +at /m);
});

test.each<[number, string, string]>([
  [6, 'error MANIFEST_INVALID: ', 'bad.toml'],
  [6, 'error MANIFEST_SYNTAX: ', 'broken.toml'],
  [6, 'error COMPONENT_NOT_FOUND: ', 'gone.toml'],
  [6, 'error COMPONENT_MALFORMED: ', 'noise.wasm'],
])('exit code %i, "%s": %s', async (code, message, file) => {
  for (const verb of ['run', 'inspect']) {
    const ended = await skill([verb, at(file)]);
    expect(ended).toMatchObject({ code, out: '' });
    expect(ended.err).toContain(message);
  }
});

test('a container engine that is not there, and a runtime that the operator does not have, are told by name', async () => {
  vi.stubEnv('DOCKER_HOST', 'unix:///nowhere/docker.sock');
  const inspected = await skill(['inspect', at('docker.toml')]);
  expect(inspected).toMatchObject({ code: 0, err: '' });
  expect(inspected.out).toMatch(/^tools +not known\. No container engine answers\./m);
  expect(inspected.out).toContain('container "alpine": what the image starts, as 1000:1000');
  const asked = await skill(['run', at('docker.toml'), '--json']);
  const { digest } = (JSON.parse(asked.out) as { error: { details: { digest: string } } }).error
    .details;
  const shell = new FakeShell({ environment: { SKILL_ENGINE_RUNTIMES_DOCKER: 'false' } });
  expect(await main(['run', at('docker.toml'), '--accept', digest], shell)).toBe(6);
  expect(shell.stderr.text).toContain(
    'error RUNTIME_UNSUPPORTED: The skill box needs the docker runtime',
  );
});

test('a manifest error says where and what is allowed', async () => {
  const { err } = await skill(['run', at('bad.toml')]);
  expect(err).toContain('bad.toml:3:1');
  expect(err).toContain('did you mean component?');
});

test('with --json failures are JSON too, on every verb', async () => {
  for (const args of [
    ['run', './nowhere'],
    ['inspect', './nowhere'],
    ['list', '--x'],
    ['history', '--x'],
    ['history', '--format', 'csv'],
  ]) {
    const { out, err, code } = await skill([...args, '--json']);
    expect({ err, code }).toEqual({ err: '', code: 2 });
    expect(JSON.parse(out)).toMatchObject({ ok: false, error: { code: expect.any(String) } });
  }
});

test('parameters from standard input or a file have to be JSON in UTF-8', async () => {
  expect(await skill(['run', 'a', '--params', '-'], 'nope')).toMatchObject({ code: 3 });
  expect(await skill(['run', 'a', '--params', `@${at('latin1.json')}`])).toMatchObject({
    code: 2,
    err: expect.stringContaining('is not UTF-8 text'),
  });
});

test('unknown tools and parameters name the known ones', async () => {
  const answer = await buildGuest('answer');
  const tool = await skill(['run', answer, 'rnu']);
  expect(tool).toMatchObject({ code: 2, out: '' });
  expect(tool.err).toContain('error TOOL_NOT_FOUND: ');
  expect(tool.err).toContain('it has: run');
});

test('help and version go to standard output', async () => {
  expect(await skill(['--version'])).toMatchObject({ code: 0, out: '0.1.0\n', err: '' });
  expect((await skill(['--help'])).out).toContain('Exit codes: 0 success');
  for (const verb of ['run', 'list', 'inspect', 'history']) {
    const { out } = await skill(['help', verb]);
    expect(out).toContain(`Usage: skill ${verb}`);
    expect(await skill([verb, '--help'])).toEqual({ code: 0, out, err: '' });
  }
});
