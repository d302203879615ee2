/// <reference lib="dom" />
/** How the counter travels between functions: attacks on each of the ways, and on what bounds them. */
import { FuelMeter, meter } from '@skill-engine/metering';
import { describe, expect, test } from 'vitest';
import { BUDGETS, compile, run, wat, type Exports } from './build.ts';
import { leb, section, vector } from './generated/assemble.ts';

const TRAP = WebAssembly.RuntimeError;
/** Costs seven units. */
const seven = '(drop (i32.div_u (i32.const 1) (i32.const 1)))';

describe('a function of the host in a private table', () => {
  const source = (calls: string): string => `(module (type $t (func)) (type $u (func (param i32)))
    (import "host" "work" (func $work (type $t)))
    (table 2 funcref) (elem (i32.const 0) $work $own)
    (func $own (type $u) (drop (local.get 0)))
    (func (export "own") (call_indirect (type $u) (i32.const 0) (i32.const 1)))
    (func $f (export "run") ${calls}))`;

  test('what it charges is charged', async () => {
    const holder: { counters?: FuelMeter } = {};
    const { counters, exports } = await run(
      source(
        '(call_indirect (type $t) (i32.const 0)) (call_indirect (type $u) (i32.const 0) (i32.const 1))',
      ),
      {},
      { host: { work: () => holder.counters?.consume(1_000n) } },
    );
    holder.counters = counters;
    const before = counters.fuelUsed;
    exports['run']();
    expect(counters.fuelUsed - before).toBe(1_000n + 6n + 7n + 2n);
  });

  test('what it calls back is charged, and ends the guest when that is too much', async () => {
    const holder: { own?: () => void } = {};
    const { counters, exports } = await run(
      source('(loop $l (call_indirect (type $t) (i32.const 0)) (br $l))'),
      {},
      { host: { work: () => holder.own?.() } },
    );
    holder.own = exports['own'];
    expect(() => exports['run']()).toThrow(TRAP);
    expect(counters.exhausted).toBe(true);
  });

  test('recursion through it counts', async () => {
    const holder: { run?: () => void } = {};
    const { counters, exports } = await run(
      source('(call_indirect (type $t) (i32.const 0))'),
      { fuel: 1n << 40n },
      { host: { work: () => holder.run?.() } },
    );
    holder.run = exports['run'];
    expect(() => exports['run']()).toThrow(TRAP);
    expect(counters.stackOverflowed).toBe(true);
  });
});

test.each([false, true])(
  'an exported leaf traps when nothing is left, exactTraps %s',
  async (exactTraps) => {
    const counters = new FuelMeter({ ...BUDGETS, fuel: 1_010n });
    const bytes = await wat('(module (func (export "f") (param i32) (drop (local.get 0))))');
    const { exports } = counters.instantiate(compile(meter(bytes, { exactTraps }).bytes));
    expect(() => {
      for (let i = 0; i < 10; i++) exports['f'](1);
    }).toThrow(TRAP);
    expect(counters.exhausted).toBe(true);
    expect(() => exports['f'](1)).toThrow(TRAP);
  },
);

test('a loop that costs nothing in a function that only a table calls', async () => {
  const { exports } = await run(`(module (type $t (func)) (table 1 funcref) (elem (i32.const 0) $f)
    (func (export "wide") (param i64 i64 i32 i64) (result i64) ${'(drop (i32.const 1))'.repeat(30)} (local.get 3))
    (func $f (loop))
    (func (export "run") (call_indirect (type $t) (i32.const 0))))`);
  exports['run']();
  expect(exports['wide'](1n, 2n, 3, 4n)).toBe(4n);
});

