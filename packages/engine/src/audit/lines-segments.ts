/** The files of a JSON-lines store: one that grows, and those that are closed, each named by the number of its first entry. */
import { closeSync, constants, fstatSync, openSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { checkFile } from './files.ts';

/** `audit.jsonl.000000000001`: behind the name of the file that grows, so that they sort as they follow each other. */
export function segmentPath(path: string, first: number): string {
  return `${path}.${String(first).padStart(12, '0')}`;
}

/** A file that is read; of one that grows, what it has so far. */
export interface Segment extends Disposable {
  readonly path: string;
  readonly descriptor: number;
  /** Bytes. */
  readonly size: number;
  /** Number of the first entry, as the name says; undefined for the file that grows. */
  readonly first: number | undefined;
  /** Device and inode: a file keeps them when it is closed and gets its new name. */
  readonly identity: string;
}

/** Of how many attempts to see files that are renamed and removed meanwhile. */
const ATTEMPTS = 20;

/**
 * All files as they are at one moment, oldest first, the one that grows last. A writer may close or remove some
 * meanwhile: then once more, or there would seem to be a gap.
 *
 * @param strict also judges them as a writer does: private files of this user
 * @param list the numbers in the names of closed files
 * @throws the system's error; SkillError AUDIT_UNAVAILABLE when one is refused
 */
export function openSegments(path: string, strict = false, list = namesOf): Segment[] {
  for (let attempt = 1; ; attempt += 1) {
    const opened: Segment[] = [];
    try {
      // First: what is closed after this is the same file, under another name.
      const growing = openIfThere(path, undefined, strict);
      if (growing) opened.push(growing);
      const closed = list(path).map((first) =>
        openIfThere(segmentPath(path, first), first, strict),
      );
      opened.unshift(...closed.filter((segment) => segment !== undefined));
      const gone = closed.includes(undefined);
      const same = opened.some(
        ({ first, identity }) => first !== undefined && identity === growing?.identity,
      );
      if ((!gone && !same) || attempt === ATTEMPTS) return opened;
    } catch (error) {
      closeAll(opened);
      throw error;
    }
    closeAll(opened);
  }
}

export function closeAll(segments: Iterable<Disposable>): void {
  for (const segment of segments) segment[Symbol.dispose]();
}

export function namesOf(path: string): number[] {
  const prefix = `${basename(path)}.`;
  const found = readdirSync(dirname(path)).flatMap((name) => {
    const digits = name.startsWith(prefix) ? name.slice(prefix.length) : '';
    if (!/^\d{12,15}$/.test(digits)) return [];
    const first = Number(digits);
    return join(dirname(path), name) === segmentPath(path, first) ? [first] : [];
  });
  return found.toSorted((a, b) => a - b);
}

function openIfThere(
  path: string,
  first: number | undefined,
  strict: boolean,
): Segment | undefined {
  let descriptor: number;
  try {
    const follow = strict ? (constants.O_NOFOLLOW ?? 0) : 0;
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | follow);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const stats = fstatSync(descriptor);
    if (strict) checkFile(path, stats);
    const identity = `${stats.dev}:${stats.ino}`;
    const dispose = () => closeSync(descriptor);
    return { path, descriptor, size: stats.size, first, identity, [Symbol.dispose]: dispose };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}
