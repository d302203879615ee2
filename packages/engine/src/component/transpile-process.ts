/**
 * The entry of the disposable process that turns one component into a script and core modules.
 * It reads the component from its standard input, answers on its standard output, and ends.
 * Its arguments are the URLs of jco's bindgen and, if core modules are to be metered, of the meter: they are resolved
 * by the parent, so nothing is looked up here.
 */
import { fstatSync } from 'node:fs';
import { moduleToScript } from './glue.ts';
import { codeOfMeteringError, meterModules } from './meter.ts';
import { findBadCharacter } from './names.ts';
import { whatWasPrinted } from './no-wasi.ts';
import { describeFailure, loadJco, readInput, writeOutput } from './process-tools.ts';
import { stripCustomSections } from './strip.ts';
import { encodeHeader, encodeTranspiled, type Transpiled } from './transpile-frame.ts';

/** The part of jco's bindgen that is used, as its `js-component-bindgen-component.d.ts` describes it. */
interface Bindgen {
  readonly $init: Promise<void>;
  generate(
    component: Uint8Array,
    options: Record<string, unknown>,
  ): { files: [string, Uint8Array][] };
}

/** The part of the WebAssembly JavaScript interface that is used: Node's types leave it to the DOM's. */
declare const WebAssembly: {
  readonly Module: {
    new (bytes: Uint8Array): object;
    imports(module: object): { module: string; name: string }[];
    exports(module: object): { name: string }[];
  };
};

const options = {
  name: 'component',
  instantiation: { tag: 'sync' },
  map: [],
  noTypescript: true,
  noNodejsCompat: true,
  base64Cutoff: 0,
  noComponentErrorWrapping: false,
};

/**
 * Names once more, as V8 reads them from the modules that the glue refers to: a name that the survey saw otherwise,
 * because two parsers disagree on a binary, ends here.
 */
function assertCoreNames(bytes: Uint8Array): void {
  const module = new WebAssembly.Module(bytes);
  const names = [
    ...WebAssembly.Module.imports(module).flatMap((entry) => [entry.module, entry.name]),
    ...WebAssembly.Module.exports(module).map((entry) => entry.name),
  ];
  if (names.some((name) => findBadCharacter(name) !== undefined)) {
    throw new Error('a core module has names that were not seen before');
  }
}

async function transpile(
  component: Uint8Array,
  bindgenUrl: string,
  meteringUrl: string | undefined,
): Promise<Transpiled> {
  const bindgen = await loadJco<Bindgen>(bindgenUrl);
  const { files } = bindgen.generate(stripCustomSections(component), options);
  let glue: string | undefined;
  const modules = new Map<string, Uint8Array>();
  for (const [name, contents] of files) {
    if (name === 'component.js') glue = new TextDecoder('utf-8', { fatal: true }).decode(contents);
    else modules.set(name, contents);
  }
  if (glue === undefined) throw new Error('jco generated no code');
  for (const bytes of modules.values()) assertCoreNames(bytes);
  return { glue: moduleToScript(glue), modules: await meterModules(modules, meteringUrl) };
}

/** How jco's allocator, V8's buffers and V8's linear memories say that there is no more. */
const outOfMemory =
  /memory allocation of \d+ bytes failed|allocation failed|could not allocate memory/iu;

const [, , bindgenUrl, meteringUrl] = process.argv;
if (bindgenUrl === undefined || fstatSync(0).isFile())
  throw new Error('the engine starts this process');
try {
  writeOutput(encodeTranspiled(await transpile(readInput(), bindgenUrl, meteringUrl)));
} catch (failure) {
  const message = describeFailure(failure, whatWasPrinted());
  const code = outOfMemory.test(message) ? 'TRANSPILE_LIMIT' : codeOfMeteringError(failure);
  writeOutput(encodeHeader({ ok: false, code, message }));
}
