/**
 * Scripts in JavaScript engines that are components: QuickJS by componentize-qjs, and StarlingMonkey where the folder of
 * workloads has @bytecodealliance/componentize-js installed. Both without imports, through jco's glue.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transpileBytes } from '@bytecodealliance/jco-transpile';
import { componentize } from 'componentize-qjs';
import { FuelMeter, meterComponent } from '@skill-engine/metering';
import { SCRIPTS, type Workload } from './scripts.ts';

const WIT = `package bench:scripts;
world bench { export run: func(name: string) -> string; }`;

const SOURCE = `const scripts = ${JSON.stringify(SCRIPTS)};
export function run(name) { return String((0, eval)(scripts[name])); }`;

const COMPONENTIZE_JS = '@bytecodealliance/componentize-js';

interface ComponentizeJs {
  componentize(
    source: string,
    wit: string,
    options: { worldName: string; disableFeatures: readonly string[] },
  ): Promise<{ component: Uint8Array }>;
}

interface Glue {
  instantiate(
    core: (path: string) => WebAssembly.Module,
    imports: object,
    instantiateCore: (
      module: WebAssembly.Module,
      imports?: WebAssembly.Imports,
    ) => WebAssembly.Instance,
  ): { run(name: string): string };
}

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-scripts-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const quickjs = (): Promise<Uint8Array> =>
  inFolder(async (folder) => {
    const witPath = join(folder, 'world.wit');
    writeFileSync(witPath, WIT);
    return (await componentize({ witPath, jsSource: SOURCE, sync: true, stubWasi: true }))
      .component;
  });

async function starlingMonkey(require: NodeJS.Require): Promise<Uint8Array | undefined> {
  let path: string;
  try {
    // It may be imported, not required, so that only its own folder can be asked for.
    path = require.resolve(`./node_modules/${COMPONENTIZE_JS}/src/componentize.js`);
  } catch {
    return undefined;
  }
  const js = (await import(pathToFileURL(path).href)) as ComponentizeJs;
  const disableFeatures = ['stdio', 'random', 'clocks', 'http', 'fetch-event'];
  return (await js.componentize(SOURCE, WIT, { worldName: 'bench', disableFeatures })).component;
}

/** The same component twice: as it is, and metered. */
async function load(name: string, component: Uint8Array): Promise<Workload[]> {
  const { files } = await transpileBytes(component, {
    name,
    instantiation: 'sync',
  });
  const cores = new Map(
    Object.entries(files).filter(([path]) => path.endsWith('.wasm')) as [string, Uint8Array][],
  );
  const glue = await inFolder(async (folder) => {
    const path = join(folder, 'glue.mjs');
    writeFileSync(path, files[`${name}.js`] as Uint8Array);
    return (await import(pathToFileURL(path).href)) as Glue;
  });
  const compile = (bytes: Uint8Array | undefined): WebAssembly.Module =>
    new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  const plain = glue.instantiate(
    (path) => compile(cores.get(path)),
    {},
    (module, imports) => new WebAssembly.Instance(module, imports),
  );
  const rewritten = meterComponent(cores).modules;
  const counters = new FuelMeter({ fuel: 2n ** 60n, memoryBytes: 2 ** 31 });
  const metered = glue.instantiate(
    (path) => compile(rewritten.get(path)?.bytes),
    {},
    (module, imports) => counters.instantiate(module, imports as never) as WebAssembly.Instance,
  );
  return Object.keys(SCRIPTS).map((script) => ({
    name: `${name} ${script}`,
    plain: () => plain.run(script),
    metered: () => metered.run(script),
  }));
}

export async function componentWorkloads(require: NodeJS.Require): Promise<Workload[]> {
  const starling = await starlingMonkey(require);
  return [
    ...(await load('qjs-component', await quickjs())),
    ...(starling === undefined ? [] : await load('starlingmonkey', starling)),
  ];
}
