/**
 * Thrown by a tool that ran and did not do what it was asked. The caller sees all three parts; any other thrown value is reported
 * with its message alone.
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
  const failure = thrown instanceof ToolError ? thrown : undefined;
  const message = thrown instanceof Error ? thrown.message : describe(thrown);
  const details = failure?.details === undefined ? undefined : JSON.stringify(failure.details);
  return { tag: 'failed', val: { code: failure?.code, message, details } };
}

/** WASI's calls throw values and errors with a payload; both say more than `[object Object]`. */
function describe(thrown: unknown): string {
  return typeof thrown === 'string' ? thrown : (JSON.stringify(thrown) ?? String(thrown));
}
