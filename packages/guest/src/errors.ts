/**
 * Thrown by a tool that ran and did not do what it was asked. The caller sees all three parts. Any other error counts as unexpected:
 * it is reported with its name, its message and, under `details.stack`, where it was thrown.
 */
export class ToolError extends Error {
  override readonly name = 'ToolError';
  /** A stable name for this kind of failure, for programs: `not-found`. */
  readonly code: string;
  /** Anything more that a program can use; JSON. */
  readonly details: unknown;

  /**
   * @param code a stable name: letters, digits, `_` and `-`, beginning with a letter
   * @param message what went wrong, for people: what was found, and what would help
   * @param details JSON
   */
  constructor(code: string, message: string, details?: unknown) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** Thrown by a tool whose parameters are wrong in a way that its schema can't say. */
export class InvalidParameters extends Error {
  override readonly name = 'InvalidParameters';
}

/** The value of the variant `tool-error` for anything that a tool threw. */
export function toolError(thrown: unknown): { tag: string; val: unknown } {
  if (thrown instanceof InvalidParameters) {
    return { tag: 'invalid-parameters', val: thrown.message };
  }
  if (thrown instanceof ToolError) return failed(thrown.code, thrown.message, thrown.details);
  if (!(thrown instanceof Error)) return failed(undefined, describe(thrown), undefined);
  const { name, message, stack } = thrown;
  const text = name === 'Error' ? message : `${name}: ${message}`;
  return failed(undefined, text, stack ? { stack } : undefined);
}

function failed(code: string | undefined, message: string, details: unknown) {
  const text = details === undefined ? undefined : JSON.stringify(details);
  return { tag: 'failed', val: { code, message, details: text } };
}

/** WASI's calls throw values and errors with a payload; both say more than `[object Object]`. */
function describe(thrown: unknown): string {
  return typeof thrown === 'string' ? thrown : (JSON.stringify(thrown) ?? String(thrown));
}
