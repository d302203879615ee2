/** Part of the cache key: what was metered by another version is made again. */
export const meteringVersion = 'none';

/** The one place where the core modules of a component are rewritten, before anything runs them. */
export function meterModules(
  modules: ReadonlyMap<string, Uint8Array>,
): ReadonlyMap<string, Uint8Array> {
  return modules;
}
