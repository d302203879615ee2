/**
 * The entry of the disposable process that makes a component of one preview-1 command. It reads the adapter and the
 * module from its standard input, answers on its standard output, and ends. Its argument is the URL of jco's wasm-tools.
 */
import { fstatSync } from 'node:fs';
import { whatWasPrinted } from './no-wasi.ts';
import { describeFailure, loadJco, readInput, writeOutput } from './process-tools.ts';
import { encodeHeader, encodeTranspiled } from './transpile-frame.ts';

/** The part of jco's wasm-tools that is used, as its `wasm-tools.d.ts` describes it. */
interface WasmTools {
  readonly $init: Promise<void>;
  readonly tools: {
    componentNew(module: Uint8Array, adapters: [string, Uint8Array][]): Uint8Array;
  };
}

const [, , toolsUrl] = process.argv;
if (toolsUrl === undefined || fstatSync(0).isFile())
  throw new Error('the engine starts this process');
try {
  const input = readInput();
  const adapterEnd = 4 + new DataView(input.buffer, input.byteOffset).getUint32(0);
  const { tools } = await loadJco<WasmTools>(toolsUrl);
  const adapted = tools.componentNew(input.subarray(adapterEnd), [
    ['wasi_snapshot_preview1', input.subarray(4, adapterEnd)],
  ]);
  writeOutput(encodeTranspiled({ glue: '', modules: new Map([['component.core.wasm', adapted]]) }));
} catch (failure) {
  const message = describeFailure(failure, whatWasPrinted());
  writeOutput(encodeHeader({ ok: false, code: 'COMPONENT_UNSUPPORTED', message }));
}
