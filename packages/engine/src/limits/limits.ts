/** The limits of one invocation: SPEC §3's defaults, what a manifest says, and narrowing. Pure. */
import { SkillError } from '../errors.ts';
import type { Limits } from '../execution.ts';
import type { ResourceLimits } from '../manifest/types.ts';

/** Invocations of one skill at once, where its manifest does not say. */
export const CONCURRENCY = 4;

/** Calls of the guest to the host in one invocation. Fixed: a bound on the record and the wire, not a tuning knob. */
export const HOST_CALLS = 10_000_000;

/** Open descriptors and directory streams of one invocation. */
export const HANDLES = 512;

/** Entries that one listing of a directory hands out. */
export const DIRECTORY_ENTRIES = 100_000;

/** Bytes that one read hands out, whatever the guest asks for. */
export const READ_BYTES = 1024 * 1024;

/**
 * The network of one invocation. Fixed as well; a guest's own timeouts can only lower the three times.
 * Bytes are those of bodies, headers and datagrams in both directions; what TLS and TCP add isn't counted.
 */
export interface NetworkLimits {
  /** Sockets, requests and lookups that the guest holds at once. */
  readonly handles: number;
  /** Connections that stand at once. */
  readonly openConnections: number;
  /** Connections made in all, and to one host. */
  readonly connections: number;
  readonly connectionsPerHost: number;
  /** HTTP requests in all, and to one host. */
  readonly requests: number;
  readonly requestsPerHost: number;
  /** Bytes in all, and with one host. */
  readonly bytes: number;
  readonly bytesPerHost: number;
  /** Body of one HTTP response. */
  readonly responseBytes: number;
  /** Names looked up. */
  readonly lookups: number;
  /** Milliseconds until a connection stands, its name lookup and TLS handshake included. */
  readonly connectMs: number;
  /** Milliseconds from the request, or the last byte of its body, to the head of the response. */
  readonly firstByteMs: number;
  /** Milliseconds that a read of a response waits for its next byte. */
  readonly betweenBytesMs: number;
}

export const NETWORK_LIMITS: NetworkLimits = {
  handles: 256,
  openConnections: 64,
  connections: 2048,
  connectionsPerHost: 1024,
  requests: 10_000,
  requestsPerHost: 5000,
  bytes: 1024 * 1024 * 1024,
  bytesPerHost: 512 * 1024 * 1024,
  responseBytes: 256 * 1024 * 1024,
  lookups: 2048,
  connectMs: 10_000,
  firstByteMs: 60_000,
  betweenBytesMs: 60_000,
};

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
      throw new SkillError(
        'INVALID_OPTIONS',
        `There is no limit "${key}"; limits are ${keys.join(', ')}.`,
      );
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
