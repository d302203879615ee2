/**
 * What metering costs, against the same module unrewritten, in one run:
 *
 *     npm run bench -- metering [--rounds N] [--only NAME] [--workloads FOLDER] [MODULE.wasm …]
 *
 * FOLDER has sql.js, quickjs-emscripten-core and @jitl/quickjs-wasmfile-release-sync installed, and may have
 * @bytecodealliance/componentize-js for StarlingMonkey. Modules that are named are only rewritten: milliseconds per
 * megabyte and growth.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { FuelMeter, meter } from '@skill-engine/metering';
import { KERNELS } from './kernels.ts';
import { compare, geometricMean, median, time, type Comparison } from './measure.ts';
import type { Workload } from './scripts.ts';
import { workloads } from './workloads.ts';

type Run = (argument: number) => number;

function kernel(name: string, argument: number): Workload {
  const bytes = readFileSync(fileURLToPath(new URL(`kernels/${name}.wasm`, import.meta.url)));
  const counters = new FuelMeter({ fuel: 2n ** 60n, memoryBytes: 2 ** 30 });
  const plain = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports['run'] as Run;
  const metered: Run = counters.instantiate(new WebAssembly.Module(meter(bytes).bytes)).exports[
    'run'
  ];
  return { name, plain: () => plain(argument), metered: () => metered(argument) };
}

/** Rounds of a large workload until V8's optimised code has replaced that of its baseline compiler. */
const TIER_UP = 150;

function measure(workload: Workload, rounds: number, warmUp?: number): Comparison {
  if (workload.plain() !== workload.metered())
    throw new Error(`${workload.name} computes something else when metered`);
  const result = compare(workload.plain, workload.metered, rounds, warmUp);
  const [plain, metered] = [result.plain, result.metered].map((ms) => ms.toFixed(2).padStart(8));
  console.log(
    `${workload.name.padEnd(16)} ${plain} ms ${metered} ms  ×${result.ratio.toFixed(3)}  fastest ×${result.least.toFixed(3)}`,
  );
  return result;
}

/** Rounds until V8's optimised code has replaced that of its baseline compiler in the rewriter itself. */
const REWRITER_TIER_UP = 50;

function rewriting(path: string): string {
  const bytes = readFileSync(path);
  const megabytes = bytes.length / 1e6;
  let size = 0;
  const rounds = (count: number): number[] =>
    Array.from({ length: count }, () => time(() => (size = meter(bytes).bytes.length)) / megabytes);
  const times = rounds(9);
  rounds(REWRITER_TIER_UP);
  const [first, nine, warm] = [times[0]!, median(times), median(rounds(9))].map((ms) =>
    ms.toFixed(1),
  );
  return (
    `${path.split('/').at(-1)}: ${megabytes.toFixed(2)} MB, ms per MB: first ${first}, median of nine ${nine}, ` +
    `when warm ${warm}; size ×${(size / bytes.length).toFixed(3)}`
  );
}

export async function run(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '21' },
      only: { type: 'string' },
      workloads: { type: 'string' },
    },
  });
  const rounds = Number(values.rounds);
  console.log(`Node ${process.version}, V8 ${process.versions.v8}, medians of ${rounds}`);
  const names = Object.entries(KERNELS).filter(
    ([name]) => values.only === undefined || values.only === name,
  );
  const results = names.map(([name, argument]) => measure(kernel(name, argument), rounds));
  if (results.length > 1) {
    const summary = (ratios: readonly number[]): string =>
      `geometric mean ×${geometricMean(ratios).toFixed(3)}, worst ×${Math.max(...ratios).toFixed(3)}`;
    console.log(`kernels, medians: ${summary(results.map(({ ratio }) => ratio))}`);
    console.log(`kernels, fastest: ${summary(results.map(({ least }) => least))}`);
  }
  if (values.workloads !== undefined) {
    for (const workload of await workloads(values.workloads)) measure(workload, rounds, TIER_UP);
  }
  for (const path of positionals) console.log(rewriting(path));
}