describe('after a trap nothing is given back, whoever was called before', () => {
  const trap = '(drop (i32.load8_u (i32.const -1)))';
  const many = (call: string, times = 1_000): string => call.repeat(times);

  async function spends(source: string, exactTraps: boolean): Promise<(fuel: bigint) => bigint> {
    const module = compile(meter(await wat(source), { exactTraps }).bytes);
    return (fuel) => {
      const counters = new FuelMeter({ ...BUDGETS, fuel });
      const { exports } = counters.instantiate(module);
      const before = counters.fuelUsed;
      expect(() => exports['run'](0)).toThrow(TRAP);
      return counters.fuelUsed - before;
    };
  }
  const arms = (count: number, units: number): string =>
    `(if (i32.eqz (local.get 0)) (then ${seven.repeat(units / 7)}))`.repeat(count);

  test.each([
    [
      'functions that call small ones through a table',
      `(type $t (func)) (table 2 funcref) (elem (i32.const 0) $a $b)
      (func $a (drop (i32.const 1))) (func $b ${seven.repeat(8)})
      (func $g ${many('(call_indirect (type $t) (i32.const 1))', 15)})
      (func (export "run") (param i32) ${many('(call $g)')} ${trap})`,
    ],
    [
      'a table where tail calls are made',
      `(type $t (func)) (table 1 funcref) (elem (i32.const 0) $a) (tag $e)
      (func $a (drop (i32.const 1))) (func $x (return_call $y)) (func $y)
      (func $g (call_indirect (type $t) (i32.const 0)))
      (func (export "run") (param i32) (call $g) ${seven.repeat(200)} ${trap})`,
    ],
    [
      'recursion that returns early',
      `(func $f (param i32) (if (local.get 0) (then (call $g (i32.sub (local.get 0) (i32.const 1)))) (else ${seven.repeat(30)})))
      (func $g (param i32) (if (i32.ge_s (local.get 0) (i32.const 0)) (then ${many('(call $f (local.get 0))', 5)} (nop) (nop) (nop) (nop))))
      (func (export "run") (param i32) (call $f (i32.const 0)) ${many('(call $g (i32.const 0))')} ${trap})`,
    ],
    [
      'a function that checks, then works on',
      `(tag $e) (func $throws (throw $e))
      (func $k (param i32) (if (local.get 0) (then (call $k (i32.const 0)))) ${seven.repeat(60)} (if (local.get 0) (then (call $throws))) ${seven.repeat(70)})
      (func $g (call $k (i32.const 0)))
      (func (export "run") (param i32) (call $g) (if (i32.eqz (local.get 0)) (then ${seven.repeat(200)} ${trap})))`,
    ],
    [
      'a loop behind one that dispatches',
      `(func (export "run") (param i32) (local $i i32)
        (loop $d (block $a (block $b (br_table $a $b (local.get $i))) (local.set $i (i32.const 0)) (br $d)))
        (loop $l (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 900)))) ${trap})`,
    ],
    [
      'a loop around one that dispatches',
      `(func (export "run") (param i32) (local $i i32) (local $d i32)
        (loop $l (local.set $d (i32.const 0))
          (loop $d (block $a (block $b (br_table $b $a (local.get $d))) (local.set $d (i32.const 1)) (br $d)))
          (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 900)))) ${trap})`,
    ],
    [
      'a loop that calls, gone on with from one that dispatches',
      `(func $k (param i32) (if (local.get 0) (then (call $k (i32.const 0)))))
      (func (export "run") (param i32) (local $i i32) (local $d i32)
        (loop $l (local.set $i (i32.add (local.get $i) (i32.const 1))) (local.set $d (i32.const 0))
          (if (i32.eq (local.get $i) (i32.const 5)) (then (call $k (i32.const 1))))
          (if (i32.ge_u (local.get $i) (i32.const 900)) (then ${trap}))
          (loop $d (block $b (br_table $b $l (local.get $d))) (local.set $d (i32.const 1)) (br $d))))`,
    ],
    ['many arms', `(func (export "run") (param i32) ${arms(60, 210)} ${trap})`],
    [
      'a function that leaves much behind its check',
      `(func $f (param i32) (if (local.get 0) (then (call $f (i32.const 0)))) ${arms(7, 210)})
      (func (export "run") (param i32) ${`(call $f (local.get 0)) ${arms(6, 210)}`.repeat(12)} ${trap})`,
    ],
    [
      'an exported function that calls itself',
      `(func $run (export "run") (param i32) (if (local.get 0) (then (call $run (i32.const 0)))) ${seven.repeat(70)} ${trap})`,
    ],
    [
      'a small function with a loop, behind much that is unchecked',
      `(func $leaf (param i32) (local $i i32) ${seven.repeat(40)}
        (loop $l ${seven.repeat(25)} (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2)))))
      (func (export "run") (param i32) ${`${arms(7, 210)} (call $leaf (local.get 0))`.repeat(12)} ${trap})`,
    ],
    [
      'the same in an exported table',
      `(type $t (func (param i32))) (table (export "t") 1 funcref) (elem (i32.const 0) $f)
      (func $f (param i32) (if (local.get 0) (then (call $f (i32.const 0)))) ${arms(2, 210)})
      (func (export "run") (param i32) ${`(call_indirect (type $t) (local.get 0) (i32.const 0)) ${arms(6, 210)}`.repeat(12)} ${trap})`,
    ],
  ])('%s', async (_, body) => {
    const source = `(module (memory 1) ${body})`;
    const [ran, exact] = [await spends(source, false), await spends(source, true)];
    const cost = exact(1n << 30n);
    // A block ends shortly before the trap, or behind it (what instantiation costs comes first); of long paths, anywhere.
    const steps = [
      ...Array.from({ length: 150 }, (_, i) => cost + 1_600n - BigInt(i) * 37n),
      ...Array.from({ length: 40 }, (_, i) => (cost * BigInt(i)) / 40n),
    ];
    for (const beyond of steps) {
      const ahead = ran((1n << 30n) + beyond) - cost;
      expect(ahead).toBeGreaterThanOrEqual(0n);
      expect(ahead).toBeLessThanOrEqual(1_048_576n + 4_096n + 600n);
    }
  });
});

