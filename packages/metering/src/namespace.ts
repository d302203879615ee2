/** The import namespace, custom section and name prefix that belong to the meter alone. A guest that uses it is refused. */
export const NAMESPACE = 'skill-engine:metering';

/**
 * Version of the rewriting and of the cost table. Two builds with the same version make the same bytes of the same
 * module and charge the same fuel: use it in cache keys and beside recorded `fuelUsed`.
 */
export const METERING_VERSION = 6;

/** Bytes of a linear memory's page. */
export const PAGE_BYTES = 65_536;

/** What one table element counts for in the memory total. Measured on V8: docs/internals/metering.md. */
export const TABLE_ELEMENT_BYTES = 32;

/** The globals that every metered module imports, in this order, behind its own imports. */
export const GLOBALS = [
  { name: 'fuel', type: 'i64' },
  { name: 'depth', type: 'i64' },
  { name: 'memory', type: 'i64' },
  { name: 'status', type: 'i32' },
] as const;

/** Bits of the `status` global. */
export const STATUS = { stackOverflow: 1, memoryDenied: 2 } as const;

/** What the counter is set to when nothing is left, so that no refund brings it below zero again. */
export const EXHAUSTED = 2n ** 61n;
