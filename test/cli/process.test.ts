import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildGuest } from '../guests/build.ts';
import { Home, ended } from './skill.ts';

const home = new Home({ warm: true });
let loop: string;
let answer: string;

beforeAll(async () => {
  [loop, answer] = await Promise.all([buildGuest('loop-forever'), buildGuest('answer')]);
});

afterAll(() => home[Symbol.dispose]());

async function untilRunning(): Promise<string> {
  for (;;) {
    const [record] = await home.history('--status', 'running');
    if (record !== undefined) return String(record['execution_id']);
    await pause(20);
  }
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s during a run cancels it, with exit code %i and a record', async (signal, exit) => {
  const child = home.start(['run', loop, '--timeout', '60']);
  const end = ended(child);
  const id = await untilRunning();
  child.kill(signal);
  const { code, stdout, stderr } = await end;
  expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
  expect(stderr).toContain('error CANCELLED: ');
  expect(stderr).toContain(id);
  const { stdout: record } = await home.run(['history', 'show', id, '--json']);
  expect(JSON.parse(record)).toMatchObject({ status: 'cancelled', error_code: 'CANCELLED' });
});

test('a killed command leaves a record that says so', async () => {
  const child = home.start(['run', loop, '--timeout', '60']);
  const end = ended(child);
  const id = await untilRunning();
  child.kill('SIGKILL');
  expect((await end).signal).toBe('SIGKILL');
  const { stdout } = await home.run(['history', 'show', id, '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ status: 'interrupted' });
});

test.each([
  ['run', (): string[] => ['run', answer]],
  ['help', (): string[] => ['--help']],
  ['history', (): string[] => ['history', '--format', 'jsonl']],
])('%s to a reader that went away ends quietly with 141', async (_verb, args) => {
  await home.run(['run', answer]);
  const child = home.start(args());
  child.stdout.destroy();
  const { code, stderr } = await ended(child);
  expect(code).toBe(141);
  expect(stderr).not.toMatch(/EPIPE|Error|^ +at /m);
});

test('a closed standard error loses the messages, not the result', async () => {
  const child = home.start(['run', answer]);
  child.stderr.destroy();
  expect(await ended(child)).toMatchObject({ code: 0, stdout: '42\n' });
});

test('a state directory that cannot be used fails before anything runs', async () => {
  const file = join(home.path, 'file');
  writeFileSync(file, '');
  const environment = { SKILL_ENGINE_HOME: join(file, 'state') };
  for (const args of [['run', answer], ['history'], ['inspect', answer]]) {
    const { code, stdout, stderr } = await home.run(args, { environment });
    expect({ code, stdout }).toEqual({ code: 7, stdout: '' });
    expect(stderr).toContain('error AUDIT_UNAVAILABLE: ');
  }
});

test('an old Node is told which one is needed', async () => {
  const pretend =
    'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.11.0" } })';
  const { code, stdout, stderr } = await home.run(['run', answer], {
    node: ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`],
  });
  expect({ code, stdout }).toEqual({ code: 7, stdout: '' });
  expect(stderr).toContain('skill needs Node.js 24 or later; this is 20.11.0');
});

test('neither colours nor questions where there is no terminal', async () => {
  const { stdout, stderr } = await home.run(['run', answer], { environment: { TERM: 'xterm' } });
  expect(stdout + stderr).not.toContain('\u001b');
});
