/** What stands in for the machine around an engine's skills, as tests need it. */
import { randomBytes } from 'node:crypto';
import type { NetworkSubstitute } from './broker/network-substitute.ts';
import { SkillError } from './errors.ts';
import type { ClockReadings } from './isolate/messages.ts';

/**
 * A power of the embedder, which no manifest, grant or caller has. Grants, decisions, limits, denials and records
 * are those of the real machine, in its terms: paths and names are judged as they are written, and only what would
 * then be opened, read or connected to is another thing.
 */
export interface Substitutes {
  /** Default: the machine's own files. */
  readonly files?: FileSubstitute;
  /** Asked once for each invocation. Default: the machine's clocks. */
  readonly clock?: () => ClockReadings;
  /** 32 bytes that all random bytes of an invocation come from; asked once for each. Default: random. */
  readonly seed?: () => Uint8Array;
  /** Servers in place of all others; sockets other than for HTTP then connect to nothing. Default: the network. */
  readonly network?: NetworkSubstitute;
}

/** A directory that stands in for the root of the machine. */
export interface FileSubstitute {
  /**
   * Absolute directory that stands for `/` in all paths of grants: with a grant of `/data`, the guest opens
   * `<root>/data` as `/data`.
   */
  readonly root: string;
  /** What relative paths of a manifest start from, in the terms of grants: an absolute path that need not exist. */
  readonly baseDir: string;
  /** What `~` stands for, likewise. */
  readonly home: string;
}

const SEED_BYTES = 32;

/** The seed of one invocation, as hex. */
export function seedOf(substitutes: Substitutes | undefined): string {
  const seed = substitutes?.seed?.() ?? randomBytes(SEED_BYTES);
  if (seed.length === SEED_BYTES) return Buffer.from(seed).toString('hex');
  throw new SkillError(
    'INVALID_OPTIONS',
    `substitutes.seed must give ${SEED_BYTES} bytes, not ${seed.length}.`,
  );
}