test('a trap by `unreachable`, and a full stack, are paid for exactly', async () => {
  const source = (end: string): string => `(module (type $t (func (param i32)))
    (table 1 funcref) (elem (i32.const 0) $g)
    (func $f (param i32) (loop $l
      (if (i32.eqz (local.get 0)) (then ${end}))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br $l)))
    (func $g (type $t) (call $f (local.get 0)) (nop))
    (func $deep (call $deep) (nop))
    (func (export "run") (call_indirect (type $t) (i32.const 5000) (i32.const 0))))`;
  for (const end of ['(unreachable)', '(call $deep)']) {
    const bytes = await wat(source(end));
    const [ran, exact] = [false, true].map((exactTraps) => {
      const counters = new FuelMeter({ ...BUDGETS, fuel: 1n << 40n });
      const { exports } = counters.instantiate(compile(meter(bytes, { exactTraps }).bytes));
      expect(() => exports['run']()).toThrow(TRAP);
      return counters.fuelUsed;
    });
    expect(ran).toBe(exact);
  }
});

describe('recursion ends before the stack of the engine does', () => {
  const list = (count: number, each: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => each(i)).join(' ');

  test.each([
    [
      'vector parameters',
      `(func $f (param ${'v128 '.repeat(300)}) (call $f ${list(300, (i) => `(local.get ${i})`)}))
      (func (export "run") (call $f ${'(v128.const i64x2 0 0)'.repeat(300)}))`,
    ],
    [
      'vector results',
      `(func $f (result ${'v128 '.repeat(200)}) (call $f)) (func (export "run") (call $f) ${'drop '.repeat(200)})`,
    ],
    [
      'vectors out of a global',
      `(global $v (mut v128) (v128.const i64x2 0 0))
      (func $f (export "run") ${'(global.get $v)'.repeat(300)} (call $f) ${'(global.set $v)'.repeat(300)})`,
    ],
    [
      'two functions in a private table',
      `(type $t (func (param i64))) (table 2 funcref) (elem (i32.const 0) $a $b)
      (func $a (type $t) (call_indirect (type $t) (local.get 0) (i32.const 1)))
      (func $b (type $t) (call $c (local.get 0)))
      (func $c (param i64) (call_indirect (type $t) (local.get 0) (i32.const 0)))
      (func (export "run") (call $c (i64.const 0)))`,
    ],
    [
      'a tail call and a call in turn',
      `(func $a (param i32) (return_call $b (local.get 0))) (func $b (param i32) (call $a (local.get 0)) (nop))
      (func (export "run") (call $a (i32.const 1)))`,
    ],
    [
      'the same, and the larger one makes the tail call',
      `(func $a (param i32) ${seven.repeat(9)} (return_call $b (local.get 0))) (func $b (param i32) (call $a (local.get 0)) (nop))
      (func (export "run") (call $a (i32.const 1)))`,
    ],
    [
      'the same through a table',
      `(type $t (func (param i32))) (table 1 funcref) (elem (i32.const 0) $b)
      (func $a (param i32) (return_call_indirect (type $t) (local.get 0) (i32.const 0)))
      (func $b (param i32) (call $a (local.get 0)) (nop)) (func (export "run") (call $a (i32.const 1)))`,
    ],
    [
      'frames that a tail call would hide',
      `(func $c (call $a) (nop)) (func $a ${seven.repeat(9)} (return_call $b)) (func $b (local ${'i64 '.repeat(100)}) (call $c) (nop))
      (func (export "run") (call $c))`,
    ],
  ])('%s', async (_, body) => {
    const { counters, exports } = await run(`(module ${body})`, { fuel: 1n << 40n });
    expect(() => exports['run']()).toThrow(TRAP);
    expect(counters.stackOverflowed).toBe(true);
  });
});

