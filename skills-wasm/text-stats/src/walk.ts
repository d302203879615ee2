import { ToolError } from '@skill-engine/guest';
import { grantedPaths, listDirectory, stat } from '@skill-engine/guest/files';

/** What a walk comes by: a file to look into, or something that could not be reached, and why. */
export type Found = Shown & ({ readonly file: string } | { readonly error: string });

interface Shown {
  /** Beneath its grant. */
  readonly path: string;
}

/** Bounds of one walk. What lies beyond them is reported, not visited. */
export interface WalkLimits {
  /** Files and directories altogether. */
  readonly entries: number;
  /** Directories within directories. */
  readonly depth: number;
}

interface Place extends Shown {
  /** As files are opened by. */
  readonly file: string;
  readonly depth: number;
}

/** Beneath the whole of a grant, names stand alone. */
const join = (directory: string, name: string): string =>
  directory === '.' ? name : `${directory}/${name}`;

/**
 * Visits every file beneath the granted directories, or beneath `path` in the first of them that has it: depth first, names in
 * order, symbolic links left alone.
 */
export function* walk(path: string | undefined, limits: WalkLimits): Generator<Found> {
  let left = limits.entries;
  const starts = path === undefined ? grantedPaths() : [path];
  for (const start of starts) {
    const places: Place[] = [{ path: path ?? '.', file: start, depth: 0 }];
    for (let place = places.pop(); place; place = places.pop()) {
      if (left-- <= 0) {
        yield { path: place.path, error: 'beyond the number of entries that one walk visits' };
        return;
      }
      yield* visit(place, places, limits);
    }
  }
}

/** Yields one place if it is a file; adds what is in it to `places` if it is a directory. */
function* visit(place: Place, places: Place[], limits: WalkLimits): Generator<Found> {
  const { path, file, depth } = place;
  try {
    const { kind } = stat(file);
    if (kind === 'file') yield { path, file };
    if (kind !== 'directory') return;
    if (depth >= limits.depth) {
      yield { path, error: 'deeper than one walk goes' };
      return;
    }
    for (const { name } of listDirectory(file).reverse()) {
      places.push({ path: join(path, name), file: `${file}/${name}`, depth: depth + 1 });
    }
  } catch (thrown) {
    yield { path, error: codeOf(thrown) };
  }
}

/** WASI's code of a failed access, `no-entry` for instance. Anything else is thrown on. */
export function codeOf(thrown: unknown): string {
  if (thrown instanceof ToolError) return thrown.code;
  throw thrown;
}
