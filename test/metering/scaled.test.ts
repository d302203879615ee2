/// <reference lib="dom" />
/**
 * Blocks and windows a part of their size, so that random programs come to their bounds: whatever is charged between
 * two checks, no start of a block is passed by.
 */
import { FuelMeter, meter } from '../../packages/metering/src/index.ts';
import { BLOCK, SLACK } from '../../packages/metering/src/slack.ts';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { compile } from './build.ts';
import { assemble } from './generated/assemble.ts';
import type { Run } from './generated/interpret.ts';
import { programs } from './generated/program.ts';
import { ended, interpreted, KINDS, settings } from './generated/runs.ts';

vi.mock('../../packages/metering/src/slack.ts', () => import('./generated/scaled-slack.ts'));

interface Ran {
  readonly end: Run['end'];
  readonly used: number;
  readonly before: bigint;
  readonly exhausted: boolean;
}

function run(module: WebAssembly.Module, argument: number, fuel: bigint): Ran {
  const counters = new FuelMeter({ fuel, memoryBytes: 1 << 20 });
  const { exports } = counters.instantiate(module);
  const before = counters.fuelUsed;
  const { end } = ended(() => (exports['run'] as (argument: number) => number)(argument));
  const used = Number(counters.fuelUsed - before);
  return { end, used, before, exhausted: counters.exhausted };
}

const FAR = 1n << 40n;
/** Budgets of one program. */
const STEPS = 50;

test.each(KINDS)('%s end where their budget does, wherever a block begins', (_, features) => {
  expect([SLACK, BLOCK]).toEqual([64, 4096]);
  fc.assert(
    fc.property(programs(features), fc.integer({ min: -4, max: 9 }), (program, argument) => {
      const { fuel } = interpreted(program, argument, 'standard');
      fc.pre(fuel < 60_000);
      const bytes = assemble(program);
      const ran = compile(meter(bytes).bytes);
      const exact = compile(meter(bytes, { exactTraps: true }).bytes);
      const want = run(exact, argument, FAR);
      for (let short = fuel; short > 0; short -= Math.max(1, Math.floor(fuel / STEPS))) {
        const part = want.before + BigInt(fuel - short);
        const far = run(ran, argument, FAR + part);
        expect(far.end).toBe(want.end);
        if (want.end === 'trap') {
          if (features.faults) expect(far.used).toBeGreaterThanOrEqual(want.used);
          else expect(far.used).toBe(want.used);
          continue;
        }
        expect(far.used).toBe(fuel);
        for (const module of [ran, exact]) {
          const { end, exhausted } = run(module, argument, part);
          expect(exhausted).toBe(true);
          if (short > 2 * SLACK) expect(end).toBe('trap');
        }
      }
    }),
    settings(250),
  );
});
