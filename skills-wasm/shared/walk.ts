import type { Descriptor } from 'wasi:filesystem/types@0.2.12';
import { entries, errorCode, grants, open } from './files.ts';

/** What a walk comes by: a file to look into, or a path that could not be reached, and why. */
export type Found = { path: string; file: Descriptor } | { path: string; error: string };

/** Bounds of one walk. What lies beyond them is reported, not visited. */
export interface WalkLimits {
  /** Files and directories altogether. */
  entries: number;
  /** Directories within directories. */
  depth: number;
}

interface Place {
  path: string;
  depth: number;
}

const join = (directory: string, name: string): string =>
  directory === '.' ? name : `${directory}/${name}`;

/** The grants that a walk begins at: the first that has `path`, or every one. */
function roots(path: string | undefined): Descriptor[] | { error: string } {
  const all = grants().map(([grant]) => grant);
  if (path === undefined) return all;
  let error = 'no-entry';
  for (const grant of all) {
    try {
      grant.statAt({}, path);
      return [grant];
    } catch (thrown) {
      const code = errorCode(thrown);
      if (code !== 'no-entry') error = code;
    }
  }
  return { error };
}

/**
 * Visits every file beneath the granted directories, or beneath `path` in them: depth first, names in
 * order, symbolic links left alone. No directory stays open while a file is looked into.
 */
export function* walk(path: string | undefined, limits: WalkLimits): Generator<Found> {
  let left = limits.entries;
  const starts = roots(path);
  if ('error' in starts) {
    yield { path: path ?? '.', error: starts.error };
    return;
  }
  for (const grant of starts) {
    const places: Place[] = [{ path: path ?? '.', depth: 0 }];
    for (let place = places.pop(); place; place = places.pop()) {
      if (left-- <= 0) {
        yield { path: place.path, error: 'beyond the number of entries that one walk visits' };
        return;
      }
      yield* visit(grant, place, places, limits);
    }
  }
}

/** Yields one place if it is a file; adds what is in it to `places` if it is a directory. */
function* visit(
  grant: Descriptor,
  place: Place,
  places: Place[],
  limits: WalkLimits,
): Generator<Found> {
  let descriptor;
  try {
    const { type } = grant.statAt({}, place.path);
    if (type !== 'directory' && type !== 'regular-file') return;
    descriptor = open(grant, place.path, { read: true }, { directory: type === 'directory' });
    if (type === 'regular-file') {
      yield { path: place.path, file: descriptor };
    } else if (place.depth >= limits.depth) {
      yield { path: place.path, error: 'deeper than one walk goes' };
    } else {
      const names = entries(descriptor, limits.entries).map((entry) => entry.name);
      for (const name of names.reverse()) {
        places.push({ path: join(place.path, name), depth: place.depth + 1 });
      }
    }
  } catch (thrown) {
    yield { path: place.path, error: errorCode(thrown) };
  } finally {
    descriptor?.[Symbol.dispose]();
  }
}
