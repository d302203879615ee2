/** What is known about an object: `stat`, `metadata-hash`, `is-same-object`, `set-times`. */
import { createHash } from 'node:crypto';
import { fstatSync, lutimesSync, utimesSync, futimesSync, type BigIntStats } from 'node:fs';
import { identityOf, typeOf, type FileType, type Identity } from './filesystem-directory.ts';
import type { Arguments, Instant, NewTime } from './filesystem-arguments.ts';
import type { FilesystemSession } from './filesystem-session.ts';
import { DescriptorFlag } from './filesystem-open.ts';
import type { Target } from './filesystem-walk.ts';
import { fail } from './wasi-error.ts';

export interface StatReply {
  readonly type: Exclude<FileType, 'other'> | SpecialType;
  readonly links: number;
  readonly size: number;
  readonly accessed: Instant;
  readonly modified: Instant;
  readonly changed: Instant;
}

type SpecialType = 'block-device' | 'character-device' | 'fifo' | 'socket' | 'unknown';

const BILLION = 1_000_000_000n;

/** Times before 1970 have no form in WASI and are shown as 1970. */
function instant(nanoseconds: bigint): Instant {
  if (nanoseconds < 0n) return { seconds: 0, nanoseconds: 0 };
  return {
    seconds: Number(nanoseconds / BILLION),
    nanoseconds: Number(nanoseconds % BILLION),
  };
}

function specialType(stat: BigIntStats): SpecialType {
  if (stat.isFIFO()) return 'fifo';
  if (stat.isSocket()) return 'socket';
  if (stat.isBlockDevice()) return 'block-device';
  return stat.isCharacterDevice() ? 'character-device' : 'unknown';
}

function describe(stat: BigIntStats): StatReply {
  const type = typeOf(stat);
  if (stat.size > BigInt(Number.MAX_SAFE_INTEGER)) fail('overflow');
  return {
    type: type === 'other' ? specialType(stat) : type,
    links: Number(stat.nlink),
    size: Number(stat.size),
    accessed: instant(stat.atimeNs),
    modified: instant(stat.mtimeNs),
    changed: instant(stat.ctimeNs),
  };
}

function statOf(session: FilesystemSession, handle: number): BigIntStats {
  const object = session.descriptor(handle);
  return object.kind === 'file'
    ? fstatSync(object.file, { bigint: true })
    : object.place.directory.stat();
}

function statAtTarget(session: FilesystemSession, target: Target): BigIntStats {
  if (target.name === undefined) return target.place.directory.stat();
  if (target.found === undefined) return fail('no-entry');
  if (target.type !== 'symbolic-link')
    session.refusePseudo(target.found.stat.dev, target.found.path, target.path);
  return target.found.stat;
}

/** Arguments: descriptor. */
export function stat(session: FilesystemSession, args: Arguments): StatReply {
  const handle = args.handle();
  args.end();
  return describe(statOf(session, handle));
}

/** Arguments: directory, follow, path. */
export function statAt(session: FilesystemSession, args: Arguments): StatReply {
  return describe(lookUp(session, args));
}

function lookUp(session: FilesystemSession, args: Arguments): BigIntStats {
  const handle = args.handle();
  const follow = args.boolean();
  const path = args.string();
  args.end();
  return session.at(handle, path, follow, (target) => statAtTarget(session, target));
}

/** Two decimal u64: a digest of device and inode, which it does not tell. */
function hash(identity: Identity): readonly [string, string] {
  const digest = createHash('sha256').update(identity).digest();
  return [digest.readBigUInt64LE(0).toString(), digest.readBigUInt64LE(8).toString()];
}

/** Arguments: descriptor. */
export function metadataHash(
  session: FilesystemSession,
  args: Arguments,
): readonly [string, string] {
  const handle = args.handle();
  args.end();
  return hash(identityOf(statOf(session, handle)));
}

/** Arguments: directory, follow, path. */
export function metadataHashAt(
  session: FilesystemSession,
  args: Arguments,
): readonly [string, string] {
  return hash(identityOf(lookUp(session, args)));
}

/** Arguments: preopen. Other descriptors learn their flags when they are opened. */
export function getFlags(session: FilesystemSession, args: Arguments): number {
  const { place } = session.directory(args.handle());
  args.end();
  const writable = place.grant.access === 'read-write' ? DescriptorFlag.mutateDirectory : 0;
  return DescriptorFlag.read | writable;
}

/** Arguments: two descriptors. */
export function isSameObject(session: FilesystemSession, args: Arguments): boolean {
  const [one, other] = [args.handle(), args.handle()].map((handle) => {
    const object = session.descriptor(handle);
    return object.kind === 'file' ? object.identity : object.place.directory.identity;
  });
  args.end();
  return one === other;
}

/** Arguments: descriptor, access time, modification time. */
export function setTimes(session: FilesystemSession, args: Arguments): null {
  const handle = args.handle();
  const accessed = args.time();
  const modified = args.time();
  args.end();
  session.access = 'write';
  const object = session.descriptor(handle);
  if (object.kind === 'file') {
    if (object.grant.access !== 'read-write') session.refuseReadOnly(object.path);
    const { file } = object;
    const current = fstatSync(file, { bigint: true });
    futimesSync(file, ...systemTimes(accessed, modified, current));
  } else {
    const { place } = object;
    session.requireWritable(place, place.grant, place.path);
    utimesSync(place.directory.path, ...systemTimes(accessed, modified, place.directory.stat()));
  }
  return null;
}

/** Arguments: directory, follow, path, access time, modification time. */
export function setTimesAt(session: FilesystemSession, args: Arguments): null {
  const handle = args.handle();
  const follow = args.boolean();
  const path = args.string();
  const accessed = args.time();
  const modified = args.time();
  args.end();
  session.access = 'write';
  return session.at(handle, path, follow, (target) => {
    if (target.type === undefined) return fail('no-entry');
    if (target.grant.access !== 'read-write') session.refuseReadOnly(target.path);
    const { found, place } = target;
    if (found) session.requireOrdinary(found, target.path);
    const current = found?.stat ?? place.directory.stat();
    const times = systemTimes(accessed, modified, current);
    if (target.type === 'symbolic-link') lutimesSync(place.directory.entry(target.name!), ...times);
    else utimesSync(found?.path ?? place.directory.path, ...times);
    place.directory.recheck();
    return null;
  });
}

/** libuv 1.51 takes NaN for "keep" and infinity for "now"; Node lets both through in the forms below. */
const hasSpecialTimes = ((): boolean => {
  const [major = 0, minor = 0] = process.versions.uv.split('.').map(Number);
  return major > 1 || (major === 1 && minor >= 51);
})();

/**
 * Node takes seconds as a double: of today's times a step is 238 ns. "Keep" keeps the exact value where
 * libuv can say so, else the nearest double of what was read just before.
 */
function systemTimes(
  accessed: NewTime,
  modified: NewTime,
  current: BigIntStats,
): [number | string | Date, number | string | Date] {
  return [systemTime(accessed, current.atimeNs), systemTime(modified, current.mtimeNs)];
}

function systemTime(time: NewTime, current: bigint): number | string | Date {
  if (time === 'now') return hasSpecialTimes ? 'Infinity' : Date.now() / 1000;
  if (time !== null) return time.seconds + (time.nanoseconds + 0.5) / 1e9;
  return hasSpecialTimes ? new Date(Number.NaN) : Number(current) / 1e9;
}
