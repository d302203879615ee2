/**
 * What an isolate promises, whatever it is made of: the guest ends as it has to, whoever started it goes on, and
 * the next run works.
 */
import { deepStrictEqual, ok } from 'node:assert';
import { fileURLToPath } from 'node:url';
import type { ErrorCode, ExecuteOptions, ExecutionResult } from '@skill-engine/engine';
import type { ContractCase } from './index.ts';

/** An isolate under test, with {@link contractGuest} loaded in it under the default limits. */
export interface IsolateSubject extends AsyncDisposable {
  /** Runs a tool of the guest; all of them take no parameters. */
  run(tool: string, options?: ExecuteOptions): Promise<ExecutionResult>;
}

/** Path of the component that the cases run: one tool for each behaviour, in no need of any capability. */
export const contractGuest: string = fileURLToPath(
  import.meta.resolve('@skill-engine/testing/contract-guest.wasm'),
);

const PAGE = 65_536;

/** The next run works, in an instance of its own. */
async function works(subject: IsolateSubject): Promise<void> {
  const { ok: good, value } = await subject.run('count');
  deepStrictEqual({ good, value }, { good: true, value: 1 }, 'the next run does not work');
}

function ends(
  tool: string,
  code: ErrorCode,
  limits: NonNullable<ExecuteOptions['limits']> = {},
): ContractCase<IsolateSubject> {
  return {
    title: `ends the tool "${tool}" with ${code}, and goes on`,
    async run(subject) {
      for (let round = 0; round < 2; round += 1) {
        const result = await subject.run(tool, { limits });
        deepStrictEqual(result.ok ? 'success' : result.error.code, code);
        await works(subject);
      }
    },
  };
}

/** What every kind of isolate has to do: cases for any test runner, each of which rejects where it falls short. */
export const isolateContract: readonly ContractCase<IsolateSubject>[] = [
  {
    title: 'has a fresh instance for every run, one after the other and at once',
    async run(subject) {
      for (let round = 0; round < 3; round += 1) await works(subject);
      await Promise.all(Array.from({ length: 3 }, () => works(subject)));
    },
  },
  ends('loop', 'TIMEOUT', { timeoutMs: 300 }),
  ends('sleep', 'TIMEOUT', { timeoutMs: 300 }),
  ends('loop', 'FUEL_EXHAUSTED', { fuel: 100_000 }),
  ends('trap', 'GUEST_TRAP'),
  ends('exit', 'TOOL_FAILED'),
  ends('recurse', 'STACK_OVERFLOW'),
  ends('flood', 'OUTPUT_LIMIT', { outputBytes: 10_000 }),
  {
    title: 'keeps of a flood what the limit lets through',
    async run(subject) {
      const result = await subject.run('flood', { limits: { outputBytes: 10_000 } });
      deepStrictEqual(result.stdout, '\0'.repeat(10_000));
    },
  },
  {
    title: 'gives no more memory than its limit, and the guest lives to say so',
    async run(subject) {
      const memoryBytes = 8 * 1024 * 1024;
      const result = await subject.run('grow', { limits: { memoryBytes } });
      ok(result.ok, 'growing beyond the limit fails inside the guest');
      ok(Number(result.value) > 64 && Number(result.value) <= memoryBytes / PAGE, 'other memory');
      ok((result.memoryPeakBytes ?? Infinity) <= memoryBytes, 'the peak is above the limit');
      await works(subject);
    },
  },
  {
    title: 'uses the same fuel for the same run, and exactly its limit when it runs out',
    async run(subject) {
      const [one, other] = [await subject.run('count'), await subject.run('count')];
      ok((one.fuelUsed ?? 0) > 0, 'no fuel was used');
      deepStrictEqual(one.fuelUsed, other.fuelUsed);
    },
  },
  {
    title: 'is called off in the middle of a loop, and goes on',
    async run(subject) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 50);
      const result = await subject.run('loop', { signal: controller.signal });
      deepStrictEqual(result.error?.code, 'CANCELLED');
      await works(subject);
    },
  },
  {
    title: 'leaves the event loop of whoever runs it turning',
    async run(subject) {
      let turns = 0;
      const timer = setInterval(() => (turns += 1), 5);
      try {
        await subject.run('loop', { limits: { timeoutMs: 300 } });
      } finally {
        clearInterval(timer);
      }
      ok(turns > 2, 'the event loop stood still');
    },
  },
];
