/// <reference lib="dom" />
/**
 * The start of a counter's block, wherever on a path it comes, is found by a check: zero is one. Guests that charge as
 * much as they can between two checks, and budgets that put the start everywhere.
 */
import { FuelMeter, meter } from '@skill-engine/metering';
import { describe, expect, test } from 'vitest';
import { BUDGETS, compile, wat, type Exports } from './build.ts';

const TRAP = WebAssembly.RuntimeError;
const BLOCK = 1_048_576n;
/** Even numbers of units, straight. */
const work = (units: number): string => '(drop (i32.const 1))'.repeat(units / 2);
/** Each pays for itself, without a check. */
const arms = (count: number, units: number): string =>
  `(if (i32.eqz (local.get 0)) (then ${work(units)}))`.repeat(count);
/** Four units a byte. */
const roots = (count: number): string =>
  `(local.set $f ${'(f64.sqrt '.repeat(count)}(local.get $f)${')'.repeat(count)})`;
const count = '(local.set $i (i32.add (local.get $i) (i32.const 1)))';
/** More than a caller pays for, and a check. */
const priced = `(func $c (param i32) ${work(244)} (loop ${arms(10, 200)}))`;

const guests: readonly [string, string, string][] = [
  [
    'a copied loop, behind a function that does not check',
    `(func $c (param i32) (local $i i32)
      (loop $l ${count} ${'(drop (i32.div_u (i32.const 1) (i32.const 1)))'.repeat(7)}
        (br_if $l (i32.lt_u (local.get $i) (i32.const 100)))))
    (func $b (param i32) ${arms(1, 280)} (call $c (local.get 0)))`,
    `${arms(6, 240)} ${arms(1, 80)} (call $b (local.get 0))`,
  ],
  [
    'copies that are left by a branch to the loop',
    '',
    `(loop $l ${count}
      (if (i32.lt_u (local.get $i) (i32.const 20)) (then ${roots(80)} (br $l)) (else (nop))))`,
  ],
  [
    'copies that are left by their end',
    '',
    `${'(local.set $i (i32.const 0))'} (loop $l ${count}
      (if (i32.lt_u (local.get $i) (i32.const 4)) (then ${roots(60)} (br_if $l (i32.const 1))) (else ${roots(1)})))
    ${arms(7, 200)}`.repeat(6),
  ],
  [
    'functions that pay ahead for what they call',
    `${priced} ${[...Array(8).keys()]
      .map(
        (i) => `(func $b${i} (param i32) ${i < 7 ? `(call $b${i + 1} (local.get 0))` : ''}
          ${'(call $c (i32.const 1))'.repeat(5)})`,
      )
      .join('')}`,
    `${arms(6, 230)} (call $b0 (local.get 0))`,
  ],
  [
    'functions that return early, and were paid for',
    `(func $c (param i32) (if (local.get 0) (then (return))) ${work(230)} (call $c (i32.const 1)) (nop))
    (func $b (param i32) ${'(call $c (i32.const 1))'.repeat(4)} (call $c (i32.const 0)))`,
    `${arms(6, 230)} (call $b (local.get 0))`,
  ],
  [
    'a recursion that turns out to cost less than its callers pay ahead',
    `(func $none) (func $g (param i32) ${work(80)} (if (local.get 0) (then (call $f (i32.const 1) (i32.const 1)))))
    (func $f (param i32 i32) (if (local.get 0)
      (then (block $b (if (local.get 1) (then (call $g (i32.const 1)) (unreachable)) (else ${work(230)} (br $b)))) (call $none))
      (else (return))))`,
    `${arms(4, 200)} (call $f (i32.const 0) (i32.const 0))`.repeat(12),
  ],
  [
    'a table that is branched by, behind much that is unchecked',
    '',
    `${arms(7, 200)} (block $a (block $b (br_table $a $b (local.get 0)))) ${arms(7, 200)}`,
  ],
  [
    'operations that pay by length, behind much that is unchecked, short and long',
    '',
    [24, 0, 9_000, 65_536]
      .map(
        (bytes) => `${arms(7, 200)} (memory.fill (i32.const 0) (i32.const 1) (i32.const ${bytes}))`,
      )
      .join(' '),
  ],
];

const source = (own: string, path: string, end: string): string => `(module (memory 1)
  (global $n (export "n") (mut i32) (i32.const 0)) ${own}
  (func (export "run") (param i32) (local $i i32) (local $f f64) ${path} ${end}))`;

interface Ran {
  readonly counters: FuelMeter;
  readonly exports: Exports;
  readonly trapped: boolean;
}

function run(module: WebAssembly.Module, fuel: bigint, argument = 0): Ran {
  const counters = new FuelMeter({ ...BUDGETS, fuel });
  const exports = counters.instantiate(module).exports as Exports;
  try {
    exports['run'](argument);
  } catch (error) {
    expect(error).toBeInstanceOf(TRAP);
    return { counters, exports, trapped: true };
  }
  return { counters, exports, trapped: false };
}

