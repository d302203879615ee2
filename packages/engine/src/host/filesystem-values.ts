/** Between the values of wasi:filesystem/types as jco's glue has them, and JSON for the wire. */

export type DescriptorType =
  | 'unknown'
  | 'block-device'
  | 'character-device'
  | 'directory'
  | 'fifo'
  | 'symbolic-link'
  | 'regular-file'
  | 'socket';

export type Advice = 'normal' | 'sequential' | 'random' | 'will-need' | 'dont-need' | 'no-reuse';

export interface PathFlags {
  readonly symlinkFollow?: boolean;
}

export interface OpenFlags {
  readonly create?: boolean;
  readonly directory?: boolean;
  readonly exclusive?: boolean;
  readonly truncate?: boolean;
}

export interface DescriptorFlags {
  readonly read?: boolean;
  readonly write?: boolean;
  readonly fileIntegritySync?: boolean;
  readonly dataIntegritySync?: boolean;
  readonly requestedWriteSync?: boolean;
  readonly mutateDirectory?: boolean;
}

interface Datetime {
  readonly seconds: bigint;
  readonly nanoseconds: number;
}

export type NewTimestamp =
  | { readonly tag: 'no-change' }
  | { readonly tag: 'now' }
  | { readonly tag: 'timestamp'; readonly val: Datetime };

export interface DescriptorStat {
  readonly type: DescriptorType;
  readonly linkCount: bigint;
  readonly size: bigint;
  readonly dataAccessTimestamp: Datetime;
  readonly dataModificationTimestamp: Datetime;
  readonly statusChangeTimestamp: Datetime;
}

export interface MetadataHash {
  readonly lower: bigint;
  readonly upper: bigint;
}

/** Bits on the wire, in the order of the WIT flags. */
const openNames = ['create', 'directory', 'exclusive', 'truncate'] as const;
const flagNames = [
  'read',
  'write',
  'fileIntegritySync',
  'dataIntegritySync',
  'requestedWriteSync',
  'mutateDirectory',
] as const;

export function toFlags(
  open: OpenFlags,
  flags: DescriptorFlags,
): { openBits: number; flagBits: number } {
  let openBits = 0;
  for (const [bit, name] of openNames.entries()) if (open[name] === true) openBits |= 1 << bit;
  let flagBits = 0;
  for (const [bit, name] of flagNames.entries()) if (flags[name] === true) flagBits |= 1 << bit;
  return { openBits, flagBits };
}

export function fromFlags(bits: number): Required<DescriptorFlags> {
  const has = (bit: number): boolean => (bits & (1 << bit)) !== 0;
  return {
    read: has(0),
    write: has(1),
    fileIntegritySync: has(2),
    dataIntegritySync: has(3),
    requestedWriteSync: has(4),
    mutateDirectory: has(5),
  };
}

/** The largest offset of POSIX (`off_t`). */
const LARGEST_OFFSET = 0x7fff_ffff_ffff_ffffn;
const LARGEST_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** Where no file reaches, a read finds the end like at any offset behind it. */
export function offsetForRead(offset: bigint): number {
  if (offset > LARGEST_OFFSET) throw 'invalid';
  return Number(offset > LARGEST_SAFE ? LARGEST_SAFE : offset);
}

export function offsetForWrite(offset: bigint): number {
  if (offset > LARGEST_OFFSET) throw 'invalid';
  if (offset > LARGEST_SAFE) throw 'file-too-large';
  return Number(offset);
}

/** Characters of a path, as on Linux; a longer one must not even go over the wire. */
const PATH_LENGTH = 4096;

export function toPath(path: string): string {
  if (path.length > PATH_LENGTH) throw 'name-too-long';
  return path;
}

interface WireTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

export function toTime(time: NewTimestamp): null | 'now' | WireTime {
  if (time.tag === 'no-change') return null;
  if (time.tag === 'now') return 'now';
  const { seconds, nanoseconds } = time.val;
  if (seconds > LARGEST_SAFE) throw 'overflow';
  if (nanoseconds > 999_999_999) throw 'invalid';
  return { seconds: Number(seconds), nanoseconds };
}

function fromTime({ seconds, nanoseconds }: WireTime): Datetime {
  return { seconds: BigInt(seconds), nanoseconds };
}

export function fromStat(value: unknown): DescriptorStat {
  const stat = value as {
    readonly type: DescriptorType;
    readonly links: number;
    readonly size: number;
    readonly accessed: WireTime;
    readonly modified: WireTime;
    readonly changed: WireTime;
  };
  return {
    type: stat.type,
    linkCount: BigInt(stat.links),
    size: BigInt(stat.size),
    dataAccessTimestamp: fromTime(stat.accessed),
    dataModificationTimestamp: fromTime(stat.modified),
    statusChangeTimestamp: fromTime(stat.changed),
  };
}

export function fromMetadataHash(value: unknown): MetadataHash {
  const [lower, upper] = value as [string, string];
  return { lower: BigInt(lower), upper: BigInt(upper) };
}
