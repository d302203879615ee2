/** Components against the host's functions: floods, misuse, and exceptions that a guest swallows. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probe } from '../guests/probe.ts';
import { expectFailure, openBench, type Bench } from './harness.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

describe('what a guest does to the host is judged, not what it answers afterwards', () => {
  it.each([
    ['MEM-04 pollables without end', 'pollable-flood', 'HANDLE_LIMIT'],
    ['MEM-04 handles of a stream without end', 'stream-flood', 'HANDLE_LIMIT'],
    ['CLI-01 an exit that it swallows', 'exit-swallowed', 'TOOL_FAILED'],
    ['CLI-04 a limit that it swallows', 'limit-swallowed', 'OUTPUT_LIMIT'],
  ])('%s', async (_, guest, code) => {
    const name = await bench.install(guest);
    await expectFailure(bench.engine, await bench.engine.execute(name, 'run'), code);
    await bench.soundSkillRuns();
  });
});

describe('a list of tools that is an attack refuses the skill', () => {
  it.each([
    ['MEM-06 outside of its memory', 'tools-beyond', 'COMPONENT_UNSUPPORTED', /bounds/],
    ['a million tools', 'tools-million', 'COMPONENT_UNSUPPORTED', /passed 1048576 bytes/],
    ['CPU-01 without end', 'tools-forever', 'COMPONENT_UNSUPPORTED', /fuel/],
    ['AUD-01 names that drive a terminal', 'tools-escape', 'SCHEMA_INVALID', /no name/],
  ])('%s', async (_, guest, code, message) => {
    await expect(
      bench.install(guest, '[skills.resources]\nfuel = 100_000_000'),
    ).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    await bench.soundSkillRuns();
  });
});

/** The guest's own error, or the code that the invocation ended with. */
async function ends(code: string): Promise<unknown> {
  const name = await bench.install('probe', '', 'probe-host-calls');
  const result = await bench.engine.execute(name, 'eval', probe(code));
  return result.ok ? result.value : result.error.code;
}

describe('misuse of a host function traps, fails or is cut, and harms nobody else', () => {
  const write = 'const out = wasi.cli.stdout.getStdout();';
  const pollable = 'wasi.clocks.monotonicClock.subscribeDuration(0)';
  it.each<[string, string, unknown]>([
    ['poll on nothing', 'wasi.io.poll.poll([])', 'GUEST_TRAP'],
    [
      'poll on one pollable thrice',
      `const p = ${pollable}; return [...wasi.io.poll.poll([p, p, p])]`,
      { value: [0, 1, 2] },
    ],
    [
      'poll on too many',
      `const p = ${pollable}; return wasi.io.poll.poll(Array(10001).fill(p))`,
      'GUEST_TRAP',
    ],
    [
      'a read of 2^64 bytes',
      'return wasi.cli.stdin.getStdin().read(2 ** 64)',
      { error: { tag: 'closed' } },
    ],
    ['a write without permission', `${write} out.write(new Uint8Array(1))`, 'GUEST_TRAP'],
    ['2^64 zeroes', `${write} out.checkWrite(); out.writeZeroes(2 ** 64)`, 'GUEST_TRAP'],
    [
      'zeroes without end',
      `${write} for (;;) out.blockingWriteZeroesAndFlush(4096)`,
      'OUTPUT_LIMIT',
    ],
    [
      'a splice of 2^64 bytes',
      `${write} return out.splice(wasi.cli.stdin.getStdin(), 2 ** 64)`,
      { error: { tag: 'closed' } },
    ],
    ['2^64 bytes of random', 'return wasi.random.random.getRandomBytes(2 ** 64)', 'GUEST_TRAP'],
    ['half a surrogate pair', String.raw`return '\ud800'`, 'RESULT_INVALID'],
    [
      'a deep result',
      'let v = []; for (let i = 0; i < 1000; i++) v = [v]; return v',
      'RESULT_INVALID',
    ],
    [
      'names of prototypes as keys',
      'return JSON.parse(\'{"__proto__":{"a":1},"constructor":2}\')',
      JSON.parse('{"value":{"__proto__":{"a":1},"constructor":2}}'),
    ],
  ])('%s', async (_, code, expected) => {
    expect(await ends(code)).toEqual(expected);
    await bench.soundSkillRuns();
  });
});
