/** The record of an invocation that was refused before anything of the skill was loaded. */
import { newExecutionId } from '../audit/record.ts';
import { noFilesWritten } from '../broker/filesystem-written.ts';
import { REDACTED } from '../schema/sensitive.ts';
import type { AuditStore } from '../audit/store.ts';
import type { SkillError } from '../errors.ts';
import type { ExecutionResult } from '../execution.ts';
import type { JsonObject, JsonValue } from '../schema/json.ts';
import type { SkillPackage } from './package.ts';

/** A call that a face refused before the engine saw it, for {@link recordRefused}. */
export interface RefusedCall {
  readonly package: SkillPackage;
  /** Name of the tool. */
  readonly tool: string;
  readonly parameters: JsonValue;
  /** Who asked. */
  readonly user: string;
  readonly caller: JsonObject;
  readonly error: SkillError;
}

/** The result of a call that did not succeed. */
export type FailedExecution = Extract<ExecutionResult, { ok: false }>;

/**
 * Writes intent and outcome (`denied`) in one commit. The tool's schema is not known, so nobody can say which
 * parameters are sensitive: the record has only their digest.
 *
 * @throws SkillError AUDIT_UNAVAILABLE
 */
export async function recordRefused(
  audit: AuditStore,
  call: RefusedCall,
): Promise<FailedExecution> {
  const { package: skill, error } = call;
  const executionId = newExecutionId();
  await Promise.all([
    audit.begin({
      execution_id: executionId,
      timestamp: new Date().toISOString(),
      skill_name: skill.name,
      skill_version: skill.version,
      component_sha256: skill.sha256,
      tool_name: call.tool,
      parameters: REDACTED,
      parameters_digest: audit.digest(call.parameters),
      user: call.user,
      caller: call.caller,
      effective_capabilities_hash: null,
    }),
    audit.finish({
      execution_id: executionId,
      status: 'denied',
      duration_ms: 0,
      exit_code: null,
      error_code: error.code,
      error_message: error.message,
      fuel_used: null,
      memory_peak_bytes: null,
      denials: [],
      host_calls: 0,
      credentials_used: [],
      interface_calls: [],
    }),
  ]);
  return {
    ok: false,
    error,
    executionId,
    durationMs: 0,
    denials: [],
    credentialsUsed: [],
    interfaceCalls: [],
    stdout: '',
    stderr: '',
    exitCode: null,
    filesWritten: noFilesWritten,
    fuelUsed: null,
    memoryPeakBytes: null,
  };
}
