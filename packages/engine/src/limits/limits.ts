/** The limits of one invocation: SPEC §3's defaults, what a manifest says, and narrowing. Pure. */
import { SkillError } from '../errors.ts';
import type { Limits } from '../execution.ts';
import type { ResourceLimits } from '../manifest/types.ts';

/** Calls of the guest to the host in one invocation. Fixed: a bound on the record and the wire, not a tuning knob. */
export const HOST_CALLS = 10_000_000;

/** Open descriptors and directory streams of one invocation. */
export const HANDLES = 512;

/** Entries that one listing of a directory hands out. */
export const DIRECTORY_ENTRIES = 100_000;

/** Bytes that one read hands out, whatever the guest asks for. */
export const READ_BYTES = 1024 * 1024;

/** Longest time limit in milliseconds: what a timer of the platform can hold (about 24 days). */
const LONGEST_TIMEOUT = 0x7fff_ffff;

export function limitsOf(resources: ResourceLimits): Limits {
  return {
    memoryBytes: resources.memoryBytes,
    fuel: resources.fuel,
    timeoutMs: Math.min(resources.timeoutMs, LONGEST_TIMEOUT),
    outputBytes: resources.outputBytes,
    diskBytes: resources.diskBytes,
  };
}

const keys = ['memoryBytes', 'fuel', 'timeoutMs', 'outputBytes', 'diskBytes'] as const;

/**
 * The smaller of both, limit by limit.
 *
 * @throws SkillError INVALID_OPTIONS when a limit is unknown, or not a whole number of at least 0
 */
export function narrow(limits: Limits, by: Partial<Limits> = {}): Limits {
  for (const key of Object.keys(by)) {
    if (!keys.some((known) => known === key)) {
      throw new SkillError('INVALID_OPTIONS', `There is no limit "${key}"; limits are ${keys.join(', ')}.`);
    }
  }
  const smaller = (key: keyof Limits): number => {
    const value = by[key];
    if (value === undefined) return limits[key];
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new SkillError(
        'INVALID_OPTIONS',
        `The limit "${key}" is ${String(value)}; it must be a whole number of at least 0.`,
      );
    }
    return Math.min(value, limits[key]);
  };
  return {
    memoryBytes: smaller('memoryBytes'),
    fuel: smaller('fuel'),
    timeoutMs: smaller('timeoutMs'),
    outputBytes: smaller('outputBytes'),
    diskBytes: smaller('diskBytes'),
  };
}
