/** Why a run gave no answer: from what the supervisor and the guest say to an error with a code of ours. */
import { SkillError, type ErrorCode } from './errors.ts';
import type { SpentBudget } from './broker/broker.ts';
import type { Limits } from './execution.ts';
import type { Fault, ToolErrorMessage } from './isolate/messages.ts';
import { STACK_OVERFLOW_EXIT } from './isolate/wire.ts';
import type { End, StopReason } from './isolate/process.ts';
import { HOST_CALLS } from './limits/limits.ts';
import { parseJson } from './schema/index.ts';

/** Whether the tool gave up by itself: many programs answer a failed call of the system by a panic, which traps. */
export function gaveUp({ code }: SkillError): boolean {
  return code === 'TOOL_FAILED' || code === 'GUEST_TRAP';
}

/** A tool that failed after a budget of the broker was used up most likely failed because of it. */
export function blameBudget(error: SkillError, spent: SpentBudget | undefined): SkillError {
  if (spent === undefined || !gaveUp(error)) return error;
  return new SkillError(
    spent.code,
    `The tool wanted more than ${spent.what}, and failed: ${error.message}`,
    { details: { ...error.details, limit: spent.what }, cause: error },
  );
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
      if (end.exitCode === STACK_OVERFLOW_EXIT) {
        return new SkillError('STACK_OVERFLOW', 'The guest recursed too deeply.');
      }
      return /heap out of memory|heap limit|Zone|OOM|Cannot allocate memory/i.test(end.lastWords)
        ? new SkillError('MEMORY_LIMIT', 'The isolate ran out of memory and was ended.')
        : new SkillError(
            'ISOLATE_DIED',
            `The isolate ended by ${end.signal ?? `exit code ${end.exitCode ?? 'unknown'}`} in the middle of the invocation.`,
          );
  }
}

export function stopped(reason: StopReason, limits: Limits): [ErrorCode, string] {
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
    case 'abandoned':
      return ['INTERNAL', 'The engine failed during the invocation, and ended it.'];
  }
}

export function outputMessage(limits: Limits): string {
  return `Result, stdout and stderr together passed ${limits.outputBytes} bytes; what was written is cut there. Raise resources.output if the tool needs more.`;
}

/** What a fault of the guest means. */
export function faultError(fault: Fault, message: string, limits: Limits): SkillError {
  return new SkillError(...describeFault(fault, message, limits));
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
    case 'handle-limit':
      return ['HANDLE_LIMIT', `The guest held ${message}. It must drop what it no longer needs.`];
    case 'result-invalid':
      return ['RESULT_INVALID', message];
    case 'interface-failed':
      return ['HOST_INTERFACE_FAILED', message];
    case 'interface-denied':
      return ['CAPABILITY_DENIED', message];
    case 'internal':
      return ['INTERNAL', message];
  }
}

/** The tool's own error. */
export function toolError(error: ToolErrorMessage): SkillError {
  if (error.case === 'unknown-tool') {
    return new SkillError(
      'TOOL_NOT_FOUND',
      `The skill says that it has no tool ${JSON.stringify(error.message)}.`,
    );
  }
  if (error.case === 'invalid-parameters') {
    const details = { parameter: '(parameters)', rule: 'tool' };
    return new SkillError('INVALID_PARAMETERS', error.message, {
      details: { ...details, errors: [details] },
    });
  }
  const parsed = error.details === null ? undefined : parseJson(error.details);
  return new SkillError('TOOL_FAILED', error.message, {
    details: {
      ...(error.code === null ? {} : { toolCode: error.code }),
      ...(parsed?.ok ? { toolDetails: parsed.value } : {}),
    },
  });
}