test.each([
  ['a private table', '', false],
  ['a private table, exact traps', '', true],
  ['an exported table', '(export "table")', false],
  ['an exported table, exact traps', '(export "table")', true],
])(
  'every budget up to the cost is exhausted, and none above it: %s',
  async (_, shares, exactTraps) => {
    const bytes = await wat(`(module (type $t (func (param i32) (result i32)))
    (table ${shares} 2 funcref) (elem (i32.const 0) $leaf $deep)
    (func $leaf (type $t) (local.get 0))
    (func $deep (type $t) ${seven.repeat(5)} (call $recursive (local.get 0)))
    (func $recursive (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (i32.add (call $recursive (i32.sub (local.get 0) (i32.const 1))) (call_indirect (type $t) (local.get 0) (i32.const 0))))
        (else (i32.const 1))))
    (func $spin (local $i i32)
      (loop $l (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20)))))
    (func (export "run") (result i32) (local $i i32)
      (loop $l
        (drop (call_indirect (type $t) (i32.const 4) (i32.const 1)))
        (call $spin)
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4))))
      (call $recursive (i32.const 3))))`);
    const metered = compile(meter(bytes, { exactTraps }).bytes);
    const spend = (fuel: bigint): { used: bigint; exhausted: boolean } => {
      const counters = new FuelMeter({ ...BUDGETS, fuel });
      try {
        counters.instantiate(metered).exports['run']();
      } catch {
        expect(counters.exhausted).toBe(true);
      }
      return { used: counters.fuelUsed, exhausted: counters.exhausted };
    };
    const { used } = spend(1n << 40n);
    // The path to the end costs the same whichever way it goes, so that nothing is paid ahead of it.
    for (let fuel = 0n; fuel < used + 10n; fuel++) {
      const short = fuel < used;
      expect(spend(fuel)).toEqual({ used: short ? fuel : used, exhausted: short });
    }
  },
);

