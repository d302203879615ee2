/**
 * What metering costs, against the same module unrewritten, in one run:
 *
 *     npm run bench -- metering [--rounds N] [--only NAME] [MODULE.wasm …]
 *
 * Modules that are named are only rewritten: milliseconds per megabyte and growth.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { FuelMeter, meter } from '@skill-engine/metering';
import { KERNELS } from './kernels.ts';
import { geometricMean, interleave } from './measure.ts';

type Run = (argument: number) => number;

interface Row {
  readonly name: string;
  readonly plain: number;
  readonly metered: number;
  readonly growth: number;
  readonly fuel: bigint;
}

function kernel(name: string, argument: number, rounds: number): Row {
  const bytes = readFileSync(fileURLToPath(new URL(`kernels/${name}.wasm`, import.meta.url)));
  const rewritten = meter(bytes);
  const counters = new FuelMeter({ fuel: 2n ** 60n, memoryBytes: 2 ** 30 });
  const plain = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports['run'] as Run;
  const metered = counters.instantiate(new WebAssembly.Module(rewritten.bytes)).exports[
    'run'
  ] as Run;
  const before = counters.fuelUsed;
  if (plain(argument) !== metered(argument))
    throw new Error(`${name} computes something else when metered`);
  const fuel = counters.fuelUsed - before;
  const [a = 0, b = 0] = interleave([() => plain(argument), () => metered(argument)], rounds, 8);
  return { name, plain: a, metered: b, growth: rewritten.bytes.length / bytes.length, fuel };
}

function rewriting(path: string): string {
  const bytes = readFileSync(path);
  let size = 0;
  const [time = 0] = interleave([() => (size = meter(bytes).bytes.length)], 9);
  const megabytes = bytes.length / 1e6;
  return `${path.split('/').at(-1)}: ${megabytes.toFixed(2)} MB, ${(time / megabytes).toFixed(1)} ms per MB, size ×${(size / bytes.length).toFixed(3)}`;
}

export function run(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { rounds: { type: 'string', default: '15' }, only: { type: 'string' } },
  });
  console.log(`Node ${process.version}, V8 ${process.versions.v8}`);
  const ratios: number[] = [];
  for (const [name, argument] of Object.entries(KERNELS)) {
    if (values.only !== undefined && values.only !== name) continue;
    const row = kernel(name, argument, Number(values.rounds));
    const ratio = row.metered / row.plain;
    ratios.push(ratio);
    console.log(
      `${name.padEnd(12)} ${row.plain.toFixed(2).padStart(8)} ms ${row.metered.toFixed(2).padStart(8)} ms  ×${ratio.toFixed(3)}  fuel ${row.fuel}`,
    );
  }
  if (ratios.length > 1)
    console.log(
      `geometric mean ×${geometricMean(ratios).toFixed(3)}, worst ×${Math.max(...ratios).toFixed(3)}`,
    );
  for (const path of positionals) console.log(rewriting(path));
  return Promise.resolve();
}
