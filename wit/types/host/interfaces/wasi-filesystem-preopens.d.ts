// Generated from wit/ by scripts/generate-types.ts. Do not edit.
/** @module Interface wasi:filesystem/preopens@0.2.12 **/
/**
 * Return the set of preopened directories, and their paths.
 */
export function getDirectories(): Array<[Descriptor, string]>;
export type Descriptor = import('./wasi-filesystem-types.js').Descriptor;
