/**
 * Every failure that leaves the engine is a `SkillError` with one of the codes below.
 * The table is closed: embedders branch on codes, so adding one is a deliberate act
 * (a documentation entry in `docs/reference/errors.md` is required, and a test holds both together).
 */

/** Who has to act so that the failure goes away. */
export type FaultOwner = 'author' | 'operator' | 'embedder' | 'caller' | 'guest' | 'engine';

/** Process exit codes of the command line, by class of failure. */
export const EXIT = {
  success: 0,
  toolFailed: 1,
  usage: 2,
  invalidParameters: 3,
  denied: 4,
  limit: 5,
  refusedAtLoad: 6,
  engine: 7,
} as const;

/** One row of the table of error codes. */
export interface CodeEntry {
  readonly owner: FaultOwner;
  /** Exit code of the command line. */
  readonly exit: (typeof EXIT)[keyof typeof EXIT];
}

const table = {
  // The manifest
  MANIFEST_NOT_FOUND: { owner: 'caller', exit: EXIT.refusedAtLoad },
  MANIFEST_SYNTAX: { owner: 'author', exit: EXIT.refusedAtLoad },
  MANIFEST_INVALID: { owner: 'author', exit: EXIT.refusedAtLoad },
  // The package, before anything of it is interpreted, and what is installed
  PACKAGE_NOT_FOUND: { owner: 'caller', exit: EXIT.refusedAtLoad },
  PACKAGE_INVALID: { owner: 'author', exit: EXIT.refusedAtLoad },
  PACKAGE_CHANGED: { owner: 'operator', exit: EXIT.refusedAtLoad },
  LOCK_INVALID: { owner: 'operator', exit: EXIT.refusedAtLoad },
  SIGNATURE_INVALID: { owner: 'author', exit: EXIT.refusedAtLoad },
  SIGNATURE_REQUIRED: { owner: 'operator', exit: EXIT.denied },
  SKILL_QUARANTINED: { owner: 'operator', exit: EXIT.denied },
  TRUST_TOO_LOW: { owner: 'operator', exit: EXIT.denied },
  DOWNGRADE_REFUSED: { owner: 'operator', exit: EXIT.denied },
  // The component, before any of it runs
  COMPONENT_NOT_FOUND: { owner: 'author', exit: EXIT.refusedAtLoad },
  COMPONENT_DIGEST_MISMATCH: { owner: 'operator', exit: EXIT.refusedAtLoad },
  COMPONENT_MALFORMED: { owner: 'author', exit: EXIT.refusedAtLoad },
  COMPONENT_NAME_REFUSED: { owner: 'author', exit: EXIT.refusedAtLoad },
  COMPONENT_IMPORT_UNKNOWN: { owner: 'author', exit: EXIT.refusedAtLoad },
  COMPONENT_UNSUPPORTED: { owner: 'author', exit: EXIT.refusedAtLoad },
  COMPONENT_TOO_LARGE: { owner: 'author', exit: EXIT.refusedAtLoad },
  TRANSPILE_FAILED: { owner: 'author', exit: EXIT.refusedAtLoad },
  TRANSPILE_LIMIT: { owner: 'author', exit: EXIT.refusedAtLoad },
  RUNTIME_UNSUPPORTED: { owner: 'author', exit: EXIT.refusedAtLoad },
  SCHEMA_INVALID: { owner: 'author', exit: EXIT.refusedAtLoad },
  SCHEMA_REFUSED: { owner: 'author', exit: EXIT.refusedAtLoad },
  CONFIG_REFUSED: { owner: 'operator', exit: EXIT.refusedAtLoad },
  // Skills of instructions (SKILL.md), their resources and scripts
  SKILL_MD_INVALID: { owner: 'author', exit: EXIT.refusedAtLoad },
  SCRIPT_UNSUPPORTED: { owner: 'author', exit: EXIT.refusedAtLoad },
  RESOURCE_NOT_FOUND: { owner: 'caller', exit: EXIT.usage },
  RESOURCE_REFUSED: { owner: 'caller', exit: EXIT.denied },
  // The author's build
  TOOLCHAIN_MISSING: { owner: 'author', exit: EXIT.refusedAtLoad },
  BUILD_FAILED: { owner: 'author', exit: EXIT.refusedAtLoad },
  // The call
  SKILL_NOT_FOUND: { owner: 'caller', exit: EXIT.usage },
  TOOL_NOT_FOUND: { owner: 'caller', exit: EXIT.usage },
  INVALID_PARAMETERS: { owner: 'caller', exit: EXIT.invalidParameters },
  CAPABILITY_DENIED: { owner: 'operator', exit: EXIT.denied },
  CREDENTIAL_MISSING: { owner: 'operator', exit: EXIT.denied },
  POLICY_DENIED: { owner: 'operator', exit: EXIT.denied },
  // The guest
  TOOL_FAILED: { owner: 'guest', exit: EXIT.toolFailed },
  GUEST_TRAP: { owner: 'guest', exit: EXIT.toolFailed },
  RESULT_INVALID: { owner: 'guest', exit: EXIT.toolFailed },
  HOST_INTERFACE_FAILED: { owner: 'embedder', exit: EXIT.toolFailed },
  STACK_OVERFLOW: { owner: 'guest', exit: EXIT.limit },
  // Limits
  TIMEOUT: { owner: 'guest', exit: EXIT.limit },
  CANCELLED: { owner: 'caller', exit: EXIT.limit },
  FUEL_EXHAUSTED: { owner: 'guest', exit: EXIT.limit },
  MEMORY_LIMIT: { owner: 'guest', exit: EXIT.limit },
  OUTPUT_LIMIT: { owner: 'guest', exit: EXIT.limit },
  HOST_CALL_LIMIT: { owner: 'guest', exit: EXIT.limit },
  DISK_LIMIT: { owner: 'guest', exit: EXIT.limit },
  HANDLE_LIMIT: { owner: 'guest', exit: EXIT.limit },
  NETWORK_LIMIT: { owner: 'guest', exit: EXIT.limit },
  CONCURRENCY_LIMIT: { owner: 'caller', exit: EXIT.limit },
  RATE_LIMITED: { owner: 'caller', exit: EXIT.limit },
  // The engine
  ISOLATE_DIED: { owner: 'guest', exit: EXIT.engine },
  ISOLATE_PROTOCOL: { owner: 'guest', exit: EXIT.engine },
  ISOLATION_UNAVAILABLE: { owner: 'operator', exit: EXIT.engine },
  AUDIT_UNAVAILABLE: { owner: 'operator', exit: EXIT.engine },
  CREDENTIALS_LOCKED: { owner: 'operator', exit: EXIT.engine },
  CREDENTIALS_CORRUPT: { owner: 'operator', exit: EXIT.engine },
  CREDENTIALS_UNAVAILABLE: { owner: 'operator', exit: EXIT.engine },
  AUDIT_BROKEN: { owner: 'operator', exit: EXIT.engine },
  SETTINGS_INVALID: { owner: 'operator', exit: EXIT.usage },
  STATE_UNAVAILABLE: { owner: 'operator', exit: EXIT.engine },
  LISTEN_FAILED: { owner: 'operator', exit: EXIT.engine },
  INVALID_OPTIONS: { owner: 'embedder', exit: EXIT.usage },
  ENGINE_CLOSED: { owner: 'embedder', exit: EXIT.engine },
  INTERNAL: { owner: 'engine', exit: EXIT.engine },
} as const satisfies Record<string, CodeEntry>;

