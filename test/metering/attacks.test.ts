/// <reference lib="dom" />
import {
  FuelMeter,
  MeterStop,
  MeteringError,
  NAMESPACE,
  TABLE_ELEMENT_BYTES,
  meter,
} from '@skill-engine/metering';
import { describe, expect, test } from 'vitest';
import { BUDGETS, compile, component, run, wat } from './build.ts';

const TRAP = WebAssembly.RuntimeError;
const PAGE = 65_536;

describe('fuel', () => {
  test('an endless loop ends (CPU-01)', async () => {
    const { counters, exports } = await run('(module (func (export "run") (loop (br 0))))');
    expect(() => exports['run']()).toThrow(TRAP);
    expect(counters.exhausted).toBe(true);
    expect(counters.fuelRemaining).toBe(0n);
    expect(counters.fuelUsed).toBe(BUDGETS.fuel);
  });

  test.each([
    ['br_if', '(loop (br_if 0 (i32.const 1)))'],
    ['br_table', '(loop (br_table 0 0 (i32.const 5)))'],
    ['nested in blocks', '(loop (block (block (br 2))))'],
    ['with a dead tail', '(loop (br 0) (unreachable))'],
    ['through if', '(loop (if (i32.const 1) (then (br 1))))'],
    ['two loops that take turns', '(loop (loop (br 1)))'],
  ])('an endless loop by %s ends', async (_, body) => {
    const { counters, exports } = await run(`(module (func (export "run") ${body}))`);
    expect(() => exports['run']()).toThrow(TRAP);
    expect(counters.exhausted).toBe(true);
  });

  test.each([
    ['return_call', '(func $f (export "run") (return_call $f))'],
    [
      'return_call_indirect',
      '(type $t (func)) (table 1 funcref) (elem (i32.const 0) $f) (func $f (export "run") (return_call_indirect (type $t) (i32.const 0)))',
    ],
    ['two functions', '(func $f (export "run") (return_call $g)) (func $g (return_call $f))'],
  ])('endless tail calls by %s end without growing the stack', async (_, body) => {
    const { counters, exports } = await run(`(module ${body})`);
    expect(() => exports['run']()).toThrow(TRAP);
    expect(counters.exhausted).toBe(true);
    expect(counters.stackOverflowed).toBe(false);
  });

  test.each([
    ['without a call', '(if (local.get 0) (then (call $f (i32.const 0))))'],
    ['before the calls', '(if (i32.eqz (local.get 0)) (then return)) (call $f (i32.const 0))'],
  ])('a path %s through a recursive export is checked', async (_, body) => {
    const { counters, exports } = await run(
      `(module (func $f (export "run") (param i32) ${body}))`,
      { fuel: 5_000n },
    );
    expect(() => {
      for (let i = 0; i < 5_000; i++) exports['run'](0);
    }).toThrow(TRAP);
    expect(counters.exhausted).toBe(true);
    expect(() => exports['run'](0)).toThrow(TRAP);
  });

  test('work that doubles at every level of calls ends, though nothing loops or recurses', async () => {
    const levels = Array.from(
      { length: 60 },
      (_, i) => `(func $f${i} (call $f${i + 1}) (call $f${i + 1}))`,
    ).join('\n');
    const { counters, exports } = await run(
      `(module ${levels} (func $f60 nop) (func (export "run") (call $f0)))`,
    );
    expect(() => exports['run']()).toThrow(TRAP);
    expect(counters.exhausted).toBe(true);
  });

  test('a start function pays (CPU-02)', async () => {
    const counters = new FuelMeter(BUDGETS);
    const module = compile(meter(await wat('(module (func $s (loop (br 0))) (start $s))')).bytes);
    expect(() => counters.instantiate(module)).toThrow(TRAP);
    expect(counters.exhausted).toBe(true);
  });

  test.each(['cabi_realloc', 'cabi_post_run'])(
    '%s pays, called by the host as any export (CPU-03)',
    async (name) => {
      const source = `(module (func (export "${name}") (param i32 i32 i32 i32) (result i32) (loop (br 0)) (unreachable)))`;
      const { counters, exports } = await run(source);
      expect(() => exports[name](0, 0, 1, 8)).toThrow(TRAP);
      expect(counters.exhausted).toBe(true);
    },
  );

  const catching = {
    'try_table catch_all': '(block $h (try_table (catch_all $h) (call $spin)))',
    'try_table catch_all_ref':
      '(block $h (result exnref) (try_table (catch_all_ref $h) (call $spin)) (ref.null exn)) (drop)',
  };
  test.each(Object.entries(catching))('exhaustion passes %s', async (_, body) => {
    const { counters, exports } = await run(
      `(module (global $reached (export "reached") (mut i32) (i32.const 0)) (func $spin (loop (br 0))) (func (export "run") ${body} (global.set $reached (i32.const 1))))`,
    );
    expect(() => exports['run']()).toThrow(TRAP);
    expect(counters.exhausted).toBe(true);
    expect(exports['reached'].value).toBe(0);
  });

  test('a host charge that the guest catches still ends it at its next check', async () => {
    const source = `(module (import "host" "work" (func $work))
      (global $rounds (export "rounds") (mut i32) (i32.const 0))
      (func (export "run") (loop
        (block $h (try_table (catch_all $h) (call $work)))
        (global.set $rounds (i32.add (global.get $rounds) (i32.const 1)))
        (br 0))))`;
    const counters: { meter?: FuelMeter } = {};
    const guest = await run(
      source,
      {},
      { host: { work: () => counters.meter?.consume(600_000n) } },
    );
    counters.meter = guest.counters;
    expect(() => guest.exports['run']()).toThrow(TRAP);
    expect(guest.counters.exhausted).toBe(true);
    expect(guest.exports['rounds'].value).toBeLessThanOrEqual(2);
  });

  test('a host call that swallows an exhaustion does not bring the guest back', async () => {
    const source = `(module (import "host" "again" (func $again))
      (func (export "spin") (loop (br 0)))
      (func (export "run") (param i32) (result i32)
        (block $out (br_if $out (local.get 0)) (call $again) (call $again) (nop))
        (call $again) (i32.const 1)))`;
    const holder: { spin?: () => void } = {};
    let swallowed = 0;
    const again = (): void => {
      try {
        holder.spin?.();
      } catch {
        swallowed++;
      }
    };
    const { counters, exports } = await run(source, {}, { host: { again } });
    holder.spin = exports['spin'];
    // It would call three times: it comes no further than behind the first.
    expect(() => exports['run'](0)).toThrow(TRAP);
    expect(swallowed).toBe(1);
    expect(counters.exhausted).toBe(true);
    expect(() => exports['run'](1)).toThrow(TRAP);
  });

  test('work before a trap that a host call swallows stays paid', async () => {
    // Each call of `work` spends 700 000 units, hands the counter over to a table, and traps.
    const source = `(module (import "host" "again" (func $again))
      (type $t (func (param i32) (result i32)))
      (table 1 1 funcref) (elem (i32.const 0) $next)
      (func $next (type $t) (i32.add (local.get 0) (i32.const 1)))
      (func $spend (param i32) (loop $l
        (local.set 0 (call_indirect (type $t) (local.get 0) (i32.const 0)))
        (br_if $l (i32.lt_u (local.get 0) (i32.const 50000)))))
      (func (export "work") (call $spend (i32.const 0)) (unreachable))
      (func (export "run") (call $again) (call $again) (call $spend (i32.const 49990))))`;
    const holder: { work?: () => void } = {};
    const spent: bigint[] = [];
    const again = (): void => {
      const before = counters.fuelRemaining;
      expect(() => holder.work?.()).toThrow(TRAP);
      spent.push(before - counters.fuelRemaining);
    };
    const { counters, exports } = await run(source, { fuel: 10_000_000n }, { host: { again } });
    holder.work = exports['work'];
    const before = counters.fuelRemaining;
    exports['run']();
    const total = before - counters.fuelRemaining;
    for (const units of spent) expect(units).toBeGreaterThan(500_000n);
    expect(total).toBeGreaterThan((spent[0] as bigint) + (spent[1] as bigint));
    // No more than the leases that the two traps left behind.
    expect(total).toBeLessThan((spent[0] as bigint) + (spent[1] as bigint) + 10_000n);
  });

  test('a call through a table costs the same, whoever else reaches the table', async () => {
    // `again` calls the table and is called from it, without being in it.
    const source = (shares: string): string => `(module (type $t (func (param i32) (result i32)))
      (table ${shares} 2 funcref) (elem (i32.const 0) $leaf $deep)
      (func $leaf (type $t) (i32.add (local.get 0) (i32.const 1)))
      (func $deep (type $t) (local.get 0) (if (result i32) (then (call $again (local.get 0))) (else (i32.const 7))))
      (func $again (param i32) (result i32)
        (i32.add (call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 1))
          (call_indirect (type $t) (local.get 0) (i32.const 0))))
      (func $more (param i32) (result i32) (i32.mul (call_indirect (type $t) (local.get 0) (i32.const 1)) (i32.const 3)))
      (func (export "run") (param i32) (result i32)
        (i32.add (call $more (local.get 0)) (call_indirect (type $t) (local.get 0) (i32.const 0)))
        (i32.add (i32.mul (i32.const 5) (i32.const 6))) (i32.xor (i32.const 99)) (i32.xor (i32.const 9))
        (i32.xor (i32.const 99)) (i32.xor (i32.const 9)) (i32.xor (i32.const 99)) (i32.xor (i32.const 9))))`;
    const fuel = await Promise.all(
      ['', '(export "table")'].map(async (shares) => {
        const { counters, exports } = await run(source(shares));
        return [0, 1, 2, 5, 20].map((n) => {
          const before = counters.fuelUsed;
          exports['run'](n);
          return counters.fuelUsed - before;
        });
      }),
    );
    expect(fuel[0]).toEqual(fuel[1]);
  });

  test('functions that the host takes out of a table pay like exports', async () => {
    const { counters, exports } = await run(`(module
      (table (export "table") 2 funcref) (elem (i32.const 0) $count $twice)
      (func $count (param i32) (loop $l
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (br_if $l (i32.gt_s (local.get 0) (i32.const 0)))))
      (func $twice (param i32) (call $count (local.get 0)) (call_indirect (param i32) (local.get 0) (i32.const 0)))
      (func (export "count") (param i32) (call $count (local.get 0))))`);
    const cost = (call: () => void): bigint => {
      const before = counters.fuelRemaining;
      call();
      return before - counters.fuelRemaining;
    };
    const once = cost(() => exports['count'](1_000));
    expect(cost(() => exports['table'].get(0)(1_000))).toBeGreaterThan(once - 10n);
    expect(cost(() => exports['table'].get(1)(1_000))).toBeGreaterThan(2n * once - 20n);
    expect(cost(() => exports['table'].get(1)(1_000))).toBeLessThan(2n * once + 20n);
    expect(() => exports['table'].get(0)(10_000_000)).toThrow(TRAP);
    expect(counters.exhausted).toBe(true);
  });

  test('re-entry after exhaustion traps, in every export and in a new instance', async () => {
    const { counters, exports } = await run(
      '(module (func (export "run") (loop (br 0))) (func (export "nothing")) (func (export "add") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))',
    );
    expect(() => exports['run']()).toThrow(TRAP);
    expect(() => exports['nothing']()).toThrow(TRAP);
    expect(() => exports['add'](1)).toThrow(TRAP);
    const another = compile(meter(await wat('(module (func (export "f")))')).bytes);
    expect(() => counters.instantiate(another)).toThrow(MeterStop);
    expect(() => counters.consume(0n)).toThrow(MeterStop);
    expect(counters.fuelRemaining).toBe(0n);
  });

  test('every module of a component spends the same budget', async () => {
    const spin =
      '(func (export "spin") (param i32) (loop (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if 0 (local.get 0))))';
    const modules = await component({
      shim: `(module ${spin})`,
      main: `(module (import "shim" "spin" (func $spin (param i32))) (func (export "both") (param i32) (call $spin (local.get 0)) (call $own (local.get 0))) (func $own (param i32) (call $spin (local.get 0))))`,
      late: `(module ${spin} (func $s (loop (br 0))) (start $s))`,
    });
    const get = (name: string): WebAssembly.Module => modules.get(name) as WebAssembly.Module;
    const counters = new FuelMeter(BUDGETS);
    const shim = counters.instantiate(get('shim'));
    const main = counters.instantiate(get('main'), { shim: shim.exports });
    const before = counters.fuelUsed;
    main.exports['both'](1000);
    expect(Number(counters.fuelUsed - before)).toBeGreaterThanOrEqual(2 * 6 * 1000);
    expect(() => counters.instantiate(get('late'))).toThrow(TRAP);
    expect(counters.exhausted).toBe(true);
    expect(() => shim.exports['spin'](1)).toThrow(TRAP);
    expect(() => main.exports['both'](1)).toThrow(TRAP);
  });

  test.each([
    [
      'memory.fill',
      '(memory 16) (func (export "run") (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 1000000)) (br 0)))',
    ],
    [
      'memory.copy',
      '(memory 16) (func (export "run") (loop (memory.copy (i32.const 0) (i32.const 8) (i32.const 1000000)) (br 0)))',
    ],
    [
      'table.fill',
      '(table 50000 funcref) (func (export "run") (loop (table.fill (i32.const 0) (ref.null func) (i32.const 50000)) (br 0)))',
    ],
    [
      'table.copy',
      '(table 50000 funcref) (func (export "run") (loop (table.copy (i32.const 0) (i32.const 1) (i32.const 49999)) (br 0)))',
    ],
  ])('%s pays by length', async (_, body) => {
    let rounds = 0;
    const counted = body
      .replace('(loop', '(loop (call $tick)')
      .replace('(func (export', '(func $r (export');
    const { counters, exports } = await run(
      `(module (import "host" "tick" (func $tick)) ${counted})`,
      {},
      { host: { tick: () => rounds++ } },
    );
    expect(() => exports['run']()).toThrow(TRAP);
    expect(counters.exhausted).toBe(true);
    expect(rounds).toBeLessThanOrEqual(25);
  });

  test('a hostile 64-bit length neither wraps the counter nor refills it', async () => {
    const { counters, exports } = await run(
      '(module (memory i64 1) (table i64 1 funcref) (func (export "fill") (param i64) (memory.fill (i64.const 0) (i32.const 1) (local.get 0))) (func (export "table") (param i64) (table.fill (i64.const 0) (ref.null func) (local.get 0))))',
      { fuel: 1n << 60n },
    );
    for (const length of [-1n, 1n << 63n, (1n << 63n) - 1n, 1n << 41n, (1n << 63n) | (1n << 33n)]) {
      const before = counters.fuelRemaining;
      expect(() => exports['fill'](length)).toThrow(TRAP);
      expect(() => exports['table'](length)).toThrow(TRAP);
      expect(counters.fuelRemaining).toBeLessThan(before);
    }
  });
});

