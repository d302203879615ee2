/** CPU-10, MEM-01, MEM-03, MEM-08, CLK-05, LIF-02: what a component declares or takes of processor, memory and the host. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probe } from '../guests/probe.ts';
import { type Bench, countTurns, expectFailure, openBench } from './harness.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

/** A command whose core module has these fields besides. */
const withCore = (fields: string, others = '') =>
  parse(`(component ${others}
    (core module $m ${fields} (func (export "run") (result i32) (i32.const 0)))
    (core instance $i (instantiate $m))
    (func $run (result (result)) (canon lift (core func $i "run")))
    (instance $exports (export "run" (func $run)))
    (export "wasi:cli/run@0.2.12" (instance $exports)))`);

/** The code that loading it failed with, and the message. */
async function refusal(
  bytes: Uint8Array,
  manifest = '',
): Promise<{ code: string; message: string }> {
  const path = join(bench.folder, 'declared.wasm');
  writeFileSync(path, bytes);
  const value = await (async () => {
    try {
      await bench.installFile(path, 'declared', manifest);
    } catch (error) {
      return error as { code: string; message: string };
    }
    throw new Error('it loaded');
  })();
  await bench.soundSkillRuns();
  return value;
}

describe('what a module declares is judged before any of it is allocated', () => {
  it.each<[string, string, string?]>([
    ['MEM-01 one memory of 4 GiB', '(memory 65536)'],
    ['MEM-01 sixteen memories of 4 GiB', '(memory 65536)'.repeat(16)],
    ['MEM-01 a memory of 64 bits', '(memory i64 1048576)'],
    [
      'MEM-01 two modules to get twice the limit',
      '(memory 700)',
      '(core module $n (memory 700)) (core instance (instantiate $n))',
    ],
    [
      'MEM-01 nine hundred instances of one module',
      '(memory 1)',
      `(core module $n (memory 2)) ${'(core instance (instantiate $n))'.repeat(900)}`,
    ],
    ['MEM-03 a table of ten million', '(table 10000000 funcref)'],
    ['MEM-03 ninety tables of ten million', '(table 10000000 funcref)'.repeat(90)],
  ])('%s', async (_, fields, others) => {
    const { code, message } = await refusal(
      await withCore(fields, others),
      '[skills.resources]\nmemory = "64M"\n',
    );
    expect([code, message]).toEqual(['COMPONENT_TOO_LARGE', expect.any(String)]);
  });

  it.each([
    ['CPU-10 60 000 locals', `(func (local ${'i32 '.repeat(60_000)}))`],
    [
      'CPU-10 100 000 nested blocks',
      `(func ${'block '.repeat(100_000)} ${'end '.repeat(100_000)})`,
    ],
  ])('%s', async (_, fields) => {
    const { code } = await refusal(await withCore(fields));
    expect(code).toMatch(/^COMPONENT_(TOO_LARGE|UNSUPPORTED|MALFORMED)$/);
  });
});

it('MEM-03 a table that grows without end is refused inside the guest', async () => {
  const skill = await bench.install('table-grow', 'resources = { memory = "8M" }\n');
  const result = await bench.engine.execute(skill, 'run', {});
  expect(result).toMatchObject({ ok: true });
  // 32 bytes an element, and 8 MiB in all.
  expect(result.value).toBeGreaterThan(1000);
  expect(result.value).toBeLessThanOrEqual((8 * 1024 * 1024) / 32);
  expect(result.memoryPeakBytes).toBeLessThanOrEqual(8 * 1024 * 1024);
  await bench.soundSkillRuns();
});

it('MEM-08 a script that fills its heap has an end at the limit', async () => {
  const skill = await bench.install(
    'probe',
    'resources = { memory = "16M", timeout = 20 }\n',
    'heap',
  );
  const result = await bench.engine.execute(
    skill,
    'eval',
    probe("const all = []; for (;;) all.push('x'.repeat(100000) + all.length);"),
  );
  expect(result.ok ? 'ok' : result.error.code).toMatch(
    /^(MEMORY_LIMIT|TOOL_FAILED|GUEST_TRAP|ok)$/,
  );
  expect(result.memoryPeakBytes).toBeLessThanOrEqual(16 * 1024 * 1024);
  await bench.soundSkillRuns();
});

it('CLK-05 two that never end, one sleeping and one computing, both end by the clock', async () => {
  const limit = 'resources = { timeout = 0.5, fuel = 9_000_000_000_000_000 }\n';
  const skills = [
    await bench.install('loop-forever', limit, 'computes'),
    await bench.install('sleep-forever', limit, 'sleeps'),
  ];
  const { value: results, turns } = await countTurns(() =>
    Promise.all(skills.map((skill) => bench.engine.execute(skill, 'run', {}))),
  );
  for (const result of results) await expectFailure(bench.engine, result, 'TIMEOUT', 'timeout');
  expect(turns).toBeGreaterThan(3);
  await bench.soundSkillRuns();
});

it.runIf(process.platform === 'linux')(
  'LIF-02 two hundred runs, fifty at once and some cancelled, leave nothing behind',
  async () => {
    const skill = await bench.install('answer', 'resources = { concurrency = 50 }\n', 'many');
    const slow = await bench.install(
      'sleep-forever',
      'resources = { timeout = 60 }\n',
      'cancelled',
    );
    const round = async () => {
      const all = await Promise.all(
        Array.from({ length: 50 }, () => bench.engine.execute(skill, 'run', {})),
      );
      for (const result of all) expect(result).toMatchObject({ ok: true, value: 42 });
      const abort = new AbortController();
      const running = bench.engine.execute(slow, 'run', {}, { signal: abort.signal });
      setTimeout(() => abort.abort(), 30);
      await expectFailure(bench.engine, await running, 'CANCELLED', 'cancelled');
    };
    await round();
    const before = count();
    for (let at = 0; at < 3; at += 1) await round();
    const after = count();
    // Replacements of cancelled isolates come and go; nothing grows with the number of runs.
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors + 12);
    expect(after.children).toBeLessThanOrEqual(before.children + 4);
    expect(after.zombies).toBe(0);
    await bench.soundSkillRuns();
  },
);

/** Descriptors of this process, and its children, by the state that the kernel gives. */
function count(): { descriptors: number; children: number; zombies: number } {
  const states = readdirSync('/proc/self/task').flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .map((pid) => /^State:\s(\w)/mu.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]),
  );
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    children: states.length,
    zombies: states.filter((state) => state === 'Z').length,
  };
}
