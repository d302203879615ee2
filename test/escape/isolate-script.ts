/**
 * Runs JavaScript of an attacker's choice inside a real isolate: the second line of defence is tested
 * as if the first (no component reaches generated code unscreened) had been broken.
 */
import { Supervisor } from '../../packages/engine/src/broker/client.ts';
import type { RunResult } from '../../packages/engine/src/broker/messages.ts';
import { effective, noCapabilities } from '../../packages/engine/src/authority/effective.ts';
import { NETWORK_LIMITS } from '../../packages/engine/src/limits/limits.ts';

const nothing = effective({ declared: noCapabilities, granted: 'none' }, { baseDir: '/' });

export interface ScriptRun {
  readonly result: RunResult;
  /** What the script returned, as text. */
  readonly text: string | undefined;
}

/** An isolate whose "glue" is `body`: a function body that gets `imports` and answers with a string. */
export async function openScript(supervisor: Supervisor, body: string): Promise<number> {
  const glue = new TextEncoder().encode(
    `(function (getCoreModule, imports) {
      return { attack: { invoke: (tool, parameters) => { ${body} } } };
    })`,
  );
  return supervisor.open({
    memoryBytes: 64 * 1024 * 1024,
    size: 1,
    load: {
      blob: glue,
      message: {
        shape: 'native',
        exportName: 'attack',
        glueBytes: glue.length,
        modules: [],
      },
    },
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
    message: {
      tool: 'attack',
      list: false,
      arguments: [],
      environment: [],
      stdinBytes: 0,
      seed: '00'.repeat(32),
      limits: {
        fuel: '1000000',
        memory: 64 * 1024 * 1024,
        output: 1024 * 1024,
        hostCalls: 100_000,
      },
    },
  });
  const text = result.end.kind === 'result' ? new TextDecoder().decode(result.end.text) : undefined;
  return { result, text };
}
