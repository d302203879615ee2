/// <reference lib="dom" />
/** Recursion by way of the host ends by the meter's stack budget, before V8's own limit, which guests could see. */
import { DEFAULT_STACK_BYTES, FuelMeter, meter } from '@skill-engine/metering';
import { expect, test } from 'vitest';
import { BUDGETS, compile, wat, type Exports } from './build.ts';

const times = (count: number, text: string): string => Array(count).fill(text).join(' ');
const one = '(i32.const 1)';

/** `f` calls the host, itself or through a function that is not exported; `own` calls `f`, which then has a door. */
const guests: Readonly<Record<string, (signature: string, results: number) => string>> = {
  'itself, no door': (signature, results) =>
    `(func $f (export "f") ${signature} (call $back) ${times(results, one)})`,
  'through another, no door': (signature, results) =>
    `(func $out (call $back) (nop)) (func $f (export "f") ${signature} (call $out) ${times(results, one)})`,
  'through another, from a table': (signature, results) =>
    `(table (export "t") 1 funcref) (elem (i32.const 0) $f)
     (func $out (call $back) (nop)) (func $f ${signature} (call $out) ${times(results, one)})`,
  'with locals that it keeps': (signature, results) =>
    `(func $out (call $back) (nop)) (func $f (export "f") ${signature} ${times(90, '(local i64)')}
      (call $out) ${times(results, one)})`,
  'with locals that it keeps, from a table': (signature, results) =>
    `(table (export "t") 1 funcref) (elem (i32.const 0) $f)
     (func $out (call $back) (nop)) (func $f ${signature} ${times(110, '(local i64)')}
      (call $out) ${times(results, one)})`,
};
const sizes = [
  [0, 0],
  [1, 1],
  [10, 0],
  [100, 0],
  [0, 100],
  [1_000, 0],
  [0, 1_000],
] as const;

const cases = Object.keys(guests).flatMap((name) =>
  sizes.flatMap(([params, results]) =>
    [false, true].map((door) => [name, params, results, door] as const),
  ),
);

test.each(cases)(
  '%s: %d parameters, %d results, called by the module too: %s',
  async (name, params, results, called) => {
    const signature = `(param ${times(params, 'i32')}) (result ${times(results, 'i32')})`;
    const own = `(func (export "own") (call $f ${times(params, one)}) ${times(results, '(drop)')})`;
    const source = `(module (import "host" "back" (func $back))
      ${guests[name]?.(signature, results)} ${called ? own : ''})`;
    const counters = new FuelMeter({ ...BUDGETS, fuel: 1n << 40n });
    const holder: { f?: (...args: number[]) => unknown } = {};
    const args = Array.from({ length: params }, () => 1);
    let rounds = 0;
    const back = (): void => {
      rounds++;
      holder.f?.(...args);
    };
    const { exports } = counters.instantiate(compile(meter(await wat(source)).bytes), {
      host: { back },
    });
    const { f, t } = exports as Exports;
    holder.f = f ?? t.get(0);
    expect(() => holder.f?.(...args)).toThrow(WebAssembly.RuntimeError);
    expect(counters.stackOverflowed).toBe(true);
    // Not for nothing: frames are not taken for far more than they are.
    expect(rounds * (2_000 + 40 * (params + results))).toBeGreaterThan(DEFAULT_STACK_BYTES / 2);
  },
);