describe('a run ends within one path after its budget, however long the path', () => {
  const count = '(global.set $n (i32.add (global.get $n) (i32.const 1)))';
  // Four units; straight, so that nothing is checked inside.
  const work = (units: number): string =>
    '(drop (i32.const 1)) (drop (i32.const 1))'.repeat(units / 4);
  const forms: readonly [string, (body: string) => string][] = [
    ['a loop', (body) => `(func (export "run") (loop $l ${count} ${body} (br $l)))`],
    [
      'a loop that is left in the middle',
      (body) =>
        `(func (export "run") (loop $l (block $out ${count} ${body} (br_if $out (i32.const 1)) ${body}) (br $l)))`,
    ],
    [
      'a loop that calls',
      (body) =>
        `(func $f (param i32) ${body}) (func (export "run") (loop $l ${count} (call $f (i32.const 0)) (br $l)))`,
    ],
    [
      'a loop that calls a private table',
      (body) => `(table 1 funcref) (elem (i32.const 0) $f) (func $f (type $t) ${body})
      (func (export "run") (loop $l ${count} (call_indirect (type $t) (i32.const 0)) (br $l)))`,
    ],
    [
      'a loop that calls an exported table',
      (
        body,
      ) => `(table (export "table") 1 funcref) (elem (i32.const 0) $f) (func $f (type $t) ${body})
      (func (export "run") (loop $l ${count} (call_indirect (type $t) (i32.const 0)) (br $l)))`,
    ],
    [
      'a function that calls itself again and again',
      (
        body,
      ) => `(func $f (param i32) ${body} (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "run") (loop $l ${count} (call $f (i32.const 3)) (br $l)))`,
    ],
    [
      'a loop after one that dispatches',
      (body) => `(func (export "run") (local i32)
        (loop $d (block $a (block $b (br_table $a $b (local.get 0))) (local.set 0 (i32.const 0)) (br $d)))
        (loop $l ${count} ${body} (br $l)))`,
    ],
    [
      'a loop around one that dispatches',
      (body) => `(func (export "run") (local i32)
        (loop $l ${count} (loop $d (block $a (block $b (br_table $a $b $l (local.get 0))) (br $d))) ${body} (br $l)))`,
    ],
    [
      'a loop of a long header and short arms',
      (body) =>
        `(func (export "run") (loop $l ${count} ${body} ${`(if (i32.const 1) (then ${work(100)}))`.repeat(14)} (br $l)))`,
    ],
    [
      'a loop of many arms',
      (body) =>
        `(func (export "run") (loop $l ${count} ${`(if (i32.const 1) (then ${body}))`.repeat(9)} (br $l)))`,
    ],
    [
      'a loop that fills',
      (body) => `(memory 2) (func (export "run")
        (loop $l ${count} ${body} (memory.fill (i32.const 0) (i32.const 1) (i32.const 16000)) (br $l)))`,
    ],
  ];

  test.each(forms)('%s', async (_, form) => {
    for (const units of [4, 400, 1_200, 2_000, 3_000, 5_000, 40_000, 300_000]) {
      const bytes = await wat(
        `(module (type $t (func)) (global $n (export "n") (mut i32) (i32.const 0)) ${form(work(units))})`,
      );
      const metered = compile(meter(bytes).bytes);
      for (let k = 0; k < 12; k++) {
        const fuel = BigInt(700_000 + k * 3_331);
        const counters = new FuelMeter({ ...BUDGETS, fuel });
        const { exports } = counters.instantiate(metered);
        expect(() => exports['run']()).toThrow(TRAP);
        expect(counters.exhausted).toBe(true);
        const rounds = (exports['n'] as unknown as WebAssembly.Global).value as number;
        expect(BigInt((rounds - 2) * units)).toBeLessThanOrEqual(fuel);
      }
    }
  });
});

