/** The component on preview2-shim's own build for Node: one instance, unmetered, in this process. */
import { readFile } from 'node:fs/promises';
import { transpileBytes } from '@bytecodealliance/jco-transpile';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';

type Instantiate = (
  getCoreModule: (name: string) => WebAssembly.Module,
  imports: object,
) => Record<string, { invoke(tool: string, parameters: string): string }>;

export async function openOnShim(
  component: string,
  data: string,
): Promise<(task: string, rounds: number) => number[]> {
  const options = { name: 'bare', instantiation: 'sync' } as const;
  const { files } = await transpileBytes(await readFile(component), options);
  const glue = new TextDecoder().decode(files['bare.js']);
  const { instantiate } = (await import(`data:text/javascript,${encodeURIComponent(glue)}`)) as {
    instantiate: Instantiate;
  };
  const modules = new Map(
    Object.entries(files)
      .filter(([name]) => name.endsWith('.wasm'))
      .map(([name, bytes]) => [name, new WebAssembly.Module(new Uint8Array(bytes))]),
  );
  const shim = new WASIShim({ sandbox: { preopens: { [data]: data }, env: {}, args: [] } });
  const exports = instantiate((name) => modules.get(name)!, shim.getImportObject());
  return (task, rounds) =>
    JSON.parse(
      exports['skill:engine/tools@0.1.0']!.invoke(task, JSON.stringify({ rounds })),
    ) as number[];
}
