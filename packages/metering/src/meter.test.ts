/// <reference lib="dom" />
import wabtFactory from 'wabt';
import { expect, test } from 'vitest';
import { FuelMeter, meter } from './index.ts';

const wabt = await wabtFactory();
const build = (source: string): Uint8Array =>
  new Uint8Array(wabt.parseWat('t.wat', source).toBinary({}).buffer);

test('a metered function computes what it did and pays for it', () => {
  const source = `(module (func (export "sum") (param i32) (result i32) (local i32)
    (block (loop
      (br_if 1 (i32.eqz (local.get 0)))
      (local.set 1 (i32.add (local.get 1) (local.get 0)))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br 0)))
    (local.get 1)))`;
  const counters = new FuelMeter({ fuel: 1_000_000n, memoryBytes: 0 });
  const before = (): bigint => counters.fuelUsed;
  const module = new WebAssembly.Module(meter(build(source)).bytes);
  const { exports } = counters.instantiate(module);
  const start = before();
  expect(exports['sum'](1000)).toBe(500_500);
  // 12 instructions a round, 3 of them before the exit is taken, and the final local.get.
  expect(counters.fuelUsed - start).toBe(12n * 1000n + 3n + 1n);
});