test.each([
  ['called directly', '(call $host)'],
  ['in an exported table', '(call_indirect (type $t) (i32.const 0))'],
])(
  'a trap in the last block, swallowed by a function of the host, ends the guest: %s',
  async (_, call) => {
    const holder: { bad?: () => void; calls: number } = { calls: 0 };
    const swallows = (): void => {
      holder.calls++;
      expect(() => holder.bad?.()).toThrow(TRAP);
    };
    const { counters, exports } = await run(
      `(module (type $t (func)) (import "h" "h" (func $host (type $t))) (memory 1)
        (table (export "t") 1 funcref) (elem (i32.const 0) $host)
        (func (export "bad") (drop (i32.load (i32.const -1))))
        (func (export "run") (loop $l ${call} (br $l))))`,
      { fuel: 100_000n },
      { h: { h: swallows } },
    );
    holder.bad = exports['bad'];
    expect(() => exports['run']()).toThrow(TRAP);
    expect({ calls: holder.calls, exhausted: counters.exhausted }).toEqual({
      calls: 1,
      exhausted: true,
    });
  },
);

test('no frame of a recursion owes what its br_table would cost', async () => {
  const { counters, exports } = await run(
    `(module (func $f (export "run") (param i32)
      (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))))
      (if $out (i32.const 1) (then
        (loop (if $in (i32.const 0) (then ${seven.repeat(200)} (br_table $out $in (i32.const 0)))))
        (unreachable)))))`,
  );
  const before = counters.fuelUsed;
  expect(() => exports['run'](500)).toThrow(TRAP);
  expect(counters.fuelUsed - before).toBeGreaterThan(500n * 8n);
});

describe('a function that its callers pay for in full', () => {
  const pad = (code: string): string =>
    `(func $f (type $t) (block $b (try_table (catch_all $b) (nop))) ${code})`;
  const throughTable = '(table 1 funcref) (elem (i32.const 0) $f)';
  const byTable = '(call_indirect (type $t) (local.get 0) (i32.const 0))';
  const byCall = '(call $f (local.get 0))';

  test.each([
    ['comes to a landing pad without an exception', pad(''), byCall],
    ['comes to one, called through a table', `${throughTable} ${pad('')}`, byTable],
    [
      'comes to one that is a loop',
      '(func $f (type $t) (loop $b (try_table (catch_all $b) (nop))))',
      byCall,
    ],
    ['comes to one that is its end', '(func $f (type $t) (try_table (catch_all 0) (nop)))', byCall],
    ['traps behind one', pad('(unreachable)'), byCall],
    [
      'traps behind one, called through a table',
      `${throughTable} ${pad('(unreachable)')}`,
      byTable,
    ],
    ['traps on one way', '(func $f (type $t) (if (local.get 0) (then (unreachable))))', byCall],
    [
      'traps on one way, called through a table',
      `${throughTable} (func $f (type $t) (if (local.get 0) (then (unreachable))))`,
      byTable,
    ],
  ])('%s: exact', async (_, body, call) => {
    const bytes = await wat(`(module (type $t (func (param i32))) ${body}
      (func (export "run") (param i32) ${call} ${call} ${seven.repeat(9)}))`);
    for (const argument of [0, 1]) {
      const [ran, exact] = [false, true].map((exactTraps) => {
        const counters = new FuelMeter({ ...BUDGETS, fuel: 1n << 40n });
        const { exports } = counters.instantiate(compile(meter(bytes, { exactTraps }).bytes));
        try {
          (exports as Exports)['run'](argument);
        } catch (error) {
          expect(error).toBeInstanceOf(TRAP);
        }
        return counters.fuelUsed;
      });
      expect(ran).toBe(exact);
    }
  });
});

/** Where a trap finds the counter itself, what is charged at the end of a path is charged at its beginning. */
test.each([
  ['a way to a `return`', (way: string) => `(if (local.get 0) (then ${way} (return)))`, true],
  [
    'a function with a landing pad',
    (way: string) =>
      `(block $b (try_table (catch_all $b))) (if (local.get 0) (then ${way} (return)))`,
    false,
  ],
  [
    'a loop that dispatches',
    (way: string) =>
      `(loop $l (block $a (block $b (br_table $l $b $a (local.get 0))) ${way} (return)))`,
    false,
  ],
])('a bad address on the way leaks nothing: %s', async (_, body, exactTraps) => {
  const bytes = await wat(`(module (memory 1) (func (export "run") (param i32)
    ${body(`${seven.repeat(5)} (drop (i32.load (i32.const -1)))`)}))`);
  const counters = new FuelMeter({ ...BUDGETS, fuel: 1n << 40n });
  const { exports } = counters.instantiate(compile(meter(bytes, { exactTraps }).bytes));
  const before = counters.fuelUsed;
  expect(() => (exports as Exports)['run'](1)).toThrow(TRAP);
  expect(counters.fuelUsed - before).toBeGreaterThanOrEqual(5n * 7n + 2n);
});

