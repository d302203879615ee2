/// <reference lib="dom" />
/* oxlint-disable unicorn/no-thenable -- `then` is an arm of an if here */
import { DEFAULT_STACK_BYTES, FuelMeter, meter } from '@skill-engine/metering';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assemble, type Encoding } from './generated/assemble.ts';
import type { Run } from './generated/interpret.ts';
import { programs, RECURSIONS, type Expr, type Program, type Valued } from './generated/program.ts';
import { ended, interpreted, settings } from './generated/runs.ts';

const MEMORY_BYTES = 1 << 20;

interface Ran {
  readonly end: Run['end'];
  readonly value: number;
  readonly fuel: number;
  readonly exhausted: boolean;
  readonly memory: string;
}

type Call = (argument: number) => number;

const digest = (bytes: Uint8Array): string =>
  String(bytes.reduce((sum, byte, i) => (sum * 31 + byte + i) | 0, 0));

function runPlain(bytes: Uint8Array<ArrayBuffer>, argument: number): ReturnType<typeof ended> {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  return ended(() => (exports['run'] as Call)(argument));
}

function runMetered(bytes: Uint8Array, argument: number, budget = 1n << 40n): Ran {
  const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  const counters = new FuelMeter({ fuel: budget, memoryBytes: MEMORY_BYTES });
  const { exports } = counters.instantiate(module);
  const before = counters.fuelUsed;
  const ran = ended(() => (exports['run'] as Call)(argument));
  // Whatever a frame took from the stack budget is back when it has returned.
  if (ran.end === 'value')
    expect(Reflect.get(counters, 'depth').value).toBe(BigInt(DEFAULT_STACK_BYTES));
  return {
    ...ran,
    fuel: Number(counters.fuelUsed - before),
    exhausted: counters.exhausted,
    memory: digest(
      new Uint8Array(
        (exports['memory'] as WebAssembly.Memory | undefined)?.buffer ?? new ArrayBuffer(0),
      ),
    ),
  };
}

/** Budgets of which a run comes to a new block, sooner or later. */
const budgets = fc.nat({ max: 40_000 }).map((units) => (1n << 40n) + BigInt(units));

/** What the module costs before `run` is called. */
const startup = (bytes: Uint8Array): bigint => {
  const counters = new FuelMeter({ fuel: 1n << 40n, memoryBytes: MEMORY_BYTES });
  counters.instantiate(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>));
  return counters.fuelUsed;
};

const encodings = fc.constantFrom<Encoding>('standard', 'legacy');
const arguments_ = fc.integer({ min: -4, max: 20 });

const zero = { k: 'const', value: 0 } as const;
/** Found by these tests: a dead call in a loop that is left by a return once made the counter be read from its lease. */
const deadCallInLoop: Program = {
  functions: [
    {
      body: [
        {
          k: 'loop',
          rounds: 2,
          body: [
            { k: 'br', to: 0, value: zero, c: undefined },
            { k: 'return', e: zero },
            { k: 'set', local: 0, e: { k: 'callIndirect', index: zero, e: zero } },
          ],
        },
        { k: 'loop', rounds: 3, body: [] },
      ],
      value: zero,
    },
    { body: [], value: zero },
  ],
};

/** Likewise: every frame of a recursion that is bound to trap may leave its tail unpaid. */
const doomedRecursion: Program = {
  functions: [
    {
      body: [
        { k: 'drop', e: { k: 'recur', callee: 0, e: { k: 'load', e: zero } } },
        { k: 'unreachable' },
      ],
      value: zero,
    },
  ],
};

/** Likewise: a dead loop inside a loop made a `br_table` out of it be forgotten. */
const deadLoopInLoop: Program = {
  functions: [
    {
      body: [
        {
          k: 'if',
          c: { k: 'const', value: -1 },
          then: [
            {
              k: 'loop',
              rounds: 0,
              body: [
                {
                  k: 'table',
                  index: {
                    k: 'tee',
                    local: 0,
                    e: {
                      k: 'eqz',
                      e: { k: 'if', c: zero, then: afterReturn(), else: plainZero() },
                    },
                  },
                  value: zero,
                  to: [0],
                },
              ],
            },
          ],
          else: [{ k: 'set', local: 0, e: { k: 'grow', e: zero } }],
        },
      ],
      value: zero,
    },
  ],
};

function plainZero(): Valued {
  return { body: [], value: zero };
}

/** A loop that is never reached. */
function afterReturn(): Valued {
  const unreached: Expr = {
    k: 'if',
    c: zero,
    then: plainZero(),
    else: { body: [{ k: 'loop', rounds: 0, body: [] }], value: zero },
  };
  return {
    body: [
      { k: 'return', e: zero },
      { k: 'set', local: 0, e: unreached },
    ],
    value: zero,
  };
}

