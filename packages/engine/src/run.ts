/** One run of a guest: from validated parameters to what the supervisor needs, and back to an outcome. */
import type { OnCall, Supervisor } from './broker/client.ts';
import type { BrokerCredential } from './broker/credentials.ts';
import type { SpentBudget } from './broker/broker.ts';
import type { RunResult } from './broker/messages.ts';
import { noFilesWritten, type FilesWritten } from './broker/filesystem-written.ts';
import type { TlsTrust } from './broker/network-tls.ts';
import type { Denial } from './authority/denial.ts';
import type { EffectiveAuthority } from './authority/types.ts';
import { SkillError, type ErrorCode } from './errors.ts';
import { denialsOf } from './denials.ts';
import type { CredentialUse, InterfaceUse, Limits } from './execution.ts';
import { endError, faultError, toolError } from './failures.ts';
import {
  DIRECTORY_ENTRIES,
  HANDLES,
  HOST_CALLS,
  NETWORK_LIMITS,
  READ_BYTES,
} from './limits/limits.ts';
import { type JsonValue } from './schema/json.ts';
import { parseJson } from './schema/index.ts';
import { seedOf, type Substitutes } from './substitutes.ts';

export interface RunRequest {
  readonly tool: string;
  readonly list?: boolean;
  /** Asks a component of the flat world whether it accepts the configuration that is the parameters. */
  readonly validate?: boolean;
  /** JSON text that the guest gets. */
  readonly parameters?: string;
  readonly arguments?: readonly string[];
  readonly stdin?: string;
  readonly environment?: readonly (readonly [string, string])[];
  /** Configuration values by name, for `wasi:config/store` and `get-config`. */
  readonly config?: readonly (readonly [string, string])[];
  /** A command may end by `exit`; a tool that does so has given no result. */
  readonly command: boolean;
  readonly limits: Limits;
  readonly authority: EffectiveAuthority;
  readonly signal?: AbortSignal | undefined;
  /** Answers calls of interfaces of the embedder. */
  readonly onCall?: OnCall | undefined;
  /** Whom TLS connections of the guest trust besides the public roots. */
  readonly trust?: TlsTrust | undefined;
  readonly substitutes?: Substitutes | undefined;
  /** Handed over: overwritten when the run is over. */
  readonly credentials?: readonly BrokerCredential[] | undefined;
}

export interface RunOutcome {
  /** The guest's answer, or why there is none. */
  readonly answer:
    | { readonly value: JsonValue }
    | { readonly exitCode: number }
    | { readonly error: SkillError };
  /** A budget of the broker that did not suffice. */
  readonly spent: SpentBudget | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly denials: readonly Denial[];
  readonly fuelUsed: number | null;
  readonly memoryPeakBytes: number | null;
  readonly hostCalls: number;
  /** Calls of interfaces of the embedder, by function. */
  readonly interfaceCalls: readonly InterfaceUse[];
  readonly credentialsUsed: readonly CredentialUse[];
  readonly filesWritten: FilesWritten;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

export async function runGuest(
  supervisor: Supervisor,
  pool: number,
  request: RunRequest,
): Promise<RunOutcome> {
  const { limits, authority, substitutes } = request;
  const parameters = encoder.encode(request.parameters ?? '');
  const stdin = encoder.encode(request.stdin ?? '');
  const blob = new Uint8Array(parameters.length + stdin.length);
  blob.set(parameters);
  blob.set(stdin, parameters.length);
  const result = await supervisor.run(
    pool,
    {
      blob,
      timeoutMilliseconds: limits.timeoutMs,
      broker: {
        interfaces: authority.interfaces,
        filesystem: { ...authority.filesystem, root: substitutes?.files?.root },
        limits: {
          diskBytes: limits.diskBytes,
          handles: HANDLES,
          readBytes: READ_BYTES,
          directoryEntries: DIRECTORY_ENTRIES,
        },
        network: {
          authority: authority.network,
          limits: NETWORK_LIMITS,
          trust: request.trust ?? { ca: [] },
          substitute: substitutes?.network,
        },
        credentials: request.credentials,
      },
      message: {
        tool: request.tool,
        list: request.list ?? false,
        validate: request.validate ?? false,
        arguments: request.arguments ?? [],
        environment: request.environment ?? [],
        config: request.config ?? [],
        stdinBytes: stdin.length,
        seed: seedOf(substitutes),
        clock: substitutes?.clock?.(),
        limits: {
          fuel: String(limits.fuel),
          memory: limits.memoryBytes,
          output: limits.outputBytes,
          hostCalls: HOST_CALLS,
        },
      },
    },
    request.signal,
    request.onCall,
  );
  const finished = result.end.kind === 'result' ? result.end.result : undefined;
  return {
    answer: answerOf(result, request),
    spent: result.spent,
    stdout: decoder.decode(result.stdout),
    stderr: decoder.decode(result.stderr),
    denials: denialsOf(authority, result.denials),
    fuelUsed: finished ? Number(finished.fuelUsed) : null,
    memoryPeakBytes: finished?.memoryPeakBytes ?? null,
    hostCalls: finished?.hostCalls ?? 0,
    interfaceCalls: [],
    credentialsUsed: result.credentialsUsed ?? [],
    filesWritten: result.filesWritten ?? noFilesWritten,
  };
}

function answerOf({ end }: RunResult, { limits, command }: RunRequest): RunOutcome['answer'] {
  if (end.kind === 'queue-full') {
    return fail(
      'CONCURRENCY_LIMIT',
      'Too many invocations of this skill are waiting; try again later.',
    );
  }
  if (end.kind !== 'result') return { error: endError(end, limits) };
  const { outcome } = end.result;
  switch (outcome.kind) {
    case 'exit':
      if (command) return { exitCode: outcome.code };
      return fail(
        'TOOL_FAILED',
        `The tool exited with code ${outcome.code} instead of returning a result.`,
      );
    case 'tool-error':
      return { error: toolError(outcome.error) };
    case 'fault':
      return { error: faultError(outcome.fault, outcome.message, limits) };
    case 'value': {
      const parsed = parseJson(end.text);
      return parsed.ok
        ? { value: parsed.value }
        : fail(
            'RESULT_INVALID',
            `The tool returned something that is not acceptable JSON: ${parsed.problem}`,
          );
    }
  }
}

function fail(code: ErrorCode, message: string): { error: SkillError } {
  return { error: new SkillError(code, message) };
}
