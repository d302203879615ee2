/** What is known about an object: `stat`, `metadata-hash`, `get-flags`, `is-same-object`. */
import { createHash } from 'node:crypto';
import { fstatSync, type BigIntStats } from 'node:fs';
import { identityOf, typeOf, type FileType, type Identity } from './filesystem-directory.ts';
import type { Arguments, Instant } from './filesystem-arguments.ts';
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

function describe(session: FilesystemSession, stat: BigIntStats): StatReply {
  const times = session.exactTimes.of(stat);
  const type = typeOf(stat);
  if (stat.size > BigInt(Number.MAX_SAFE_INTEGER)) fail('overflow');
  return {
    type: type === 'other' ? specialType(stat) : type,
    links: Number(stat.nlink),
    size: Number(stat.size),
    accessed: instant(times.accessed),
    modified: instant(times.modified),
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
  return describe(session, statOf(session, handle));
}

/** Arguments: directory, follow, path. */
export function statAt(session: FilesystemSession, args: Arguments): StatReply {
  return describe(session, lookUp(session, args));
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
