/** One run of a guest: from validated parameters to what the supervisor needs, and back to an outcome. */
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import type { Supervisor } from './broker/client.ts';
import type { CountedDenial } from './broker/broker.ts';
import type { RunResult } from './broker/messages.ts';
import type { NetworkDenial } from './broker/network-denial.ts';
import type { TlsTrust } from './broker/network-tls.ts';
import { denyFilesystem, denyNetwork } from './authority/deny.ts';
import { type Denial, DenialLog, denial } from './authority/denial.ts';
import type { EffectiveAuthority } from './authority/types.ts';
import { SkillError, type ErrorCode } from './errors.ts';
import type { Limits } from './execution.ts';
import type { Fault, ToolErrorMessage } from './isolate/messages.ts';
import type { End, StopReason } from './isolate/process.ts';
import {
  DIRECTORY_ENTRIES,
  HANDLES,
  HOST_CALLS,
  NETWORK_LIMITS,
  READ_BYTES,
} from './limits/limits.ts';
import { type JsonValue } from './schema/json.ts';
import { parseJson } from './schema/index.ts';

export interface RunRequest {
  readonly tool: string;
  readonly list?: boolean;
  /** JSON text that the guest gets. */
  readonly parameters?: string;
  readonly arguments?: readonly string[];
  readonly stdin?: string;
  readonly environment?: readonly (readonly [string, string])[];
  /** A command may end by `exit`; a tool that does so has given no result. */
  readonly command: boolean;
  readonly limits: Limits;
  readonly authority: EffectiveAuthority;
  readonly signal?: AbortSignal | undefined;
  /** Whom TLS connections of the guest trust besides the public roots. */
  readonly trust?: TlsTrust | undefined;
}

