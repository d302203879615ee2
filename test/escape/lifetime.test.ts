/** Loops, sleeps, exits, floods and kept state: each ends as its limit says, and the next invocation works. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, expectFailure, countTurns, openBench } from './harness.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

/** So much fuel that only the clock can end a loop. */
const ENDLESS = 'resources = { timeout = 0.4, fuel = 9_000_000_000_000_000 }\n';

describe('a guest that never ends is ended by the time limit', () => {
  it.each([
    ['CPU-01', 'loop-forever'],
    ['CPU-03', 'realloc-loop'],
    ['ERR-03', 'post-return-loop'],
    ['CLK-01', 'sleep-forever'],
  ])('%s %s', async (_id, guest) => {
    const skill = await bench.install(guest, ENDLESS);
    const { value, turns } = await countTurns(() =>
      bench.engine.execute(skill, 'run', { some: 'text' }),
    );
    await expectFailure(bench.engine, value, 'TIMEOUT', 'timeout');
    expect(turns).toBeGreaterThan(3);
    // The same skill again: its isolate was replaced.
    const again = await bench.engine.execute(skill, 'run', {});
    await expectFailure(bench.engine, again, 'TIMEOUT', 'timeout');
    await bench.soundSkillRuns();
  });

  it('CPU-02 start-loop: instantiation that never ends', async () => {
    await expect(bench.install('start-loop', ENDLESS)).rejects.toMatchObject({
      code: 'COMPONENT_UNSUPPORTED',
      cause: { code: 'TIMEOUT' },
    });
    await bench.soundSkillRuns();
  });
});

describe('a guest that never ends is ended by fuel', () => {
  it.each([
    ['CPU-01', 'loop-forever'],
    ['CPU-03', 'realloc-loop'],
    ['ERR-03', 'post-return-loop'],
  ])('%s %s', async (_id, guest) => {
    const skill = await bench.install(
      guest,
      'resources = { timeout = 60, fuel = 1_000_000 }\n',
      `${guest}-fuel`,
    );
    const result = await bench.engine.execute(skill, 'run', { some: 'text' });
    await expectFailure(bench.engine, result, 'FUEL_EXHAUSTED');
    expect(result.fuelUsed).toBe(1_000_000);
    await bench.soundSkillRuns();
  });

  it('CPU-02 start-loop', async () => {
    await expect(
      bench.install('start-loop', 'resources = { timeout = 60, fuel = 1_000_000 }\n', 'start-fuel'),
    ).rejects.toMatchObject({ code: 'COMPONENT_UNSUPPORTED', cause: { code: 'FUEL_EXHAUSTED' } });
    await bench.soundSkillRuns();
  });
});

it('CPU-07 deep recursion is STACK_OVERFLOW, at the same fuel each time', async () => {
  const skill = await bench.install('deep-recursion');
  const first = await bench.engine.execute(skill, 'run', {});
  await expectFailure(bench.engine, first, 'STACK_OVERFLOW');
  const second = await bench.engine.execute(skill, 'run', {});
  expect(second.fuelUsed).toBe(first.fuelUsed);
  await bench.soundSkillRuns();
});

it('MEM-02 memory.grow fails inside the guest at the limit', async () => {
  const skill = await bench.install('memory-grow', 'resources = { memory = "8M" }\n');
  const result = await bench.engine.execute(skill, 'run', {});
  expect(result.memoryPeakBytes).toBeLessThanOrEqual(8 * 1024 * 1024);
  expect(result).toMatchObject({ ok: true });
  await bench.soundSkillRuns();
});

it('MEM-02 a guest that needs all of its memory gets it, however often it is called', async () => {
  const skill = await bench.install(
    'memory-grow',
    'resources = { concurrency = 1 }\n',
    'grows-often',
  );
  const peaks = new Set<number | null>();
  for (let call = 0; call < 60; call += 1) {
    const result = await bench.engine.execute(skill, 'run', {});
    expect(result).toMatchObject({ ok: true });
    peaks.add(result.memoryPeakBytes);
  }
  // One isolate has held nearly 4 GiB by then; only what was collected leaves room for the next.
  expect(peaks.size).toBe(1);
  expect([...peaks][0]).toBeGreaterThan(60 * 1024 * 1024);
});

