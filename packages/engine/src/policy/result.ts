/** What hooks may make of a result: less. */
import { SkillError } from '../errors.ts';
import type { ExecutionResult } from '../execution.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../schema/json.ts';

/** Nothing of what the guest said is left. */
export function withheld(result: ExecutionResult, error: SkillError): ExecutionResult {
  const { value: _value, error: _error, ...facts } = result;
  return { ...facts, ok: false, error, stdout: '', stderr: '' };
}

export function redacted(result: ExecutionResult, parts: JsonObject): ExecutionResult {
  const output = {
    stdout: text(parts['stdout']) ?? result.stdout,
    stderr: text(parts['stderr']) ?? result.stderr,
  };
  if (result.ok) {
    const value = Object.hasOwn(parts, 'value') ? parts['value']! : commandValue(result, output);
    return { ...result, ...output, value };
  }
  const message = text(parts['message']);
  const error = message === undefined ? result.error : new SkillError(result.error.code, message);
  return { ...result, ...output, error };
}

/** The value of a command is its output, so what is redacted there is redacted here. */
function commandValue(
  { value, exitCode }: Extract<ExecutionResult, { ok: true }>,
  output: { readonly stdout: string; readonly stderr: string },
): JsonValue {
  return exitCode === null || !isJsonObject(value) ? value : { ...value, ...output };
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