/** A stable name of one kind of failure. */
export type ErrorCode = keyof typeof table;

/**
 * The closed table of error codes: what each means and who has to act. `docs/reference/errors.md` explains every one.
 */
export const errorCodes: Readonly<Record<ErrorCode, CodeEntry>> = table;

/** Whether a value, such as one out of an audit record, is an error code of this version. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(table, value);
}

/** JSON-safe facts about a failure; never holds secrets or host paths that the caller did not name. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/**
 * Every failure that the engine reports: thrown, or the `error` of a result. Branch on `code`; the message is for
 * people.
 */
export class SkillError extends Error {
  override readonly name = 'SkillError';
  readonly code: ErrorCode;
  /** What programs may want beside the message: plain JSON values; which ones depends on the code. */
  readonly details: ErrorDetails | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { details?: ErrorDetails; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details;
  }

  /** Who has to act so that the failure goes away. */
  get owner(): FaultOwner {
    return table[this.code].owner;
  }

  /** The wire form of SPEC §5: `{ error: { code, message, details } }` is this under `error`. */
  toJSON(): { code: ErrorCode; message: string; details?: ErrorDetails } {
    return this.details === undefined
      ? { code: this.code, message: this.message }
      : { code: this.code, message: this.message, details: this.details };
  }

  /** The one place where an unknown thrown value becomes ours. */
  static from(thrown: unknown, code: ErrorCode = 'INTERNAL'): SkillError {
    try {
      if (thrown instanceof SkillError) return thrown;
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      return new SkillError(code, message, { cause: thrown });
    } catch {
      // Anything may be thrown, also what throws when it is looked at.
      return new SkillError(code, 'Something was thrown that is no error.', { cause: thrown });
    }
  }
}
