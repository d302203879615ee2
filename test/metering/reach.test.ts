/// <reference lib="dom" />
/** However its functions are reached, a program means the same and costs the same. */
import { DEFAULT_STACK_BYTES, FuelMeter, meter } from '@skill-engine/metering';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compile, type Exports } from './build.ts';
import { assemble, type Encoding, type Shape } from './generated/assemble.ts';
import type { Run } from './generated/interpret.ts';
import { RECURSIONS, programs } from './generated/program.ts';
import { ended, interpreted, KINDS, settings } from './generated/runs.ts';

const mask = fc.oneof(fc.constant(0), fc.nat({ max: 15 }));
const shapes: fc.Arbitrary<Shape> = fc.record({
  exportTable: fc.boolean(),
  exportAll: fc.boolean(),
  tailCall: fc.boolean(),
  byHost: mask,
  tableByHost: mask,
});

/** What the host charges for each call that goes through it. */
const HOST_UNITS = 3;

function run(
  bytes: Uint8Array,
  argument: number,
  fuel: bigint,
): Pick<Run, 'end' | 'value'> & { fuel: number; exhausted: boolean } {
  const counters = new FuelMeter({ fuel, memoryBytes: 1 << 20 });
  const holder: { exports: Exports } = { exports: {} };
  let calls = 0;
  const h = Object.fromEntries(
    Array.from({ length: 8 }, (_, i) => [
      String(i),
      (value: number): number => {
        calls++;
        counters.consume(HOST_UNITS);
        return holder.exports[`f${i}`](value);
      },
    ]),
  );
  holder.exports = counters.instantiate(compile(bytes), { h }).exports;
  const before = counters.fuelUsed;
  const { end, value } = ended(() => holder.exports['run'](argument));
  if (end === 'value')
    expect(Reflect.get(counters, 'depth').value).toBe(BigInt(DEFAULT_STACK_BYTES));
  const spent = Number(counters.fuelUsed - before) - HOST_UNITS * calls;
  return { end, value, fuel: spent, exhausted: counters.exhausted };
}

/** What a path that ends in `unreachable` may leave unpaid in a frame, and what a trap finds paid ahead. */
const DOOMED_FREE = 64;
const AHEAD = 1_048_576 + 4_096 + 600;

test.each(KINDS)('%s cost the same by table, export, import and call', (_, features) => {
  fc.assert(
    fc.property(
      programs(features),
      fc.integer({ min: -4, max: 20 }),
      fc.constantFrom<Encoding>('standard', 'legacy'),
      shapes,
      fc.nat({ max: 40_000 }),
      (program, argument, encoding, shape, ahead) => {
        const want = interpreted(program, argument, encoding);
        const bytes = assemble(program, encoding, shape);
        // Of these budgets a run comes to a new block, sooner or later.
        const fuel = (1n << 40n) + BigInt(ahead);
        const ran = run(meter(bytes).bytes, argument, fuel);
        const exact = run(meter(bytes, { exactTraps: true }).bytes, argument, fuel);
        for (const { end, value, fuel: spent } of [ran, exact]) {
          expect({ end, value }).toEqual({ end: want.end, value: want.value });
          if (want.end !== 'trap') expect(spent).toBe(want.fuel);
          const frames = program.functions.length * (RECURSIONS + 1);
          expect(spent).toBeGreaterThanOrEqual(want.fuel - DOOMED_FREE * frames);
        }
        if (!features.faults) expect(ran.fuel).toBe(exact.fuel);
        expect(ran.fuel - exact.fuel).toBeGreaterThanOrEqual(0);
        expect(ran.fuel - exact.fuel).toBeLessThanOrEqual(AHEAD);
      },
    ),
    settings(200),
  );
});
