/** What a model gets of a result. */
import type { ExecutionResult, JsonValue } from '@skill-engine/engine';

/** Characters of standard output and error each; the rest is cut. */
const OUTPUT = 16_384;

/**
 * `{ ok, value | error, executionId, denials?, stdout?, stderr? }` as plain JSON. Denials have code, resource and
 * rule. Control characters stay: JSON escapes them.
 */
export function toolAnswer(result: ExecutionResult): { readonly [key: string]: JsonValue } {
  const { executionId, denials, stdout, stderr } = result;
  const error = result.error?.toJSON();
  return {
    ok: result.ok,
    ...(result.ok
      ? { value: result.value }
      : { error: JSON.parse(JSON.stringify(error)) as JsonValue }),
    executionId,
    ...(denials.length === 0
      ? {}
      : { denials: denials.map(({ code, resource, rule }) => ({ code, resource, rule })) }),
    ...(stdout === '' ? {} : { stdout: stdout.slice(0, OUTPUT) }),
    ...(stderr === '' ? {} : { stderr: stderr.slice(0, OUTPUT) }),
  };
}
