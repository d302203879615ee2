/**
 * The entry of the disposable process that makes a component of one preview-1 command. It reads the adapter and the
 * module from its standard input, answers on its standard output, and ends. Its arguments are the URLs of jco's wasm-tools and of
 * the meter's package.
 */
import { fstatSync } from 'node:fs';
import { type AdapterTools, withExitCode } from './command-exit.ts';
import { withAdapterMemory } from './command-memory.ts';
import { whatWasPrinted } from './no-wasi.ts';
import { describeFailure, loadJco, readInput, writeOutput } from './process-tools.ts';
import { encodeHeader, encodeTranspiled } from './transpile-frame.ts';

/** The part of jco's wasm-tools that is used, as its `wasm-tools.d.ts` describes it. */
interface WasmTools {
  readonly $init: Promise<void>;
  readonly tools: AdapterTools & {
    componentNew(module: Uint8Array, adapters: [string, Uint8Array][]): Uint8Array;
  };
}

const [, , toolsUrl, meteringUrl] = process.argv;
if (toolsUrl === undefined || meteringUrl === undefined || fstatSync(0).isFile())
  throw new Error('the engine starts this process');
try {
  const input = readInput();
  const adapterEnd = 4 + new DataView(input.buffer, input.byteOffset).getUint32(0);
  const { tools } = await loadJco<WasmTools>(toolsUrl);
  const metering = (await import(meteringUrl)) as typeof import('@skill-engine/metering');
  const { module, adapters } = withExitCode(
    withAdapterMemory(input.slice(adapterEnd), metering),
    tools,
  );
  const adapted = tools.componentNew(module, [
    ['wasi_snapshot_preview1', input.subarray(4, adapterEnd)],
    ...adapters,
  ]);
  writeOutput(encodeTranspiled({ glue: '', modules: new Map([['component.core.wasm', adapted]]) }));
} catch (failure) {
  const message = describeFailure(failure, whatWasPrinted());
  writeOutput(encodeHeader({ ok: false, code: 'COMPONENT_UNSUPPORTED', message }));
}
