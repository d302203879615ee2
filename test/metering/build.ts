/// <reference lib="dom" />
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { FuelMeter, meter, meterComponent, type FuelMeterOptions } from '@skill-engine/metering';

/** A guest from its text. */
export const wat = async (source: string): Promise<Uint8Array<ArrayBuffer>> =>
  Uint8Array.from(await parse(source));

export const compile = (bytes: Uint8Array): WebAssembly.Module =>
  new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);

// oxlint-disable-next-line typescript/no-explicit-any -- exports of guests
export type Exports = Record<string, any>;

export interface Guest {
  readonly counters: FuelMeter;
  readonly exports: Exports;
}

export const BUDGETS: FuelMeterOptions = { fuel: 1_000_000n, memoryBytes: 1 << 22 };

/** Meters one guest and instantiates it with its own counters. */
export async function run(
  source: string,
  budgets: Partial<FuelMeterOptions> = {},
  imports: Record<string, Record<string, unknown>> = {},
): Promise<Guest> {
  const counters = new FuelMeter({ ...BUDGETS, ...budgets });
  const { exports } = counters.instantiate(compile(meter(await wat(source)).bytes), imports);
  return { counters, exports };
}

/** Meters several guests as one component. */
export async function component(
  sources: Record<string, string>,
): Promise<Map<string, WebAssembly.Module>> {
  const modules = new Map<string, Uint8Array>();
  for (const [name, source] of Object.entries(sources)) modules.set(name, await wat(source));
  const metered = meterComponent(modules).modules;
  return new Map([...metered].map(([name, { bytes }]) => [name, compile(bytes)]));
}
