/** `set-times`, as exactly as Node allows. */
import { fstatSync, futimesSync, lstatSync, lutimesSync, statSync, utimesSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import type { Arguments, NewTime } from './filesystem-arguments.ts';
import { identityOf, type Identity } from './filesystem-directory.ts';
import type { FilesystemSession } from './filesystem-session.ts';
import { fail } from './wasi-error.ts';

interface Change {
  readonly accessed: NewTime;
  readonly modified: NewTime;
}

type SystemTimes = [number | string | Date, number | string | Date];

/** Arguments: descriptor, access time, modification time. */
export function setTimes(session: FilesystemSession, args: Arguments): null {
  const handle = args.handle();
  const change = { accessed: args.time(), modified: args.time() };
  args.end();
  session.access = 'write';
  const object = session.descriptor(handle);
  if (object.kind === 'file') {
    const { file } = object;
    if (object.grant.access !== 'read-write') session.refuseReadOnly(object.path);
    const look = (): BigIntStats => fstatSync(file, { bigint: true });
    apply(session, change, look, (times) => futimesSync(file, ...times));
  } else {
    const { directory, grant, path } = { ...object.place };
    session.requireWritable(object.place, grant, path);
    const look = (): BigIntStats => directory.stat();
    apply(session, change, look, (times) => utimesSync(directory.path, ...times));
  }
  return null;
}

/** Arguments: directory, follow, path, access time, modification time. */
export function setTimesAt(session: FilesystemSession, args: Arguments): null {
  const handle = args.handle();
  const follow = args.boolean();
  const path = args.string();
  const change = { accessed: args.time(), modified: args.time() };
  args.end();
  session.access = 'write';
  return session.at(handle, path, follow, (target) => {
    if (target.type === undefined) return fail('no-entry');
    if (target.grant.access !== 'read-write') session.refuseReadOnly(target.path);
    const { found, place } = target;
    if (found) session.requireOrdinary(found, target.path);
    const hostPath = found?.path ?? place.directory.path;
    // Only the path of a held object leads through a link of ours; path text is never followed.
    const isText = target.type === 'symbolic-link' || session.walkKind === 'checked';
    const [stat, utimes] = isText ? [lstatSync, lutimesSync] : [statSync, utimesSync];
    const look = (): BigIntStats => stat(hostPath, { bigint: true });
    apply(session, change, look, (times) => utimes(hostPath, ...times));
    place.directory.recheck();
    return null;
  });
}

function apply(
  session: FilesystemSession,
  { accessed, modified }: Change,
  look: () => BigIntStats,
  set: (times: SystemTimes) => void,
): void {
  const before = look();
  set([systemTime(accessed, before.atimeNs), systemTime(modified, before.mtimeNs)]);
  session.exactTimes.remember({ accessed, modified }, look());
}

/**
 * libuv 1.51 takes NaN for "keep" and infinity for "now"; Node lets both through in the forms below. Before,
 * "keep" writes back the nearest double of what was there.
 */
const hasSpecialTimes = ((): boolean => {
  const [major = 0, minor = 0] = process.versions.uv.split('.').map(Number);
  return major > 1 || (major === 1 && minor >= 51);
})();

/** A time as `utimes` takes it; `current` is what there is to keep. */
export function systemTime(
  time: NewTime,
  current: bigint,
  special = hasSpecialTimes,
): number | string | Date {
  if (time === 'now') return special ? 'Infinity' : Date.now() / 1000;
  if (time !== null) return time.seconds + (time.nanoseconds + 0.5) / 1e9;
  return special ? new Date(Number.NaN) : Number(current) / 1e9;
}

interface Times {
  readonly accessed: bigint;
  readonly modified: bigint;
}

interface Known {
  readonly set: bigint;
  readonly kept: bigint;
}

/** Objects whose times are remembered; the oldest goes first. */
const REMEMBERED = 1024;

/** Beyond it, the time on the disk is another one than was set (nanoseconds). */
const ROUNDING = 1000n;

/**
 * Node hands times to the system as doubles of seconds: for today's dates in steps of 238 ns. A guest that
 * reads back what it set in the same invocation gets it to the nanosecond, as long as the time on the disk
 * is still the one that came of it.
 */
export class ExactTimes {
  readonly #known = new Map<
    Identity,
    { accessed: Known | undefined; modified: Known | undefined }
  >();

  remember({ accessed, modified }: Change, after: BigIntStats): void {
    const identity = identityOf(after);
    const before = this.#known.get(identity);
    this.#known.delete(identity);
    const next = {
      accessed: known(accessed, after.atimeNs) ?? before?.accessed,
      modified: known(modified, after.mtimeNs) ?? before?.modified,
    };
    if (next.accessed === undefined && next.modified === undefined) return;
    this.#known.set(identity, next);
    const [oldest] = this.#known.keys();
    if (this.#known.size > REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
  }

  of(stat: BigIntStats): Times {
    const times = this.#known.size === 0 ? undefined : this.#known.get(identityOf(stat));
    return {
      accessed: times?.accessed?.kept === stat.atimeNs ? times.accessed.set : stat.atimeNs,
      modified: times?.modified?.kept === stat.mtimeNs ? times.modified.set : stat.mtimeNs,
    };
  }
}

function known(time: NewTime, kept: bigint): Known | undefined {
  if (time === null || time === 'now') return undefined;
  const set = BigInt(time.seconds) * 1_000_000_000n + BigInt(time.nanoseconds);
  const difference = set > kept ? set - kept : kept - set;
  return difference !== 0n && difference < ROUNDING ? { set, kept } : undefined;
}
