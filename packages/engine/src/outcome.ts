/** From a run's outcome to the caller's result and to the audit record: both say the same. */
import type { AuditStatus, OutcomeRecord } from './audit/record.ts';
import { noFilesWritten } from './broker/filesystem-written.ts';
import { SkillError, type ErrorCode } from './errors.ts';
import type { ExecutionResult } from './execution.ts';
import { blameBudget, gaveUp } from './failures.ts';
import type { RunOutcome } from './run.ts';

/** The outcome of an invocation whose guest never ran. */
export function refusal(error: SkillError): RunOutcome {
  return withoutGuest({ error });
}

export function withoutGuest(answer: RunOutcome['answer']): RunOutcome {
  return {
    answer,
    spent: undefined,
    stdout: '',
    stderr: '',
    denials: [],
    fuelUsed: null,
    memoryPeakBytes: null,
    hostCalls: 0,
    interfaceCalls: [],
    credentialsUsed: [],
    filesWritten: noFilesWritten,
  };
}

export function resultOf(
  executionId: string,
  durationMs: number,
  outcome: RunOutcome,
): ExecutionResult {
  const { answer, denials, stdout, stderr, fuelUsed, memoryPeakBytes, credentialsUsed } = outcome;
  const facts = {
    executionId,
    filesWritten: outcome.filesWritten,
    durationMs,
    denials,
    stdout,
    stderr,
    fuelUsed,
    memoryPeakBytes,
    credentialsUsed,
    interfaceCalls: outcome.interfaceCalls,
    exitCode: 'exitCode' in answer ? answer.exitCode : null,
  };
  if ('value' in answer) return { ok: true, value: answer.value, ...facts };
  if ('exitCode' in answer && answer.exitCode === 0) {
    return { ok: true, value: { stdout, stderr, exitCode: 0 }, ...facts };
  }
  const failure = 'error' in answer ? answer.error : exitError(answer.exitCode);
  const error = blameBudget(failure, outcome.spent);
  return { ok: false, error: blameDenials(error, outcome), ...facts };
}

function exitError(exitCode: number): SkillError {
  return new SkillError('TOOL_FAILED', `The command exited with code ${exitCode}.`, {
    details: { exitCode },
  });
}

/** A tool that failed after an access was refused most likely failed because of it. */
function blameDenials(error: SkillError, { denials }: RunOutcome): SkillError {
  if (!gaveUp(error) || denials.length === 0) return error;
  const accesses = denials.length === 1 ? 'an access' : `${denials.length} accesses`;
  return new SkillError(
    'CAPABILITY_DENIED',
    `The tool was refused ${accesses}, and failed: ${error.message}`,
    { cause: error, ...(error.details ? { details: error.details } : {}) },
  );
}

const statuses: Partial<Record<ErrorCode, AuditStatus>> = {
  TIMEOUT: 'timeout',
  CANCELLED: 'cancelled',
  CAPABILITY_DENIED: 'denied',
  POLICY_DENIED: 'denied',
  RESOURCE_REFUSED: 'denied',
};

export function statusOf(result: ExecutionResult): AuditStatus {
  return result.ok ? 'success' : (statuses[result.error.code] ?? 'failure');
}

export function outcomeRecord(result: ExecutionResult, { hostCalls }: RunOutcome): OutcomeRecord {
  const { credentialsUsed, interfaceCalls } = result;
  return {
    execution_id: result.executionId,
    status: statusOf(result),
    duration_ms: result.durationMs,
    exit_code: result.exitCode,
    error_code: result.ok ? null : result.error.code,
    error_message: result.ok ? null : result.error.message,
    fuel_used: result.fuelUsed,
    memory_peak_bytes: result.memoryPeakBytes,
    denials: result.denials.map(({ code, resource, rule }) => ({ code, resource, rule })),
    host_calls: hostCalls,
    credentials_used: credentialsUsed.map(({ name, host }) => ({ name, host })),
    interface_calls: interfaceCalls.map((call) => ({ ...call })),
  };
}
