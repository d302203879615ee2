/** `skill audit`, `skill stats` and the following form of `skill history`. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { main } from '../../packages/cli/src/main.ts';
import { buildGuest } from '../guests/build.ts';
import { FakeShell, type FakeOptions } from './fake-shell.ts';
import { Home } from './skill.ts';

const home = new Home();
const at = (name: string): string => join(home.path, name);

async function skill(args: string[], options: FakeOptions = {}) {
  const shell = new FakeShell(options);
  const code = await main(args, shell);
  return { code, out: shell.stdout.text, err: shell.stderr.text };
}

beforeAll(async () => {
  vi.stubEnv('SKILL_ENGINE_HOME', home.path);
  const answer = await buildGuest('answer');
  for (const args of [
    ['run', answer],
    ['run', answer],
    ['run', answer, 'nope'],
  ])
    await skill(args);
});

afterAll(() => {
  vi.unstubAllEnvs();
  home[Symbol.dispose]();
});

test('before anything was run there is nothing to show, and looking makes nothing', async () => {
  using fresh = new Home();
  vi.stubEnv('SKILL_ENGINE_HOME', fresh.path);
  try {
    expect(await skill(['stats'])).toEqual({ code: 0, out: '', err: 'no invocations found\n' });
    expect(await skill(['history'])).toEqual({ code: 0, out: '', err: 'no invocations found\n' });
    expect((await skill(['audit', 'verify'])).err).toContain('There is no audit store at');
    expect(existsSync(join(fresh.path, 'audit.sqlite'))).toBe(false);
  } finally {
    vi.stubEnv('SKILL_ENGINE_HOME', home.path);
  }
});

test('verify says that the record holds, and an end to keep elsewhere', async () => {
  const { code, out } = await skill(['audit', 'verify']);
  expect(code).toBe(0);
  expect(out).toMatch(/^the record holds: 3 invocations, \d+ entries, \d+ checkpoints?/);
  const [, head = ''] = /^head (\d+:[0-9a-f]{64})$/m.exec(out) ?? [];
  expect((await skill(['audit', 'verify', '--checkpoint', head])).code).toBe(0);
  const other = `${head.slice(0, -1)}${head.endsWith('0') ? '1' : '0'}`;
  const broken = await skill(['audit', 'verify', '--checkpoint', other]);
  expect(broken).toMatchObject({ code: 7, out: '' });
  expect(broken.err).toContain('error AUDIT_BROKEN: ');
  expect((await skill(['audit', 'verify', '--checkpoint', 'x'])).code).toBe(2);
});

test('the key is a PEM that verification takes', async () => {
  const { out, err } = await skill(['audit', 'key']);
  expect(out).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
  expect(err).toMatch(/^sha256:[0-9a-f]{64}\n$/);
  writeFileSync(at('key.pem'), out);
  expect((await skill(['audit', 'verify', '--public-key', at('key.pem')])).code).toBe(0);
  writeFileSync(at('noise.pem'), 'noise');
  expect((await skill(['audit', 'verify', '--public-key', at('noise.pem')])).code).toBe(2);
});

test('export, verification of it, and import', async () => {
  const exported = await skill(['audit', 'export']);
  expect((await skill(['history', '--export', at('all.jsonl')])).code).toBe(0);
  const text = readFileSync(at('all.jsonl'), 'utf8');
  expect(text.split('\n').slice(0, -2)).toEqual(exported.out.split('\n').slice(0, -2));
  const args = ['audit', 'verify', at('all.jsonl'), '--public-key', at('key.pem')];
  expect((await skill(args)).out).toContain('the record holds: 3 invocations');
  expect((await skill(['audit', 'verify', '-'], { input: text })).code).toBe(0);
  expect((await skill(['audit', 'import', at('all.jsonl'), '--into', at('copy.db')])).code).toBe(0);
  const own = await skill(['history', '--json']);
  expect(await skill(['history', '--json', '--store', at('copy.db')])).toEqual(own);
  expect((await skill(['audit', 'verify', '--store', at('copy.db')])).code).toBe(0);
  expect(await skill(['audit', 'import', at('all.jsonl'), '--into', at('copy.db')])).toMatchObject({
    code: 2,
  });
  writeFileSync(at('bad.jsonl'), text.replace('"success"', '"failure"'));
  expect((await skill(['audit', 'import', at('bad.jsonl'), '--into', at('bad.db')])).code).toBe(7);
  expect(existsSync(at('bad.db'))).toBe(false);
});

test('stats by tool', async () => {
  const { out } = await skill(['stats']);
  const [titles = '', ...rows] = out.trimEnd().split('\n');
  expect(titles).toMatch(/^SKILL +TOOL +RUNS +SUCCESS +FAILED +DENIED +P50 +P95 +P99 +MAX$/);
  expect(rows.map((row) => row.split(/ {2,}/).slice(0, 4))).toContainEqual([
    'answer',
    'run',
    '2',
    '100.0 %',
  ]);
  const json = JSON.parse((await skill(['stats', '--json', '--tool', 'run'])).out) as object;
  expect(json).toMatchObject({ executions: 2, statuses: { success: 2 }, successRate: 1 });
});

test('a cursor goes on where a listing ended', async () => {
  const first = await skill(['history', '--limit', '2', '--format', 'table']);
  const [, cursor = ''] = /--cursor (\d+)/.exec(first.err) ?? [];
  const rest = JSON.parse(
    (await skill(['history', '--json', '--cursor', cursor])).out,
  ) as unknown[];
  const all = JSON.parse((await skill(['history', '--json'])).out) as unknown[];
  expect(rest).toEqual(all.slice(2));
});

test('--follow shows what there is, and then each invocation as it ends', async () => {
  const shell = new FakeShell({});
  const ended = main(['history', '--follow', '--format', 'jsonl', '--limit', '1'], shell);
  const lines = () => shell.stdout.text.split('\n').slice(0, -1);
  while (lines().length < 1) await new Promise((resolve) => shell.stdout.once('said', resolve));
  await skill(['run', await buildGuest('answer'), '--user', 'follower']);
  while (lines().length < 2) await new Promise((resolve) => shell.stdout.once('said', resolve));
  for (const listener of shell.listeners) listener('SIGINT');
  expect(await ended).toBe(130);
  expect(lines().map((line) => (JSON.parse(line) as { user: string }).user)[1]).toBe('follower');
  expect(shell.listeners.size).toBe(0);
});

test('prune needs to know what to keep, and what is left verifies', async () => {
  expect((await skill(['audit', 'prune'])).code).toBe(2);
  expect((await skill(['audit', 'prune', '--older-than', '30d'])).out).toBe(
    'removed 0 invocations (0 entries)\n',
  );
  const before = (await skill(['history', '--json'])).out;
  expect((await skill(['audit', 'prune', '--keep', '1', '--dry-run'])).out).toMatch(
    /^would remove 3 invocations \(\d+ entries\)\n$/,
  );
  expect((await skill(['history', '--json'])).out).toBe(before);
  const pruned = JSON.parse(
    (await skill(['audit', 'prune', '--keep', '1', '--compact', '--json'])).out,
  ) as object;
  expect(pruned).toMatchObject({ records: 3 });
  expect((await skill(['audit', 'verify'])).out).toMatch(
    /^the record holds: 1 invocations.* were pruned/,
  );
});

test('a changed record: exit code 7, the first bad entry, and JSON for programs', async () => {
  {
    using db = new DatabaseSync(at('audit.sqlite'));
    db.exec(
      `DROP TRIGGER entry_is_append_only; UPDATE entry SET body = replace(body, 'follower', 'somebody')`,
    );
  }
  const { code, err } = await skill(['audit', 'verify']);
  expect(code).toBe(7);
  expect(err).toMatch(/error AUDIT_BROKEN: The audit record is changed at entry \d+/);
  const json = await skill(['audit', 'verify', '--json']);
  expect(json.code).toBe(7);
  expect(JSON.parse(json.out)).toMatchObject({ ok: false, broken: { kind: 'changed' } });
});
