/// <reference lib="dom" />
/**
 * Three modules of one component that share a budget, a memory, a table, globals and a tag, and call each other: directly,
 * by way of the host, and by the table. Blocks and windows are a part of their size, as in `scaled.test.ts`.
 */
import { FuelMeter, meterComponent } from '../../packages/metering/src/index.ts';
import { SLACK } from '../../packages/metering/src/slack.ts';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { compile, type Exports } from './build.ts';
import type { Encoding } from './generated/assemble.ts';
import type { Run } from './generated/interpret.ts';
import { assembleLinked } from './generated/linked.ts';
import { programs, RECURSIONS } from './generated/program.ts';
import { ended, interpreted, KINDS, settings } from './generated/runs.ts';

vi.mock('../../packages/metering/src/slack.ts', () => import('./generated/scaled-slack.ts'));

type Parts = Readonly<Record<'a' | 'b' | 'c', WebAssembly.Module>>;

interface Ran {
  readonly end: Run['end'];
  readonly value: number;
  readonly used: number;
  readonly before: bigint;
  readonly exhausted: boolean;
}

function compiled(parts: ReadonlyMap<string, Uint8Array>, exactTraps: boolean): Parts {
  const { modules } = meterComponent(parts, { exactTraps });
  const one = (name: string): WebAssembly.Module =>
    compile(modules.get(name)?.bytes ?? new Uint8Array());
  return { a: one('a'), b: one('b'), c: one('c') };
}

function run({ a, b, c }: Parts, argument: number, fuel: bigint): Ran {
  const counters = new FuelMeter({ fuel, memoryBytes: 1 << 20 });
  const functions: Exports = {};
  // The host stands between a module and those behind it; these call it without.
  const h = Object.fromEntries(
    Array.from({ length: 4 }, (_, i) => [String(i), (value: number) => functions[`f${i}`](value)]),
  );
  const first = counters.instantiate(a, { h }).exports as Exports;
  Object.assign(functions, first);
  for (const module of [b, c]) {
    const known = Object.fromEntries(Object.keys(h).map((i) => [i, functions[`f${i}`] ?? h[i]]));
    Object.assign(functions, counters.instantiate(module, { h: known, a: first }).exports);
  }
  const before = counters.fuelUsed;
  const { end, value } = ended(() => functions['f0'](argument));
  const { fuelUsed, exhausted } = counters;
  return { end, value, used: Number(fuelUsed - before), before, exhausted };
}

const FAR = 1n << 40n;
/** Budgets of one program. */
const STEPS = 40;
/** What a path that ends in `unreachable` may leave unpaid in a frame. */
const DOOMED_FREE = 64;

test.each(KINDS)(
  '%s cost the same in three modules, and end where their budget does',
  (_, features) => {
    fc.assert(
      fc.property(
        programs(features),
        fc.integer({ min: -4, max: 20 }),
        fc.constantFrom<Encoding>('standard', 'legacy'),
        fc.array(fc.nat({ max: 2 }), { minLength: 4, maxLength: 4 }),
        (program, argument, encoding, homes) => {
          const want = interpreted(program, argument, encoding);
          fc.pre(want.fuel < 60_000);
          const parts = assembleLinked(program, encoding, homes);
          const [plain, exact] = [compiled(parts, false), compiled(parts, true)];
          const known = run(exact, argument, FAR);
          const frames = program.functions.length * (RECURSIONS + 1);
          expect(known.used).toBeGreaterThanOrEqual(want.fuel - DOOMED_FREE * frames);
          for (
            let short = want.fuel;
            short > 0;
            short -= Math.max(1, Math.floor(want.fuel / STEPS))
          ) {
            const part = known.before + BigInt(want.fuel - short);
            for (const modules of [plain, exact]) {
              const { end, value, used } = run(modules, argument, FAR + part);
              expect({ end, value }).toEqual({ end: want.end, value: want.value });
              if (want.end === 'trap' && features.faults)
                expect(used).toBeGreaterThanOrEqual(known.used);
              else if (want.end === 'trap') expect(used).toBe(known.used);
              else expect(used).toBe(want.fuel);
              if (want.end === 'trap') continue;
              const few = run(modules, argument, part);
              expect(few.exhausted).toBe(true);
              if (short > 2 * SLACK) expect(few.end).toBe('trap');
            }
          }
        },
      ),
      settings(70),
    );
  },
);
