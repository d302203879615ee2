import { MeteringError } from './errors.ts';

/**
 * Structural bounds of one module, checked while decoding and before anything in proportion is allocated.
 * Each is inclusive. The defaults stand well above what today's toolchains emit (see docs/internals/metering.md)
 * and at or below V8's own bounds.
 */
export interface MeteringLimits {
  /** Bytes of the module. Default 64 MiB. */
  readonly moduleBytes: number;
  /** Entries of the type section. Default 20 000. */
  readonly types: number;
  /** Parameters or results of one type. Default 1 000 (V8's own bound). */
  readonly typeArity: number;
  /** Imports of all kinds. Default 10 000. */
  readonly imports: number;
  /** Functions, imported and defined. Default 200 000. */
  readonly functions: number;
  /** Tables, imported and defined. Default 64. */
  readonly tables: number;
  /** Elements of one table's declared minimum. Default 10 000 000 (V8's own bound). */
  readonly tableElements: number;
  /** Memories, imported and defined. Default 16. */
  readonly memories: number;
  /** Pages of one memory's declared minimum. Default 65 536 (4 GiB); the run-time total is usually far lower. */
  readonly memoryPages: number;
  /** Globals, imported and defined. Default 50 000. */
  readonly globals: number;
  /** Tags, imported and defined. Default 1 000. */
  readonly tags: number;
  /** Exports. Default 50 000. */
  readonly exports: number;
  /** Element segments. Default 50 000. */
  readonly elementSegments: number;
  /** Elements over all element segments. Default 1 000 000. */
  readonly elements: number;
  /** Data segments. Default 100 000 (V8's own bound). */
  readonly dataSegments: number;
  /** Bytes of one function's body. Default 7 000 000 (V8 stops at 7 654 321, and a metered body is larger). */
  readonly bodyBytes: number;
  /** Locals of one function, parameters included. Default 49 990 (V8 stops at 50 000; the meter adds up to four). */
  readonly locals: number;
  /** Nesting of blocks in one function. Default 20 000. */
  readonly blockDepth: number;
  /** Entries of one br_table. Default 65 000 (V8 stops at 65 520). */
  readonly branchTableEntries: number;
  /**
   * Locals times blocks of one function: what a compiler keeps at merges. Default 200 000 000.
   */
  readonly localsTimesBlocks: number;
}

/** The bounds that apply where none is given. */
export const DEFAULT_LIMITS: MeteringLimits = Object.freeze({
  moduleBytes: 64 * 1024 * 1024,
  types: 20_000,
  typeArity: 1_000,
  imports: 10_000,
  functions: 200_000,
  tables: 64,
  tableElements: 10_000_000,
  memories: 16,
  memoryPages: 65_536,
  globals: 50_000,
  tags: 1_000,
  exports: 50_000,
  elementSegments: 50_000,
  elements: 1_000_000,
  dataSegments: 100_000,
  bodyBytes: 7_000_000,
  locals: 49_990,
  blockDepth: 20_000,
  branchTableEntries: 65_000,
  localsTimesBlocks: 200_000_000,
});

/** Throws `LIMIT_EXCEEDED` when `found` is above the bound `name`. */
export function checkLimit(
  limits: MeteringLimits,
  name: keyof MeteringLimits,
  found: number,
  offset: number,
): void {
  const allowed = limits[name];
  if (found > allowed) {
    throw new MeteringError(
      'LIMIT_EXCEEDED',
      `${name}: ${found} is above the limit of ${allowed}`,
      offset,
      { limit: name },
    );
  }
}