export interface RunOutcome {
  /** The guest's answer, or why there is none. */
  readonly answer:
    | { readonly value: JsonValue }
    | { readonly exitCode: number }
    | { readonly error: SkillError };
  readonly stdout: string;
  readonly stderr: string;
  readonly denials: readonly Denial[];
  readonly fuelUsed: number | null;
  readonly memoryPeakBytes: number | null;
  readonly hostCalls: number;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

export async function runGuest(
  supervisor: Supervisor,
  pool: number,
  request: RunRequest,
): Promise<RunOutcome> {
  const { limits, authority } = request;
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
        filesystem: authority.filesystem,
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
        },
      },
      message: {
        tool: request.tool,
        list: request.list ?? false,
        arguments: request.arguments ?? [],
        environment: request.environment ?? [],
        stdinBytes: stdin.length,
        seed: randomBytes(32).toString('hex'),
        limits: {
          fuel: String(limits.fuel),
          memory: limits.memoryBytes,
          output: limits.outputBytes,
          hostCalls: HOST_CALLS,
        },
      },
    },
    request.signal,
  );
  const finished = result.end.kind === 'result' ? result.end.result : undefined;
  return {
    answer: blameBudget(answerOf(result, request), result.networkSpent),
    stdout: decoder.decode(result.stdout),
    stderr: decoder.decode(result.stderr),
    denials: denialsOf(authority, result.denials),
    fuelUsed: finished ? Number(finished.fuelUsed) : null,
    memoryPeakBytes: finished?.memoryPeakBytes ?? null,
    hostCalls: finished?.hostCalls ?? 0,
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
      return fail(...describeFault(outcome.fault, outcome.message, limits));
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

/** A tool that failed after a budget of its network was used up most likely failed because of it. */
function blameBudget(
  answer: RunOutcome['answer'],
  spent: string | undefined,
): RunOutcome['answer'] {
  if (spent === undefined || !('error' in answer) || answer.error.code !== 'TOOL_FAILED')
    return answer;
  return {
    error: new SkillError(
      'NETWORK_LIMIT',
      `The tool wanted more of the network than ${spent}, and failed: ${answer.error.message}`,
      { details: { ...answer.error.details, limit: spent }, cause: answer.error },
    ),
  };
}

function fail(code: ErrorCode, message: string): { error: SkillError } {
  return { error: new SkillError(code, message) };
}

/** Why an isolate gave no result. */
export function endError(end: Exclude<End, { kind: 'result' }>, limits: Limits): SkillError {
  switch (end.kind) {
    case 'stopped':
      return new SkillError(...stopped(end.reason, limits));
    case 'protocol':
      return new SkillError(
        'ISOLATE_PROTOCOL',
        `The isolate broke its protocol and was ended: ${end.message}.`,
      );
    case 'died':
      return /heap out of memory|heap limit|Zone|OOM|Cannot allocate memory/i.test(end.lastWords)
        ? new SkillError('MEMORY_LIMIT', 'The isolate ran out of memory and was ended.')
        : new SkillError(
            'ISOLATE_DIED',
            `The isolate ended by ${end.signal ?? `exit code ${end.exitCode ?? 'unknown'}`} in the middle of the invocation.`,
          );
  }
}

function stopped(reason: StopReason, limits: Limits): [ErrorCode, string] {
  switch (reason) {
    case 'timeout':
      return [
        'TIMEOUT',
        `The tool did not finish within ${limits.timeoutMs / 1000} s and was ended. Raise resources.timeout if it needs longer.`,
      ];
    case 'cancelled':
      return ['CANCELLED', 'The caller cancelled the invocation.'];
    case 'closed':
      return ['CANCELLED', 'The engine was closed during the invocation.'];
    case 'output-limit':
      return ['OUTPUT_LIMIT', outputMessage(limits)];
  }
}

function outputMessage(limits: Limits): string {
  return `Result, stdout and stderr together passed ${limits.outputBytes} bytes; what was written is cut there. Raise resources.output if the tool needs more.`;
}

function describeFault(fault: Fault, message: string, limits: Limits): [ErrorCode, string] {
  switch (fault) {
    case 'trap':
      return ['GUEST_TRAP', `The guest trapped: ${message}`];
    case 'stack-overflow':
      return ['STACK_OVERFLOW', 'The guest recursed too deeply.'];
    case 'fuel-exhausted':
      return [
        'FUEL_EXHAUSTED',
        `The guest used up its ${limits.fuel} units of fuel. Raise resources.fuel if it needs more.`,
      ];
    case 'memory-limit':
      return [
        'MEMORY_LIMIT',
        `The guest needs more than ${limits.memoryBytes} bytes of memory. Raise resources.memory if it needs more.`,
      ];
    case 'output-limit':
      return ['OUTPUT_LIMIT', outputMessage(limits)];
    case 'host-call-limit':
      return ['HOST_CALL_LIMIT', `The guest made more than ${HOST_CALLS} host calls.`];
    case 'result-invalid':
      return ['RESULT_INVALID', message];
    case 'internal':
      return ['INTERNAL', message];
  }
}

function toolError(error: ToolErrorMessage): SkillError {
  if (error.case === 'unknown-tool') {
    return new SkillError(
      'TOOL_NOT_FOUND',
      `The skill says that it has no tool ${JSON.stringify(error.message)}.`,
    );
  }
  if (error.case === 'invalid-parameters') {
    return new SkillError('INVALID_PARAMETERS', error.message, { details: { rule: 'tool' } });
  }
  const parsed = error.details === null ? undefined : parseJson(encoder.encode(error.details));
  return new SkillError('TOOL_FAILED', error.message, {
    details: {
      ...(error.code === null ? {} : { toolCode: error.code }),
      ...(parsed?.ok ? { toolDetails: parsed.value } : {}),
    },
  });
}

function denialsOf(
  authority: EffectiveAuthority,
  raw: readonly CountedDenial[],
): readonly Denial[] {
  const log = new DenialLog();
  for (const entry of raw) log.add({ ...describeDenial(authority, entry), count: entry.count });
  return log.list();
}

function describeDenial(authority: EffectiveAuthority, raw: CountedDenial): Denial {
  if (raw.area === 'network') return describeNetworkDenial(authority, raw);
  return denyFilesystem(authority, {
    path: raw.path,
    operation: raw.operation,
    access: raw.access === 'write' ? 'read-write' : 'read',
    // What is made, moved or removed is an entry of a directory; that is what has to be granted.
    ...(raw.operation.endsWith('-at') && raw.operation !== 'open-at' && raw.access === 'write'
      ? { grant: dirname(raw.path) }
      : {}),
  });
}

function describeNetworkDenial(authority: EffectiveAuthority, raw: NetworkDenial): Denial {
  switch (raw.kind) {
    case 'refused':
      return denial(raw.code, raw.target, raw.operation, raw.rule);
    case 'lookup': {
      // A lookup has no port; the lines name a usual one.
      const endpoint = { protocol: 'tcp', host: raw.name, port: 443 } as const;
      return { ...denyNetwork(authority, endpoint, raw.address, 'look up'), resource: raw.name };
    }
    case 'endpoint':
      return denyNetwork(authority, raw.endpoint, raw.address, raw.operation);
  }
}
