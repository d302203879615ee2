/**
 * What an invocation costs: the same call of `text-stats` bare in one process (jco's glue and preview2-shim's
 * own build), through the engine, and by spawning Node for each. Interleaved, so that noise hits all alike.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { transpileBytes } from '@bytecodealliance/jco-transpile';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
import { createEngine, MemoryAuditStore } from '@skill-engine/engine';

const ROUNDS = 400;
const component = 'skills-wasm/text-stats/dist/text-stats.wasm';
const parameters = { text: 'the quick brown fox jumps over the lazy dog and the fox sleeps' };
const tool = 'count-text';

interface Tools {
  invoke(tool: string, parameters: string): string;
}

async function bare(): Promise<() => string> {
  const { files } = await transpileBytes(await readFile(component), {
    name: 'bare',
    instantiation: 'sync',
  });
  const glue = new TextDecoder().decode(files['bare.js']);
  const url = `data:text/javascript,${encodeURIComponent(glue)}`;
  const { instantiate } = (await import(url)) as {
    instantiate(get: (name: string) => WebAssembly.Module, imports: unknown): Record<string, Tools>;
  };
  const modules = new Map(
    Object.entries(files)
      .filter(([name]) => name.endsWith('.wasm'))
      .map(([name, bytes]) => [name, new WebAssembly.Module(new Uint8Array(bytes))]),
  );
  const text = JSON.stringify(parameters);
  return () => {
    const imports = new WASIShim({
      sandbox: { preopens: {}, env: {}, args: [] },
    }).getImportObject();
    const exports = instantiate((name) => modules.get(name)!, imports);
    return exports['skill:engine/tools@0.1.0']!.invoke(tool, text);
  };
}

function row(name: string, times: number[], base: number): Record<string, string> {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return {
    what: name,
    'median ms': at(0.5).toFixed(2),
    'p99 ms': at(0.99).toFixed(2),
    'ratio to bare': (at(0.5) / base).toFixed(2),
  };
}

export async function run(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'skill-bench-'));
  try {
    await using engine = await createEngine({ home });
    await using light = await createEngine({ home, audit: new MemoryAuditStore() });
    await engine.load('skills-wasm/text-stats');
    await light.load('skills-wasm/text-stats');
    const callBare = await bare();
    const times = {
      bare: [] as number[],
      light: [] as number[],
      full: [] as number[],
      spawn: [] as number[],
    };
    const measure = async (into: number[], action: () => unknown) => {
      const start = performance.now();
      await action();
      into.push(performance.now() - start);
    };
    const call = async (target: typeof engine) => {
      const result = await target.execute('text-stats', tool, parameters);
      if (!result.ok) throw result.error;
    };
    for (let round = 0; round < ROUNDS + 20; round += 1) {
      await measure(times.bare, callBare);
      await measure(times.light, () => call(light));
      await measure(times.full, () => call(engine));
      if (round % 10 === 0)
        await measure(times.spawn, () => spawnSync(process.execPath, ['-e', '']));
      if (round === 19) for (const list of Object.values(times)) list.length = 0;
    }
    const base = times.bare.toSorted((a, b) => a - b)[Math.floor(times.bare.length / 2)]!;
    console.log(
      `Node ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus().length} cores, ${ROUNDS} rounds`,
    );
    console.table([
      row('bare jco: instantiate + call, one process', times.bare, base),
      row('engine.execute, audit in memory', times.light, base),
      row('engine.execute, audit in SQLite, every record synced', times.full, base),
      row("spawn node -e '' (no work at all)", times.spawn, base),
    ]);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