/** A module of one type, `(i32) -> (i32)`; function 1 is exported as `run`. */
const module = (...bodies: (readonly number[])[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0].concat(
      section(1, [1, 0x60, 1, 0x7f, 1, 0x7f]),
      section(3, vector(bodies.map(() => 0))),
      section(6, [1, 0x7f, 1, 0x41, 0, 0x0b]),
      section(7, [1, 3, 0x72, 0x75, 0x6e, 0, 1]),
      section(10, [leb(bodies.length), ...bodies.map(vector)].flat()),
    ),
  );

describe('locals move behind the parameters that the meter adds', () => {
  const padded = (index: number): number[] => [(index & 0x7f) | 0x80, (index >> 7) | 0x80, 0x00];
  const calls0 = [0, 0x20, 0, 0x10, 0, 0x0b];

  test.each([1, 124, 125, 126, 127, 128, 129, 130, 200])('%d of them', (count) => {
    for (const index of [leb, padded, (i: number) => (i % 3 === 0 ? padded(i) : leb(i))]) {
      for (const recursive of [false, true]) {
        // Every local gets its own number; then all are added up.
        const code = [1, ...leb(count), 0x7f];
        if (recursive) code.push(0x20, 0, 0x41, 63, 0x4e, 0x04, 0x40, 0x41, 0, 0x10, 0, 0x1a, 0x0b);
        for (let i = 1; i <= count; i++) {
          code.push(0x20, 0, 0x41, ...leb(i & 63), 0x6a, 0x21, ...index(i));
          if (i % 5 === 0) code.push(0x02, 0x40, 0x0b);
        }
        code.push(0x41, 0);
        for (let i = 0; i <= count; i++) code.push(0x20, ...index(i), 0x6a);
        code.push(0x0b);
        const bytes = module(code, calls0);
        const plain = new WebAssembly.Instance(compile(bytes)).exports as Exports;
        const metered = new FuelMeter({ ...BUDGETS, fuel: 1n << 40n }).instantiate(
          compile(meter(bytes).bytes),
        );
        for (const argument of [0, 7, 100]) {
          expect(metered.exports['run'](argument)).toBe(plain['run'](argument));
        }
      }
    }
  });
});

describe('large functions take time in proportion', () => {
  test('a straight line of a million uses of far locals', () => {
    const body = [1, ...leb(300), 0x7f];
    for (let i = 0; i < 1_000_000; i++) body.push(0x20, 0xc8, 0x01, 0x1a);
    body.push(0x20, 0, 0x0b);
    expect(WebAssembly.validate(meter(module(body, [0, 0x20, 0, 0x10, 0, 0x0b])).bytes)).toBe(true);
  });

  test('calls in the innermost of many arms, and behind all of them', () => {
    const body = [0];
    for (let i = 0; i < 19_000; i++) body.push(0x20, 0, 0x04, 0x40);
    body.push(0x20, 0, 0x10, 0, 0x1a);
    for (let i = 0; i < 19_000; i++) {
      for (let k = 0; k < 20; k++) body.push(0x23, 0, 0x1a);
      body.push(0x0b);
    }
    body.push(0x20, 0, 0x10, 0, 0x0b);
    const { bytes } = meter(module(body, [0, 0x20, 0, 0x10, 0, 0x0b]));
    expect(bytes.length).toBeGreaterThan(body.length);
  });
});
