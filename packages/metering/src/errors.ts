/** Every reason for which a module is refused. The list is closed: a new reason is a new minor version. */
export const METERING_CODES = [
  /** The bytes are not a module: truncated, an index out of range, an unknown opcode or section. */
  'MALFORMED',
  /** A structural bound was exceeded; `limit` names it. Source: {@link MeteringLimits}. */
  'LIMIT_EXCEEDED',
  /** Garbage collection types or opcodes: they allocate on the engine's own heap, which no counter here sees. */
  'FEATURE_GC',
  /** Atomic opcodes (`memory.atomic.wait` blocks the thread without spending fuel). */
  'FEATURE_THREADS',
  /** A shared memory or table: another thread could grow or change it outside the meters. */
  'FEATURE_SHARED',
  /** Continuations: they leave the stack discipline that the depth counter relies on. */
  'FEATURE_STACK_SWITCHING',
  /** A memory whose page is not 64 KiB. */
  'FEATURE_CUSTOM_PAGE_SIZES',
  /** A proposal that this version does not know how to charge. */
  'FEATURE_UNKNOWN',
  /** The guest imports, exports or carries a name of the meter's own namespace. */
  'RESERVED_NAME',
] as const;

/** A code of {@link METERING_CODES}. */
export type MeteringCode = (typeof METERING_CODES)[number];

/** A module that cannot be metered. The author of the module is at fault, never the caller's limits at run time. */
export class MeteringError extends Error {
  override readonly name = 'MeteringError';
  /** Why, from the closed list. */
  readonly code: MeteringCode;
  /** Where: offset in bytes from the start of the module. */
  readonly offset: number;
  /** Which module of a component, when several were given. */
  readonly module: string | undefined;
  /** Which structural bound, for `LIMIT_EXCEEDED`. */
  readonly limit: string | undefined;

  constructor(
    code: MeteringCode,
    message: string,
    offset: number,
    more: { module?: string; limit?: string } = {},
  ) {
    super(
      `${more.module === undefined ? '' : `module ${more.module}: `}${message} (at byte ${offset})`,
    );
    this.code = code;
    this.offset = offset;
    this.module = more.module;
    this.limit = more.limit;
  }
}