describe('no start of a block is passed by', () => {
  test.each(guests)('%s', async (_, own, path) => {
    const metered = async (end: string, exactTraps = false): Promise<WebAssembly.Module> =>
      compile(meter(await wat(source(own, path, end)), { exactTraps }).bytes);
    const plain = await metered('');
    const fails = await metered('(drop (i32.load8_u (i32.const -1)))');
    const exact = await metered('(drop (i32.load8_u (i32.const -1)))', true);
    const spins = await metered(`(local.set $i (i32.const 0))
      (loop $l (global.set $n (i32.add (global.get $n) (i32.const 1))) ${count}
        (br_if $l (i32.lt_u (local.get $i) (i32.const 3000))))`);
    const far = 4_096n * BLOCK;
    const used = run(plain, far).counters.fuelUsed;
    const spent = run(exact, far).counters.fuelUsed;
    for (let p = 1_000n; p < used; p += 13n) {
      expect(run(plain, far + p).counters.fuelUsed).toBe(used);
      const ahead = run(fails, far + p).counters.fuelUsed - spent;
      expect(ahead).toBeGreaterThanOrEqual(0n);
      const { counters, exports, trapped } = run(spins, p);
      expect({ exhausted: counters.exhausted, trapped }).toEqual({
        exhausted: true,
        trapped: true,
      });
      expect((exports['n'] as WebAssembly.Global).value).toBeLessThan(300);
    }
  });
});

/** What is spent beyond the budget may be any number, also the one that stands for "not yet". */
describe.each([false, true])('every short budget is exhausted, exactTraps %s', (exactTraps) => {
  test.each([
    ['an arm', '', `(if (local.get 0) (then ${work(6_000)}))`],
    [
      'a function with a landing pad',
      '(tag $e)',
      `(block $b (try_table (catch_all $b) (nop))) (if (local.get 0) (then ${work(6_000)}))`,
    ],
    [
      'a loop that dispatches',
      '',
      `(block $out (loop $d (block $a (block $b (br_table $a $b (i32.const 0))))
        (if (local.get 0) (then ${work(6_000)} (br $out)) (else (br $d)))))`,
    ],
  ])('%s', async (_, own, path) => {
    const module = compile(meter(await wat(source(own, path, '')), { exactTraps }).bytes);
    const used = run(module, 1n << 40n, 1).counters.fuelUsed;
    for (let beyond = 0n; beyond < 4_200n; beyond += beyond < 4_080n ? 17n : 1n) {
      expect(run(module, used - 1n - beyond, 1).counters.exhausted).toBe(true);
    }
    expect(run(module, used, 1).counters.exhausted).toBe(false);
  });
});

describe.each([false, true])('frames that return check as well, exactTraps %s', (exactTraps) => {
  const tail = `(global.set $n (i32.add (global.get $n) (i32.const 1))) ${work(400)}`;
  const deeper = '(i32.sub (local.get 0) (i32.const 1))';

  test.each([
    [
      'of a recursion',
      `(tag $e) (func $x (throw $e))
      (func $f (param i32) (if (local.get 0) (then (call $f ${deeper}))) ${tail})`,
    ],
    [
      'with landing pads, of a recursion through a table that others reach',
      `(tag $e) (type $t (func (param i32))) (table (export "t") 1 funcref) (elem (i32.const 0) $f)
      (func $f (param i32) (block $b (try_table (catch_all $b) (nop)))
        (if (local.get 0) (then (call_indirect (type $t) ${deeper} (i32.const 0)))) ${tail})`,
    ],
    [
      'that catch and throw again',
      `(tag $e) (func $f (param i32) (if (i32.eqz (local.get 0)) (then (throw $e)))
        (block $b (try_table (catch_all $b) (call $f ${deeper}))) ${tail} (throw $e))`,
    ],
    [
      'that throw to the end of a function',
      `(tag $e) (func $g (param i32) (call $f ${deeper}) ${tail} (throw $e))
      (func $f (param i32) (if (local.get 0) (then (try_table (catch_all 1) (call $g (local.get 0))) (return))) (throw $e))`,
    ],
  ])('%s', async (_, own) => {
    const text = source(
      own,
      '(block $all (try_table (catch_all $all) (call $f (i32.const 400))))',
      '',
    );
    const module = compile(meter(await wat(text), { exactTraps }).bytes);
    const used = run(module, 1n << 40n).counters.fuelUsed;
    for (let k = 1n; k < 40n; k++) {
      const fuel = (used * k) / 40n;
      const { counters, exports } = run(module, fuel);
      expect(counters.exhausted).toBe(true);
      const rounds = (exports['n'] as WebAssembly.Global).value as number;
      expect(BigInt((rounds - 6) * 400)).toBeLessThanOrEqual(fuel);
    }
  });
});