describe('CLI-01 exit ends the run only', () => {
  it('a command reports its code', async () => {
    const skill = await bench.install('exit-code');
    const result = await bench.engine.execute(skill, 'run', {});
    await expectFailure(bench.engine, result, 'TOOL_FAILED');
    expect(result.exitCode).toBe(7);
    const record = await bench.engine.audit.get(result.executionId);
    expect(record?.exit_code).toBe(7);
    await bench.soundSkillRuns();
  });

  it('a command that returns an error exits with 1', async () => {
    const skill = await bench.install('exit-failure');
    expect((await bench.engine.execute(skill, 'run', {})).exitCode).toBe(1);
    await bench.soundSkillRuns();
  });

  it('a tool that exits gave no result', async () => {
    const skill = await bench.install('exit-in-tool');
    await expectFailure(bench.engine, await bench.engine.execute(skill, 'run', {}), 'TOOL_FAILED');
    await bench.soundSkillRuns();
  });
});

it('CLI-04 a flood of output is cut at the limit', async () => {
  const skill = await bench.install('print-flood');
  const result = await bench.engine.execute(skill, 'run', {});
  await expectFailure(bench.engine, result, 'OUTPUT_LIMIT');
  expect(result.stdout.length + result.stderr.length).toBe(1024 * 1024);
  await bench.soundSkillRuns();
});

it('LIF-03 nothing is kept between invocations', async () => {
  const skill = await bench.install('state-keeper');
  for (let call = 0; call < 5; call += 1) {
    expect(await bench.engine.execute(skill, 'run', {})).toMatchObject({ ok: true, value: 1 });
  }
});

it('ERR-03 a trap after the result fails the run', async () => {
  const skill = await bench.install('post-return-trap');
  await expectFailure(bench.engine, await bench.engine.execute(skill, 'run', {}), 'GUEST_TRAP');
  await bench.soundSkillRuns();
});

it('a plain trap is GUEST_TRAP and says nothing of the host', async () => {
  const skill = await bench.install('trap');
  const result = await bench.engine.execute(skill, 'run', {});
  await expectFailure(bench.engine, result, 'GUEST_TRAP');
  expect(result.error!.message).not.toMatch(/\/|node:|at |\.js/);
  await bench.soundSkillRuns();
});

describe('LIF-01 an invocation can be called off', () => {
  it('while it loops', async () => {
    const skill = await bench.install(
      'loop-forever',
      'resources = { timeout = 60 }\n',
      'called-off',
    );
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 150);
    const result = await bench.engine.execute(skill, 'run', {}, { signal: controller.signal });
    await expectFailure(bench.engine, result, 'CANCELLED', 'cancelled');
    await bench.soundSkillRuns();
  });

  it('before it starts', async () => {
    const skill = await bench.install('answer', '', 'never-started');
    const result = await bench.engine.execute(skill, 'run', {}, { signal: AbortSignal.abort() });
    await expectFailure(bench.engine, result, 'CANCELLED', 'cancelled');
  });

  it('while it waits for an isolate', async () => {
    const skill = await bench.install(
      'sleep-forever',
      'resources = { timeout = 60, concurrency = 1 }\n',
      'busy',
    );
    const running = new AbortController();
    const waiting = new AbortController();
    const first = bench.engine.execute(skill, 'run', {}, { signal: running.signal });
    const second = bench.engine.execute(skill, 'run', {}, { signal: waiting.signal });
    setTimeout(() => waiting.abort(), 50);
    await expectFailure(bench.engine, await second, 'CANCELLED', 'cancelled');
    running.abort();
    await expectFailure(bench.engine, await first, 'CANCELLED', 'cancelled');
  });
});

it('many at once: loops and sound calls do not harm each other', async () => {
  const loop = await bench.install('loop-forever', ENDLESS, 'loop-beside');
  const sound = await bench.install('answer', '', 'sound-beside');
  const loops = Array.from({ length: 4 }, () => bench.engine.execute(loop, 'run', {}));
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => bench.engine.execute(sound, 'run', {})),
  );
  for (const answer of answers) expect(answer).toMatchObject({ ok: true, value: 42 });
  for (const result of await Promise.all(loops)) expect(result.error?.code).toBe('TIMEOUT');
});