test('random programs mean the same after metering, and cost exactly what a naive count says', () => {
  fc.assert(
    fc.property(
      programs({ exceptions: false, traps: false, faults: false }),
      arguments_,
      budgets,
      (program, argument, budget) => {
        const bytes = assemble(program);
        const want = interpreted(program, argument, 'standard');
        expect(runPlain(bytes, argument)).toEqual({ end: want.end, value: want.value });
        const ran = runMetered(meter(bytes).bytes, argument, budget);
        expect({ end: ran.end, value: ran.value, fuel: ran.fuel }).toEqual({
          end: want.end,
          value: want.value,
          fuel: want.fuel,
        });
      },
    ),
    {
      ...settings(400),
      examples: [
        [deadCallInLoop, 0, 1n << 40n],
        [deadLoopInLoop, 0, 1n << 40n],
      ],
    },
  );
});

test('exceptions, in both encodings, neither leak fuel nor cost too much', () => {
  fc.assert(
    fc.property(
      programs({ exceptions: true, traps: false, faults: false }),
      arguments_,
      encodings,
      budgets,
      (program, argument, encoding, budget) => {
        const bytes = assemble(program, encoding);
        const want = interpreted(program, argument, encoding);
        expect(runPlain(bytes, argument)).toEqual({ end: want.end, value: want.value });
        const ran = runMetered(meter(bytes).bytes, argument, budget);
        expect({ end: ran.end, value: ran.value, fuel: ran.fuel }).toEqual({
          end: want.end,
          value: want.value,
          fuel: want.fuel,
        });
      },
    ),
    settings(400),
  );
});

/** What paths that end in `unreachable` may leave unpaid, per frame. */
const DOOMED_FREE = 64;
/** Most frames that can be on such a path at once. */
const mostFrames = ({ functions }: Program): number => functions.length * (RECURSIONS + 1);
/** Up to the end of a block, and beyond as the global is set; and what the path may have got back since. */
const AHEAD = 1_048_576 + 4_096 + 600;

/** What paths that are paid to their ends may cost beyond the trap, in all frames together. */
const mostAhead = (bytes: Uint8Array): number => 600 * bytes.length;

/** A program interpreted, and metered with and without exact traps, which ends alike. */
function bothWays(program: Program, argument: number, encoding: Encoding, budget: bigint) {
  const bytes = assemble(program, encoding);
  const want = interpreted(program, argument, encoding);
  const [ran, exact] = [false, true].map((exactTraps) => {
    const one = runMetered(meter(bytes, { exactTraps }).bytes, argument, budget);
    expect({ end: one.end, value: one.value }).toEqual({ end: want.end, value: want.value });
    return one;
  }) as [Ran, Ran];
  return { bytes, want, ran, exact };
}

test('`unreachable` leaks no more than the tail of a doomed path, and has no more than its paths paid ahead', () => {
  fc.assert(
    fc.property(
      programs({ exceptions: true, traps: true, faults: false }),
      arguments_,
      encodings,
      budgets,
      (program, argument, encoding, budget) => {
        const { bytes, want, ran, exact } = bothWays(program, argument, encoding, budget);
        for (const { fuel } of [ran, exact]) {
          expect(fuel).toBeGreaterThanOrEqual(want.fuel - DOOMED_FREE * mostFrames(program));
          if (want.end !== 'trap') expect(fuel).toBe(want.fuel);
          else expect(fuel).toBeLessThanOrEqual(want.fuel + mostAhead(bytes));
        }
        expect(ran.fuel).toBe(exact.fuel);
      },
    ),
    { ...settings(400), examples: [[doomedRecursion, 0, 'standard', 1n << 40n]] },
  );
});

test('any other trap leaks nothing, and finds no more than a block paid ahead', () => {
  fc.assert(
    fc.property(
      programs({ exceptions: true, traps: false, faults: true }),
      arguments_,
      encodings,
      budgets,
      (program, argument, encoding, budget) => {
        const { bytes, want, ran, exact } = bothWays(program, argument, encoding, budget);
        for (const { fuel } of [ran, exact]) {
          if (want.end !== 'trap') expect(fuel).toBe(want.fuel);
          else expect(fuel).toBeGreaterThanOrEqual(want.fuel);
        }
        if (want.end === 'trap')
          expect(exact.fuel).toBeLessThanOrEqual(want.fuel + mostAhead(bytes));
        expect(ran.fuel - exact.fuel).toBeGreaterThanOrEqual(0);
        expect(ran.fuel - exact.fuel).toBeLessThanOrEqual(AHEAD);
      },
    ),
    settings(200),
  );
});

test('a budget below the cost is exhausted, and a budget above it is not', () => {
  fc.assert(
    fc.property(
      programs({ exceptions: true, traps: false, faults: false }),
      arguments_,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (program, argument, part) => {
        const bytes = assemble(program);
        const want = interpreted(program, argument, 'standard');
        const metered = meter(bytes).bytes;
        const start = startup(metered);
        const short = runMetered(
          metered,
          argument,
          start + BigInt(Math.floor((want.fuel - 1) * part)),
        );
        expect(short.exhausted).toBe(true);
        const last = runMetered(metered, argument, start + BigInt(want.fuel - 1));
        expect(last.exhausted).toBe(true);
        // Paths are paid ahead: at most what all code of the module costs.
        const enough = runMetered(
          metered,
          argument,
          start + BigInt(want.fuel + 600 * bytes.length),
        );
        expect({ exhausted: enough.exhausted, fuel: enough.fuel }).toEqual({
          exhausted: false,
          fuel: want.fuel,
        });
      },
    ),
    settings(400),
  );
});
