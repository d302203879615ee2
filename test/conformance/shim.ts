/**
 * The same adapted component on another host: preview2-shim's own build for Node, unmetered, in a process of its own
 * (the shim ends its process when a guest exits). Its argument is a JSON text of a program and its directory.
 */
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
import { prepareComponent } from '../../packages/engine/src/component/prepare.ts';
import type { Program } from './suite.ts';

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

type Job = Pick<Program, 'path' | 'arguments' | 'environment' | 'root'>;

/** Node's exit code when the run failed otherwise than by the guest's own exit. */
const trapped = 70;

export function runOnShim(program: Program, root: string | undefined): Ended {
  const job: Job = { ...program, root };
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [fileURLToPath(import.meta.url), JSON.stringify(job)],
    { encoding: 'utf8', timeout: 60_000 },
  );
  return { exitCode: status, stdout, stderr };
}

async function main(job: Job): Promise<void> {
  const cacheDir = join(tmpdir(), 'wasi-testsuite-cache');
  const { glue, modules, exports } = await prepareComponent({
    path: job.path,
    cacheDir,
    metered: false,
  });
  const instantiate = new Script(glue).runInThisContext() as (
    getCoreModule: (name: string) => WebAssembly.Module,
    imports: object,
  ) => Record<string, { run(): void }>;
  const shim = new WASIShim({
    sandbox: {
      preopens: job.root === undefined ? {} : { '/': job.root },
      env: Object.fromEntries(job.environment),
      args: [...job.arguments],
    },
  });
  const run = exports.find(({ name }) => name.startsWith('wasi:cli/run@'))!.name;
  const compiled = (name: string) => new WebAssembly.Module(new Uint8Array(modules.get(name)!));
  try {
    instantiate(compiled, shim.getImportObject())[run]!.run();
  } catch (error) {
    console.error(String(error));
    process.exit(trapped);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(JSON.parse(process.argv[2]!) as Job);
}
