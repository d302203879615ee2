/// <reference lib="dom" />
import wabtFactory from 'wabt';
import { describe, expect, test } from 'vitest';
import {
  COSTS,
  DEFAULT_STACK_BYTES,
  FUEL_PER_PAGE,
  FuelMeter,
  MAX_FUEL,
  MeterStop,
  meter,
  type MeteringOptions,
} from './index.ts';

const wabt = await wabtFactory();
const compile = (source: string, options: MeteringOptions = {}): WebAssembly.Module =>
  new WebAssembly.Module(
    meter(wabt.parseWat('t.wat', source, { bulk_memory: true }).toBinary({}).buffer, options).bytes,
  );

describe('options', () => {
  test.each([-1n, MAX_FUEL + 1n, 5 as never, undefined as never])('fuel %s is refused', (fuel) => {
    expect(() => new FuelMeter({ fuel, memoryBytes: 0 })).toThrow(RangeError);
  });
  test.each([-1, 1.5, Number.NaN, Infinity, 2 ** 53, '1' as never])(
    'memoryBytes %s is refused',
    (memoryBytes) => {
      expect(() => new FuelMeter({ fuel: 0n, memoryBytes })).toThrow(RangeError);
    },
  );
  test.each([-1, Number.NaN])('stackBytes %s is refused', (stackBytes) => {
    expect(() => new FuelMeter({ fuel: 0n, memoryBytes: 0, stackBytes })).toThrow(RangeError);
  });
  test('the ends of the ranges are taken', () => {
    expect(
      new FuelMeter({ fuel: MAX_FUEL, memoryBytes: Number.MAX_SAFE_INTEGER, stackBytes: 0 })
        .fuelRemaining,
    ).toBe(MAX_FUEL);
    expect(DEFAULT_STACK_BYTES).toBe(524_288);
  });
});

describe('charges', () => {
  test('instantiation pays for what active segments copy', () => {
    const counters = new FuelMeter({ fuel: 1n << 30n, memoryBytes: 1 << 20 });
    counters.instantiate(
      compile(
        '(module (memory 1) (table 4 funcref) (func $f) (elem (i32.const 0) $f $f $f) (data (i32.const 0) "0123456789abcdef"))',
      ),
    );
    expect(counters.fuelUsed).toBe(BigInt(COSTS.instantiation + 3 + 2));
  });

  test('growth pays by page, and a refused one by its base alone', () => {
    const counters = new FuelMeter({ fuel: 1n << 30n, memoryBytes: 3 * 65_536 });
    const { exports } = counters.instantiate(
      compile(
        '(module (memory 1) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))',
      ),
    );
    const cost = (pages: number): bigint => {
      const before = counters.fuelUsed;
      exports['grow'](pages);
      return counters.fuelUsed - before;
    };
    expect(cost(2)).toBe(BigInt(1 + COSTS.memoryGrow + 2 * FUEL_PER_PAGE));
    expect(cost(2)).toBe(BigInt(1 + COSTS.memoryGrow));
    expect(cost(0)).toBe(BigInt(1 + COSTS.memoryGrow));
  });

  test('the host charges with consume, to the last unit', () => {
    const counters = new FuelMeter({ fuel: 100n, memoryBytes: 0 });
    counters.consume(60n);
    counters.consume(40);
    expect(counters.fuelRemaining).toBe(0n);
    expect(counters.exhausted).toBe(false);
    expect(() => counters.consume(1)).toThrow(MeterStop);
    expect(counters.exhausted).toBe(true);
    expect(counters.fuelUsed).toBe(100n);
    expect(() => counters.consume(-1)).toThrow(RangeError);
  });
});

const TRAPS = '(module (memory 1) (func (export "run") (drop (i32.load (i32.const -1)))))';

test('fuel is exact after a trap where that was asked for', () => {
  const counters = new FuelMeter({ fuel: 10_000n, memoryBytes: 1 << 20 });
  const { exports } = counters.instantiate(compile(TRAPS, { exactTraps: true }));
  const before = counters.fuelRemaining;
  expect(() => exports['run']()).toThrow(WebAssembly.RuntimeError);
  expect(before - counters.fuelRemaining).toBe(3n);
});

test('readings hold after a trap', () => {
  const counters = new FuelMeter({ fuel: 1n << 30n, memoryBytes: 1 << 20 });
  const { exports } = counters.instantiate(compile(TRAPS));
  const before = counters.fuelRemaining;
  expect(() => exports['run']()).toThrow(WebAssembly.RuntimeError);
  const spent = before - counters.fuelRemaining;
  expect(spent).toBeGreaterThanOrEqual(3n);
  expect(spent).toBeLessThanOrEqual(1_048_576n + 4_096n);
  expect({
    exhausted: counters.exhausted,
    stack: counters.stackOverflowed,
    memory: counters.memoryDenied,
  }).toEqual({
    exhausted: false,
    stack: false,
    memory: false,
  });
  expect(counters.memoryPeakBytes).toBe(65_536);
});

test('a trap in the last block leaves nothing, and is not taken for exhaustion', () => {
  const counters = new FuelMeter({ fuel: 10_000n, memoryBytes: 1 << 20 });
  const { exports } = counters.instantiate(compile(TRAPS));
  expect(() => exports['run']()).toThrow(WebAssembly.RuntimeError);
  expect([counters.fuelRemaining, counters.exhausted]).toEqual([0n, false]);
  expect(() => exports['run']()).toThrow(WebAssembly.RuntimeError);
  expect(counters.exhausted).toBe(true);
});

test('limits are not in the bytes: one module serves many budgets', () => {
  const module = compile(
    '(module (func (export "run") (param i32) (loop (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if 0 (local.get 0)))))',
  );
  const small = new FuelMeter({ fuel: 5_000n, memoryBytes: 0 });
  const large = new FuelMeter({ fuel: 500_000n, memoryBytes: 0 });
  expect(() => small.instantiate(module).exports['run'](10_000)).toThrow(WebAssembly.RuntimeError);
  large.instantiate(module).exports['run'](10_000);
  expect({ small: small.exhausted, large: large.exhausted }).toEqual({ small: true, large: false });
});
