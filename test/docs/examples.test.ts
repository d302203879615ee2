/** The programs in examples/, each as a user starts it. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ended } from '../cli/skill.ts';

const folder = mkdtempSync(join(tmpdir(), 'skill-examples-'));

function start(program: string, ...args: string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [`examples/${program}.ts`, ...args], {
    env: { PATH: process.env['PATH'], SKILL_ENGINE_HOME: join(folder, 'home') },
  });
}

const run = (program: string, ...args: string[]) => ended(start(program, ...args));

beforeAll(async () => {
  copyFileSync('examples/tools/skill.toml', join(folder, 'skill.toml'));
  const built = await run('build', join(folder, 'tools.wasm'));
  if (built.code !== 0) throw new Error(built.stderr);
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
  const child = start('http-service', folder);
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

it('a job worker', async () => {
  const child = start('job-worker', folder);
  const exited = ended(child);
  const jobs = [
    { id: 1, tool: 'spin', parameters: {} },
    { id: 2, tool: 'greet', parameters: { name: 'Ada' } },
    { id: 3, tool: 'spin', parameters: {} },
    { id: 4, tool: 'greet', parameters: {} },
    { cancel: 3 },
  ];
  child.stdin.end(jobs.map((job) => `${JSON.stringify(job)}\n`).join(''));
  const { code, stdout } = await exited;
  const results = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id: number; value?: unknown; error?: string });
  expect(code).toBe(0);
  expect(results.toSorted((a, b) => a.id - b.id)).toMatchObject([
    { id: 1, error: 'FUEL_EXHAUSTED' },
    { id: 2, value: 'Hello, Ada' },
    { id: 3, error: 'CANCELLED' },
    { id: 4, error: 'INVALID_PARAMETERS' },
  ]);
});
