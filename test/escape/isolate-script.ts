/**
 * Runs JavaScript of an attacker's choice inside a real isolate: the second line of defence is tested
 * as if the first (no component reaches generated code unscreened) had been broken.
 */
import { Supervisor } from '../../packages/engine/src/broker/client.ts';
import type { RunResult } from '../../packages/engine/src/broker/messages.ts';
import { effective, noCapabilities } from '../../packages/engine/src/authority/effective.ts';
import { launch } from '../../packages/engine/src/isolate/launch.ts';
import { NO_LAYERS } from '../../packages/engine/src/isolate/layers.ts';
import type { LoadMessage } from '../../packages/engine/src/isolate/messages.ts';
import { IsolatePool } from '../../packages/engine/src/isolate/pool.ts';
import type { Finished } from '../../packages/engine/src/isolate/process.ts';
import { NETWORK_LIMITS } from '../../packages/engine/src/limits/limits.ts';

const nothing = effective({ declared: noCapabilities, granted: 'none' }, { baseDir: '/' });

export interface ScriptRun {
  readonly result: RunResult;
  /** What the script returned, as text. */
  readonly text: string | undefined;
}

const MEMORY = 64 * 1024 * 1024;

/** A "glue" that is `body`: a function body that gets `imports` and answers with a string. */
function glueOf(body: string): { message: LoadMessage; blob: Uint8Array } {
  const blob = new TextEncoder().encode(
    `(function instantiate(getCoreModule, imports) {
      return { attack: { invoke: (tool, parameters) => { ${body} } } };
    })`,
  );
  return {
    blob,
    message: { shape: 'native', exportName: 'attack', glueBytes: blob.length, modules: [] },
  };
}

const message = {
  tool: 'attack',
  list: false,
  arguments: [],
  environment: [],
  stdinBytes: 0,
  seed: '00'.repeat(32),
  limits: { fuel: '1000000', memory: MEMORY, output: 1024 * 1024, hostCalls: 100_000 },
};

/** An isolate that runs the body for every invocation, without the layers of the operating system. */
export async function openScript(supervisor: Supervisor, body: string): Promise<number> {
  return supervisor.open({
    memoryBytes: MEMORY,
    size: 1,
    load: glueOf(body),
    isolation: { level: 'process', layers: NO_LAYERS },
  });
}

export async function runScript(
  supervisor: Supervisor,
  pool: number,
  parameters = '',
  timeoutMilliseconds = 10_000,
): Promise<ScriptRun> {
  const result = await supervisor.run(pool, {
    blob: new TextEncoder().encode(parameters),
    timeoutMilliseconds,
    broker: {
      filesystem: nothing.filesystem,
      limits: { diskBytes: 0, handles: 16, readBytes: 65_536, directoryEntries: 100 },
      network: { authority: nothing.network, limits: NETWORK_LIMITS, trust: { ca: [] } },
    },
    message,
  });
  const text = result.end.kind === 'result' ? new TextDecoder().decode(result.end.text) : undefined;
  return { result, text };
}

/** The same in a pool of the test's own, which tells whenever it starts an isolate. */
export function scriptPool(body: string, onStart: () => void): IsolatePool {
  return new IsolatePool({
    memoryBytes: MEMORY,
    size: 1,
    load: glueOf(body),
    start: (memoryBytes) => {
      onStart();
      return launch(memoryBytes, NO_LAYERS);
    },
  });
}

export function runInPool(pool: IsolatePool, parameters: string): Promise<Finished> {
  return pool.run({
    timeoutMilliseconds: 10_000,
    invocation: {
      message: { ...message, preopens: [] },
      blob: new TextEncoder().encode(parameters),
      outputLimit: message.limits.output,
      handler: { request: () => ({ error: 'access' }) },
    },
  }).finished;
}
