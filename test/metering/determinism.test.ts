/// <reference lib="dom" />
/** The same module and input cost the same fuel, whatever engine, tier or instance ran it. The figures are pins. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FuelMeter, METERING_VERSION, meter } from '@skill-engine/metering';
import { expect, test } from 'vitest';

/** Argument and cost of each kernel since metering version 1. A change of any figure asks for a new version. */
const PINS: Readonly<Record<string, readonly [argument: number, fuel: bigint, result: number]>> = {
  sieve: [10_000, 400717n, 1229],
  matmul: [20, 289933n, 248],
  fib: [15, 21697n, 610],
  collatz: [300, 271528n, 127],
  mandelbrot: [20, 847455n, 110],
  crc32: [1, 2867230n, -689185540],
  quicksort: [1_000, 309598n, 137233961],
  interpreter: [1_000, 89029n, 1480672],
  indirect: [5_000, 155007n, 5084],
  calls: [5_000, 425005n, -131768656],
  levenshtein: [60, 212373n, 52],
  life: [1, 2231698n, 13470],
  strings: [500, 472712n, 33240],
};

const kernel = (name: string): Uint8Array<ArrayBuffer> =>
  readFileSync(
    fileURLToPath(new URL(`../../bench/metering/kernels/${name}.wasm`, import.meta.url)),
  );

test.each(Object.entries(PINS))('%s', (name, [argument, fuel, result]) => {
  expect(METERING_VERSION).toBe(6);
  const bytes = kernel(name);
  const module = new WebAssembly.Module(meter(bytes).bytes);
  const runs = Array.from({ length: 3 }, () => {
    const plain = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports['run'] as (
      n: number,
    ) => number;
    const counters = new FuelMeter({ fuel: 1n << 40n, memoryBytes: 1 << 24 });
    const { exports } = counters.instantiate(module);
    // Often enough that later rounds run optimised code.
    return Array.from({ length: 20 }, () => {
      const before = counters.fuelUsed;
      const got: number = exports['run'](argument);
      expect(got).toBe(plain(argument));
      return { fuel: counters.fuelUsed - before, result: got };
    });
  });
  expect(runs[0]?.[0]).toEqual({ fuel, result });
  expect(runs[1]).toEqual(runs[0]);
  expect(runs[2]).toEqual(runs[0]);
});

test('rewriting is a function of its input', () => {
  const bytes = kernel('quicksort');
  expect(Buffer.compare(meter(bytes).bytes, meter(bytes).bytes)).toBe(0);
});
