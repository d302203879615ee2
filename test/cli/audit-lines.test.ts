/** The record as JSON lines, chosen by the operator: what reads the default store reads this one. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { main } from '../../packages/cli/src/main.ts';
import { openJsonLinesAuditStore } from '../../packages/engine/src/audit/lines.ts';
import { sampleIntent, sampleOutcome } from '../../packages/engine/src/audit/contract.ts';
import { buildGuest } from '../guests/build.ts';
import { FakeShell, type FakeOptions } from './fake-shell.ts';
import { Home } from './skill.ts';

const home = new Home();
const at = (name: string): string => join(home.path, name);
const file = at('audit.jsonl');

async function skill(args: string[], options: FakeOptions = {}) {
  const shell = new FakeShell(options);
  const code = await main(args, shell);
  return { code, out: shell.stdout.text, err: shell.stderr.text };
}

beforeAll(async () => {
  vi.stubEnv('SKILL_ENGINE_HOME', home.path);
  writeFileSync(at('config.toml'), 'audit.store = "jsonl"\n', { mode: 0o600 });
  const answer = await buildGuest('answer');
  await skill(['run', answer]);
  await skill(['run', answer, 'nope']);
});

afterAll(() => {
  vi.unstubAllEnvs();
  home[Symbol.dispose]();
});

test('invocations are lines, and nothing is a database', async () => {
  expect(existsSync(at('audit.sqlite'))).toBe(false);
  const kinds = readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { kind: string }).kind);
  expect(kinds).toEqual(['intent', 'outcome', 'intent', 'outcome']);
});

test('history, show and stats', async () => {
  const { out, code } = await skill(['history', '--json']);
  expect(code).toBe(0);
  const records = JSON.parse(out) as { execution_id: string; tool_name: string }[];
  expect(records.map((record) => record.tool_name)).toEqual(['nope', 'run']);
  const id = records[1]!.execution_id;
  expect((await skill(['history', 'show', id.slice(0, 8)])).out).toContain(id);
  expect(await skill(['history', '--json', '--store', file])).toMatchObject({ out });
  expect((await skill(['stats'])).out).toMatch(/answer +run +1 +100\.0 %/);
});

test('verify, key, export and import', async () => {
  expect((await skill(['audit', 'verify'])).out).toMatch(
    /^the record holds: 2 invocations, 4 entries/,
  );
  writeFileSync(at('key.pem'), (await skill(['audit', 'key'])).out);
  expect((await skill(['audit', 'export', '--output', at('all.json')])).code).toBe(0);
  const key = ['--public-key', at('key.pem')];
  expect((await skill(['audit', 'verify', at('all.json'), ...key])).code).toBe(0);
  const into = (name: string) => ['audit', 'import', at('all.json'), '--into', at(name), ...key];
  expect((await skill(into('copy.sqlite'))).code).toBe(0);
  expect((await skill(into('copy.jsonl'))).err).toContain('Choose another name');
  expect(await skill(['history', '--json', '--store', at('copy.sqlite')])).toEqual(
    await skill(['history', '--json']),
  );
});

test('--follow goes on over files that are closed', async () => {
  const path = at('followed.jsonl');
  await using store = await openJsonLinesAuditStore({ path, rotate: { bytes: 2000 } });
  const run = async (id: string) => {
    await store.begin(sampleIntent({ execution_id: id, user: id }));
    await store.finish(sampleOutcome(id));
  };
  await run('one');
  const shell = new FakeShell({});
  const args = ['history', '--follow', '--format', 'jsonl', '--store', path];
  const ended = main(args, shell);
  const lines = () => shell.stdout.text.split('\n').slice(0, -1);
  while (lines().length < 1) await new Promise((resolve) => shell.stdout.once('said', resolve));
  for (const id of ['two', 'three', 'four']) await run(id);
  while (lines().length < 4) await new Promise((resolve) => shell.stdout.once('said', resolve));
  for (const listener of shell.listeners) listener('SIGINT');
  expect(await ended).toBe(130);
  expect(lines().map((line) => (JSON.parse(line) as { user: string }).user)).toEqual([
    'one',
    'two',
    'three',
    'four',
  ]);
  expect(readdirSync(home.path).filter((name) => /^followed\.jsonl\.\d/.test(name))).not.toEqual(
    [],
  );
});

test('doctor looks at it, at its end and at all of it', async () => {
  for (const flags of [[], ['--quick']]) {
    expect((await skill(['doctor', ...flags])).out).toMatch(/ok +audit store +\S+audit\.jsonl, /);
  }
});

test('a second writer is told to wait or to use the other store; readers are not', async () => {
  await using _ = await openJsonLinesAuditStore({ path: file });
  expect((await skill(['audit', 'verify'])).code).toBe(0);
  expect((await skill(['history'])).code).toBe(0);
  const { openDiskAuditStore } = await import('../../packages/engine/src/audit/disk.ts');
  await expect(openDiskAuditStore({ path: file, busyTimeoutMs: 0 })).rejects.toThrow(
    'one writer at a time',
  );
});

test('prune, by flags and as the configuration says, at the next run; what is left verifies', async () => {
  expect((await skill(['audit', 'prune', '--keep', '5'])).out).toContain('removed 0 invocations');
  const pruned = await skill(['audit', 'prune', '--keep', '0', '--json']);
  expect(JSON.parse(pruned.out)).toMatchObject({ records: 2 });
  expect((await skill(['audit', 'verify'])).out).toMatch(/^the record holds: 0 .* were pruned/);
  const answer = await buildGuest('answer');
  await skill(['run', answer]);
  writeFileSync(at('config.toml'), 'audit.store = "jsonl"\naudit.retention.max_records = 0\n', {
    mode: 0o600,
  });
  await skill(['run', answer]);
  expect(JSON.parse((await skill(['history', '--json'])).out)).toHaveLength(1);
  expect((await skill(['audit', 'verify'])).code).toBe(0);
});

test('a project file and the environment cannot move the record elsewhere', async () => {
  mkdirSync(at('project'));
  writeFileSync(at('project/.skill-engine.toml'), 'audit.store = "sqlite"\n');
  vi.spyOn(process, 'cwd').mockReturnValue(at('project'));
  try {
    await skill(['run', await buildGuest('answer')], {
      environment: { NO_COLOR: '1', SKILL_ENGINE_AUDIT_STORE: 'sqlite' },
    });
  } finally {
    vi.restoreAllMocks();
  }
  expect(existsSync(at('audit.sqlite'))).toBe(false);
});

test('a changed line, and a removed file: exit code 7, the first bad entry', async () => {
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace('"user":"ada"', '"user":"eve"'));
  const { code, err } = await skill(['audit', 'verify']);
  expect(code).toBe(7);
  expect(err).toMatch(/error AUDIT_BROKEN: The audit record is changed at entry \d+/);
  expect((await skill(['doctor'])).out).toMatch(/problem +audit store/);
  const run = await skill(['run', await buildGuest('answer')]);
  expect(run).toMatchObject({ code: 7, out: '' });
  expect(run.err).toContain('AUDIT_UNAVAILABLE');
  writeFileSync(file, text);
  rmSync(file);
  expect((await skill(['audit', 'verify'])).code).toBe(7);
});