describe('stack', () => {
  test.each([
    ['direct recursion', '(func $f (export "run") (call $f))'],
    [
      'recursion in one arm',
      '(func $f (export "run") (param i32) (if (i32.eqz (local.get 0)) (then (call $f (i32.const 0)))))',
    ],
    [
      'recursion behind an early return',
      '(func $f (export "run") (param i32) (if (local.get 0) (then return)) (call $f (local.get 0)))',
    ],
    [
      'mutual recursion',
      '(func $f (export "run") (call $g)) (func $g (call $h)) (func $h (call $f))',
    ],
    [
      'a table',
      '(type $t (func)) (table 1 funcref) (elem (i32.const 0) $f) (func $f (export "run") (call_indirect (type $t) (i32.const 0)))',
    ],
    [
      'a typed reference',
      '(type $t (func)) (elem declare func $f) (func $f (export "run") (call_ref $t (ref.func $f)))',
    ],
    [
      'an exported table',
      '(type $t (func)) (table (export "t") 1 funcref) (elem (i32.const 0) $f) (func $f (export "run") (call_indirect (type $t) (i32.const 0)))',
    ],
    [
      'catch_all at every level',
      '(func $f (export "run") (block $h (try_table (catch_all $h) (call $f))))',
    ],
    ['huge frames', `(func $f (export "run") (local ${'i64 '.repeat(5000)}) (call $f))`],
    ['vector frames', `(func $f (export "run") (local ${'v128 '.repeat(3000)}) (call $f))`],
    [
      'a tall operand stack',
      `(func $f (export "run") (result i32) ${'(i32.const 1)'.repeat(3000)} (call $f) ${'i32.add '.repeat(3000)})`,
    ],
    ['many results', `(func $f (export "run") (result ${'i64 '.repeat(500)}) (call $f))`],
    [
      'many parameters',
      `(func $f (param ${'i64 '.repeat(500)}) (call $f ${'(i64.const 1)'.repeat(500)})) (func (export "run") (call $f ${'(i64.const 1)'.repeat(500)}))`,
    ],
    [
      'chains of large frames between recursions',
      `(func $f (export "run") (call $c0)) ${Array.from({ length: 40 }, (_, i) => `(func $c${i} (local ${'i64 '.repeat(500)}) (call $${i === 39 ? 'f' : `c${i + 1}`}))`).join('')}`,
    ],
  ])('%s ends as a stack overflow, not as a crash (CPU-07)', async (_, body) => {
    const { counters, exports } = await run(`(module ${body})`, { fuel: 1n << 40n });
    let error: unknown;
    try {
      exports['run']();
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(TRAP);
    expect(counters.stackOverflowed).toBe(true);
    expect(counters.exhausted).toBe(false);
  });

  test.each([
    ['falls through', '(call $f (i32.sub (local.get 0) (i32.const 1)))'],
    ['branches', '(call $f (i32.sub (local.get 0) (i32.const 1))) (br $out)'],
    [
      'branches on a condition',
      '(call $f (i32.sub (local.get 0) (i32.const 1))) (br_if $out (local.get 0))',
    ],
    ['returns', '(call $f (i32.sub (local.get 0) (i32.const 1))) return'],
    ['tail-calls', '(return_call $f (i32.sub (local.get 0) (i32.const 1)))'],
    [
      'leaves a loop',
      '(call $f (i32.sub (local.get 0) (i32.const 1))) (loop $l (br_if $out (local.get 0)) (br $l))',
    ],
  ])('an arm that %s gives its stack back, round after round', async (_, body) => {
    const { counters, exports } = await run(
      `(module (func $f (param i32) (block $out (if (local.get 0) (then ${body}))))
        (func (export "run") (param i32) (call $f (local.get 0))))`,
      { fuel: 1n << 40n, stackBytes: 10_000 },
    );
    for (let i = 0; i < 1000; i++) exports['run'](5);
    const deep = (): unknown => exports['run'](1000);
    if (body.includes('return_call')) deep();
    else expect(deep).toThrow(TRAP);
    expect(counters.stackOverflowed).toBe(!body.includes('return_call'));
  });

  test('the depth is the same on every run, cold and warm', async () => {
    const { counters, exports } = await run(
      '(module (global $d (export "d") (mut i32) (i32.const 0)) (func $f (export "run") (global.set $d (i32.add (global.get $d) (i32.const 1))) (call $f)))',
      { fuel: 1n << 50n },
    );
    const depths = new Set<number>();
    for (let i = 0; i < 300; i++) {
      exports['d'].value = 0;
      expect(() => exports['run']()).toThrow(TRAP);
      depths.add(exports['d'].value);
      counters.unwound();
    }
    expect(depths.size).toBe(1);
    expect([...depths][0]).toBeGreaterThan(1000);
  });

  test('recursion through another module and through the host counts', async () => {
    const modules = await component({
      a: '(module (type $t (func)) (table (export "t") 1 funcref) (func $f (export "f") (call_indirect (type $t) (i32.const 0))))',
      b: '(module (import "a" "t" (table 1 funcref)) (import "a" "f" (func $f)) (func $g (call $f)) (elem (i32.const 0) $g))',
    });
    const counters = new FuelMeter({ ...BUDGETS, fuel: 1n << 40n });
    const a = counters.instantiate(modules.get('a') as WebAssembly.Module);
    counters.instantiate(modules.get('b') as WebAssembly.Module, { a: a.exports });
    expect(() => a.exports['f']()).toThrow(TRAP);
    expect(counters.stackOverflowed).toBe(true);

    const holder: { run?: () => void } = {};
    const guest = await run(
      '(module (import "h" "f" (func $f)) (func (export "run") (call $f)))',
      { stackBytes: 100_000 },
      { h: { f: () => holder.run?.() } },
    );
    holder.run = guest.exports['run'];
    expect(() => guest.exports['run']()).toThrow(TRAP);
    expect(guest.counters.stackOverflowed).toBe(true);
  });

  test('exceptions that unwind many frames give their stack back', async () => {
    const source = `(module (tag $e)
      (func $deep (param i32) (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1))) (return))) (throw $e))
      (func (export "run") (param i32) (local $n i32) (local.set $n (i32.const 200))
        (loop $again
          (block $h (try_table (catch $e $h) (call $deep (local.get 0))))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))`;
    const { counters, exports } = await run(source, { fuel: 1n << 40n });
    exports['run'](500);
    expect(counters.stackOverflowed).toBe(false);
  });
});

describe('memory', () => {
  test('a declared minimum above the total is refused before anything is allocated (MEM-01)', async () => {
    const module = compile(meter(await wat('(module (memory 65))')).bytes);
    const counters = new FuelMeter({ ...BUDGETS, memoryBytes: 64 * PAGE });
    expect(() => counters.instantiate(module)).toThrow(
      expect.objectContaining({ code: 'MEMORY_EXCEEDED' }),
    );
    expect(counters.memoryDenied).toBe(true);
    expect(counters.memoryPeakBytes).toBe(0);
  });

  test.each([
    ['32-bit', '', 'i32', -1],
    ['64-bit', 'i64 ', 'i64', -1n],
  ])(
    'growth beyond the total gives -1 and the guest goes on, %s (MEM-02)',
    async (_, kind, type, minusOne) => {
      const one = type === 'i64' ? (n: number) => BigInt(n) : (n: number) => n;
      const { counters, exports } = await run(
        `(module (memory ${kind}2) (func (export "grow") (param ${type}) (result ${type}) (memory.grow (local.get 0))) (func (export "size") (result ${type}) (memory.size)))`,
        { memoryBytes: 8 * PAGE },
      );
      expect(exports['grow'](one(3))).toBe(one(2));
      expect(counters.memoryDenied).toBe(false);
      expect(exports['grow'](one(4))).toBe(minusOne);
      expect(exports['grow'](one(-1))).toBe(minusOne);
      expect(counters.memoryDenied).toBe(true);
      expect(exports['grow'](one(3))).toBe(one(5));
      expect(exports['grow'](one(1))).toBe(minusOne);
      expect(exports['size']()).toBe(one(8));
      expect(counters.memoryPeakBytes).toBe(8 * PAGE);
    },
  );

  test('a growth that the memory itself refuses is not debited', async () => {
    const { counters, exports } = await run(
      '(module (memory 1 2) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))',
    );
    expect(exports['grow'](5)).toBe(-1);
    expect(counters.memoryPeakBytes).toBe(PAGE);
    expect(counters.memoryDenied).toBe(false);
  });

  test('two memories share one total', async () => {
    const { counters, exports } = await run(
      '(module (memory $a 1) (memory $b 1) (func (export "a") (result i32) (memory.grow $a (i32.const 3))) (func (export "b") (result i32) (memory.grow $b (i32.const 3))))',
      { memoryBytes: 6 * PAGE },
    );
    expect(exports['a']()).toBe(1);
    expect(exports['b']()).toBe(-1);
    expect(counters.memoryPeakBytes).toBe(5 * PAGE);
  });

  test('memories of several modules share one total', async () => {
    const source =
      '(module (memory 1) (func (export "grow") (result i32) (memory.grow (i32.const 3))))';
    const modules = await component({ a: source, b: source });
    const counters = new FuelMeter({ ...BUDGETS, memoryBytes: 6 * PAGE });
    const a = counters.instantiate(modules.get('a') as WebAssembly.Module);
    const b = counters.instantiate(modules.get('b') as WebAssembly.Module);
    expect(a.exports['grow']()).toBe(1);
    expect(b.exports['grow']()).toBe(-1);
  });

  test('tables count, declared and grown (MEM-03)', async () => {
    const source = (min: number): string => `(module (table ${min} funcref) (table $x 0 externref)
      (func (export "grow") (param i32) (result i32) (table.grow 0 (ref.null func) (local.get 0)))
      (func (export "growx") (param i32) (result i32) (table.grow $x (ref.null extern) (local.get 0))))`;
    const memoryBytes = 1000 * TABLE_ELEMENT_BYTES;
    await expect(run(source(1001), { memoryBytes })).rejects.toThrow(MeterStop);
    const { counters, exports } = await run(source(100), { memoryBytes });
    expect(exports['grow'](500)).toBe(100);
    expect(exports['growx'](401)).toBe(-1);
    expect(exports['growx'](400)).toBe(0);
    expect(exports['grow'](1)).toBe(-1);
    expect(exports['grow'](-1)).toBe(-1);
    expect(counters.memoryPeakBytes).toBe(memoryBytes);
  });

  test('nine hundred instances of one module come out of one total', async () => {
    const module = compile(meter(await wat('(module (memory 1))')).bytes);
    const counters = new FuelMeter({ fuel: 1n << 40n, memoryBytes: 100 * PAGE });
    let made = 0;
    expect(() => {
      for (let i = 0; i < 900; i++) {
        counters.instantiate(module);
        made++;
      }
    }).toThrow(MeterStop);
    expect(made).toBe(100);
    const empty = compile(meter(await wat('(module)')).bytes);
    const few = new FuelMeter({ fuel: 500_000n, memoryBytes: 0 });
    expect(() => {
      for (let i = 0; i < 900; i++) few.instantiate(empty);
    }).toThrow(expect.objectContaining({ code: 'FUEL_EXHAUSTED' }));
  });
});

describe('the namespace of the meter', () => {
  test.each([
    ['imports', `(module (import "${NAMESPACE}" "fuel" (global (mut i64))))`],
    ['imports of a longer name', `(module (import "${NAMESPACE}/x" "fuel" (global (mut i64))))`],
    ['exports', `(module (func (export "${NAMESPACE}")))`],
    ['custom sections', `(module (@custom "${NAMESPACE}" "x"))`],
  ])('%s are refused', async (_, source) => {
    const bytes = await wat(source);
    expect(() => meter(bytes)).toThrow(
      expect.objectContaining({ name: 'MeteringError', code: 'RESERVED_NAME' }),
    );
  });

  test('an index that only the appended locals, globals or functions would have is refused', async () => {
    // A function with one local, and one global: byte by byte, the index is moved past what the guest declared.
    const bytes = await wat(
      '(module (global (mut i64) (i64.const 0)) (func (local i64) (local.set 0 (i64.const 5)) (global.set 0 (i64.const 7))))',
    );
    const at = (opcode: number): number => bytes.lastIndexOf(opcode);
    for (const [opcode, upTo] of [
      [0x21, 4],
      [0x24, 12],
    ] as const) {
      for (let index = 1; index <= upTo; index++) {
        const changed = bytes.slice();
        changed[at(opcode) + 1] = index;
        expect(() => meter(changed)).toThrow(MeteringError);
      }
    }
  });

  test('a module that was not metered is not instantiated', async () => {
    const counters = new FuelMeter(BUDGETS);
    const plain = compile(await wat('(module)'));
    expect(() => counters.instantiate(plain)).toThrow(
      expect.objectContaining({ code: 'NOT_METERED' }),
    );
  });

  test('a metered module is not metered twice', async () => {
    const { bytes } = meter(await wat('(module (func))'));
    expect(() => meter(bytes)).toThrow(expect.objectContaining({ code: 'RESERVED_NAME' }));
  });
});
