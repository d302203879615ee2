/** The programs in examples/, each as a user starts it. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { openAuditReader, statePlaces } from '@skill-engine/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Jobs } from '../../examples/jobs.ts';
import { ended } from '../cli/skill.ts';

const folder = mkdtempSync(join(tmpdir(), 'skill-examples-'));

const start = (program: string, ...args: string[]) => startIn('home', program, ...args);

function startIn(home: string, program: string, ...args: string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [`examples/${program}.ts`, ...args], {
    env: { PATH: process.env['PATH'], SKILL_ENGINE_HOME: join(folder, home), GRACE_MS: '200' },
  });
}

const run = (program: string, ...args: string[]) => ended(start(program, ...args));

/** The same skill, which may spin for minutes: what a test stops must not end by itself before. */
const patient = join(folder, 'patient');

beforeAll(async () => {
  copyFileSync('examples/tools/skill.toml', join(folder, 'skill.toml'));
  const built = await run('build', join(folder, 'tools.wasm'));
  if (built.code !== 0) throw new Error(built.stderr);
  mkdirSync(patient);
  copyFileSync(join(folder, 'tools.wasm'), join(patient, 'tools.wasm'));
  const manifest = readFileSync('examples/tools/skill.toml', 'utf8');
  writeFileSync(join(patient, 'skill.toml'), `${manifest}fuel = 100_000_000_000_000\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('a script', async () => {
  expect(await run('script', folder)).toMatchObject({
    code: 0,
    stdout: 'sum: 3.5\nspin: FUEL_EXHAUSTED\n',
  });
});

it('a command line', async () => {
  const cli = (...args: string[]) => run('cli', '--skill', folder, ...args);
  expect(await cli()).toMatchObject({ code: 0, stdout: expect.stringMatching(/^greet$/mu) });
  expect(await cli('greet', 'name=Ada')).toMatchObject({ code: 0, stdout: '"Hello, Ada"\n' });
  expect(await cli('sum', 'numbers=[1,2]')).toMatchObject({ code: 0, stdout: '3\n' });
  expect(await cli('greet')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('INVALID_PARAMETERS'),
  });
});

/** Lines until one is what is waited for. */
async function until(lines: AsyncIterator<string>, isIt: (line: string) => boolean) {
  for (;;) {
    const { value, done } = await lines.next();
    if (done === true) throw new Error('it ended');
    if (isIt(value)) return value;
  }
}

function linesOf(child: ChildProcessWithoutNullStreams): AsyncIterator<string> {
  const lines: Interface = createInterface({ input: child.stdout });
  return lines[Symbol.asyncIterator]();
}

it('an HTTP service', async () => {
  const child = start('http-service', patient);
  const exited = ended(child);
  const lines = linesOf(child);
  const origin = await until(lines, (line) => line.startsWith('http:'));
  const post = async (tool: string, body: string) => {
    const response = await fetch(`${origin}/tools/${tool}`, { method: 'POST', body });
    return [response.status, await response.text()] as const;
  };
  expect(await post('greet', '{"name":"Ada"}')).toEqual([200, '{"value":"Hello, Ada"}']);
  expect(await post('greet', '{}')).toEqual([400, expect.stringContaining('INVALID_PARAMETERS')]);
  expect(await post('greet', '{')).toEqual([400, expect.stringContaining('INVALID_PARAMETERS')]);
  expect(await post('none', '{}')).toEqual([404, expect.stringContaining('TOOL_NOT_FOUND')]);
  expect((await post('greet', 'x'.repeat(100_000)))[0]).toBe(413);

  const aborted = new AbortController();
  const { signal } = aborted;
  const spin = fetch(`${origin}/tools/spin`, { method: 'POST', body: '{}', signal });
  await until(lines, (line) => line === '> "spin"');
  aborted.abort();
  await expect(spin).rejects.toThrow('abort');
  expect(await until(lines, (line) => line.startsWith('< "spin"'))).toBe('< "spin" CANCELLED');

  child.kill('SIGTERM');
  expect(await exited).toMatchObject({ code: 0, stderr: '' });
});

interface Row {
  readonly id: number;
  readonly state: string;
  readonly attempt: number;
  readonly answer: string | null;
}

describe('a job worker', () => {
  /** Looks until it is so; how long that takes is the test's own time limit. */
  const until = async (isSo: () => boolean | Promise<boolean>) => {
    while (!(await isSo())) await sleep(50);
  };
  const rows = (jobs: Jobs) => jobs.list() as Row[];

  it('ends each job, tries again what was not begun, and drains at SIGTERM', async () => {
    const file = join(folder, 'jobs.db');
    expect(await run('jobs', file, 'greet', '{"name":"Ada"}')).toMatchObject({ stdout: '1\n' });
    using jobs = new Jobs(file);
    jobs.add('greet', '{}');
    jobs.add('greet', 'no JSON');
    // Of a skill that may be called three times a second.
    jobs.add('greet', '{"name":"Grace"}');
    const limited = join(folder, 'limited');
    mkdirSync(limited);
    copyFileSync(join(folder, 'tools.wasm'), join(limited, 'tools.wasm'));
    const manifest = readFileSync('examples/tools/skill.toml', 'utf8');
    writeFileSync(join(limited, 'skill.toml'), `${manifest}rate = "3/second"\n`);
    // What was called on another record does not count.
    const child = startIn('limited-home', 'job-worker', file, limited);
    const exited = ended(child);
    await until(() => rows(jobs).every(({ state }) => state === 'done' || state === 'failed'));
    child.kill('SIGTERM');
    expect(await exited).toMatchObject({ code: 0, stderr: '' });
    expect(rows(jobs)).toMatchObject([
      { state: 'done', attempt: 1, answer: '"Hello, Ada"' },
      { state: 'failed', attempt: 1, answer: 'INVALID_PARAMETERS' },
      { state: 'failed', attempt: 1, answer: 'INVALID_PARAMETERS' },
      { state: 'done', attempt: 2, answer: '"Hello, Grace"' },
    ]);
  });

  it('lets what runs end for a while, and then cancels it', async () => {
    const file = join(folder, 'stop.db');
    using jobs = new Jobs(file);
    jobs.add('spin', '{}');
    const child = start('job-worker', file, patient);
    const exited = ended(child);
    await until(() => rows(jobs)[0]!.state === 'running');
    child.kill('SIGTERM');
    expect(await exited).toMatchObject({ code: 0, stderr: '' });
    expect(rows(jobs)).toMatchObject([{ state: 'unknown', answer: 'CANCELLED' }]);
  });

  it('never runs a job twice, also when it is killed', async () => {
    const file = join(folder, 'kill.db');
    using jobs = new Jobs(file);
    jobs.add('spin', '{}');
    const child = start('job-worker', file, patient);
    const exited = ended(child);
    const reader = await openAuditReader({ path: statePlaces(join(folder, 'home')).auditFile });
    const filter = { user: 'worker-1/job-1/attempt-1', status: 'running' } as const;
    await until(async () => (await reader.query(filter)).records.length > 0);
    await reader.close();
    child.kill('SIGKILL');
    await exited;
    jobs.add('greet', '{"name":"Ada"}');
    const next = start('job-worker', file, patient);
    const stopped = ended(next);
    await until(() => rows(jobs).every(({ state }) => state === 'done' || state === 'unknown'));
    next.kill('SIGTERM');
    expect(await stopped).toMatchObject({ code: 0, stderr: '' });
    expect(rows(jobs)).toMatchObject([
      { state: 'unknown', attempt: 1, answer: 'interrupted' },
      { state: 'done', attempt: 1, answer: '"Hello, Ada"' },
    ]);
  });
});
