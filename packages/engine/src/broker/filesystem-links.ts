/**
 * Symbolic links that a guest makes or moves: the broker would not follow them out of the grant, but other
 * programs of the host do. So none may lead out, read from any place that the guest can put it.
 */
import { opendirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { FilesystemSession } from './filesystem-session.ts';
import { checkPath, splitPath } from './filesystem-path.ts';
import type { Target } from './filesystem-walk.ts';
import { fail } from './wasi-error.ts';

/** Entries that are looked through at most before a directory is moved upwards; a larger one must stay below. */
const ENTRIES = 20_000;

/** How many directories lie between the grant's root and the entry. */
export function depthOf({ path, place: { grant } }: Target): number {
  const root = splitPath(grant.realPath).length;
  return splitPath(path).length - root - 1;
}

/**
 * How far above its own directory the text of a link leads; infinity when it is absolute, or when `..`
 * follows a name: what that name is, and so what is above it, can change later.
 */
function rises(text: string): number {
  if (text.startsWith('/')) return Infinity;
  const segments = splitPath(text);
  const names = segments.findIndex((segment) => segment !== '..');
  if (names < 0) return segments.length;
  return segments.indexOf('..', names) < 0 ? names : Infinity;
}

/** Refuses text of a link that would lead out of the grant from the place of `target`. */
export function checkLinkTarget(session: FilesystemSession, text: string, target: Target): void {
  checkPath(text);
  if (rises(text) > depthOf(target)) {
    session.refuse('link-outside-grant', target.path, 'not-permitted');
  }
  const { forbidden } = session.table;
  if (!forbidden.watchful) return;
  const base = splitPath(target.path).slice(0, -1 - rises(text));
  const names = splitPath(text).filter((segment) => segment !== '..');
  const leadsTo = `/${[...base, ...names].join('/')}`;
  if (forbidden.covers(leadsTo)) session.refuse('forbidden', leadsTo, 'not-permitted');
}

/** Whether a link somewhere in the directory would lead out of the grant once the directory lies `depth` deep. */
export function linksLeaveWhenMoved(
  session: FilesystemSession,
  source: Target,
  depth: number,
): boolean {
  const limit = Math.min(ENTRIES, session.limits.directoryEntries);
  const root = source.found?.path ?? fail('no-entry');
  const waiting: { path: string; depth: number }[] = [{ path: root, depth: depth + 1 }];
  let seen = 0;
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const entries = opendirSync(at.path);
    try {
      for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) {
        if ((seen += 1) > limit) return true;
        const path = join(at.path, entry.name);
        if (entry.isDirectory()) waiting.push({ path, depth: at.depth + 1 });
        else if (entry.isSymbolicLink() && rises(readlinkSync(path)) > at.depth) return true;
      }
    } finally {
      entries.closeSync();
    }
  }
  return false;
}
