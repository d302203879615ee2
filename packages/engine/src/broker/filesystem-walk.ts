/**
 * From a directory and a guest's path to one entry: segment by segment, each link read and resolved here,
 * `..` by our own stack and never by the kernel's. Nothing above the directory it starts in is reachable
 * (wasi:filesystem: "if any step reaches a directory outside of the base directory … not-permitted").
 */
import { readlinkSync } from 'node:fs';
import {
  identityOf,
  typeOf,
  type Directory,
  type FileType,
  type Found,
  type Identity,
} from './filesystem-directory.ts';
import { joinPath, type Grant, type GrantTable, type Place } from './filesystem-grants.ts';
import { NamesDirectory } from './filesystem-names.ts';
import { checkPath, decodeName, normalise, splitPath, wantsDirectory } from './filesystem-path.ts';
import { errnoOf, fail, type FilesystemErrorCode } from './wasi-error.ts';

/** Links that one path may lead through, as on Linux. */
const LINKS = 40;
/** Directories deep below where it starts; each holds a descriptor during the walk. */
const DEPTH = 128;
/** Segments of one walk, those of links included. */
const SEGMENTS = 1024;
export type Refuse = (rule: string, path: string, code: FilesystemErrorCode) => never;

/** What the walk came to. Whoever asked for it closes it. */
export class Target {
  /** The directory that holds the entry, or is it (`name` undefined: the path ended in `.` or `..`). */
  readonly place: Place;
  readonly name: string | undefined;
  /** Undefined when there is no such entry. */
  readonly found: Found | undefined;
  /** The path ended in a slash: only a directory will do. */
  readonly slash: boolean;
  /** The real path of the entry, and the grant that decides there. */
  readonly path: string;
  readonly grant: Grant;
  readonly #owned: readonly Place[];

  constructor(
    place: Place,
    entry: { name: string; found: Found | undefined; path: string; grant: Grant } | undefined,
    slash: boolean,
    owned: readonly Place[],
  ) {
    this.place = place;
    this.name = entry?.name;
    this.found = entry?.found;
    this.path = entry?.path ?? place.path;
    this.grant = entry?.grant ?? place.grant;
    this.slash = slash;
    this.#owned = owned;
  }

  /** `undefined` when there is nothing. */
  get type(): FileType | undefined {
    if (this.name === undefined) return 'directory';
    return this.found && typeOf(this.found.stat);
  }

  close(): void {
    this.found?.close();
    for (const { directory } of this.#owned) directory.close();
  }
}

class Walk {
  readonly #table: GrantTable;
  readonly #refuse: Refuse;
  readonly #stack: Place[];
  readonly #pending: string[];
  #links = 0;
  #segments = 0;
  #slash: boolean;

  constructor(table: GrantTable, start: Place, path: string, refuse: Refuse) {
    this.#table = table;
    this.#refuse = refuse;
    this.#stack = [start];
    this.#pending = splitPath(path).reverse();
    this.#slash = wantsDirectory(path);
  }

  get #here(): Place {
    return this.#stack.at(-1)!;
  }

  run(follow: boolean): Target {
    try {
      for (;;) {
        const target = this.#step(follow);
        if (target) return target;
      }
    } catch (thrown) {
      this.#closeAbove(0);
      throw thrown;
    }
  }

  #step(follow: boolean): Target | undefined {
    if ((this.#segments += 1) > SEGMENTS) fail('name-too-long');
    const segment = this.#pending.pop();
    if (segment === undefined) return this.#arrive(undefined);
    const here = this.#here;
    if (segment === '..') {
      if (this.#stack.length === 1) this.#refuseOutside(here);
      this.#closeAbove(this.#stack.length - 2);
      return undefined;
    }
    const path = joinPath(here.path, segment);
    this.#judgeName(here, segment, path);
    return this.#pending.length > 0
      ? this.#descend(here, segment, path)
      : this.#finish(here, segment, path, follow);
  }

  #descend(here: Place, segment: string, path: string): undefined {
    const directory = here.directory.child(segment);
    if (directory === undefined) return this.#expand(here, segment, path);
    if (this.#stack.length > DEPTH) {
      directory.close();
      fail('name-too-long');
    }
    try {
      const identity = this.#table.watchful ? directory.identity : undefined;
      this.#stack.push({ directory, path, grant: this.#judge(here, path, identity) });
    } catch (thrown) {
      directory.close();
      throw thrown;
    }
  }

  #finish(here: Place, name: string, path: string, follow: boolean): Target | undefined {
    const found = findIfThere(here.directory, name);
    if (found === undefined) {
      const grant = this.#table.deciding(here, path, undefined);
      return this.#arrive({ name, found, path, grant });
    }
    try {
      if (typeOf(found.stat) === 'symbolic-link' && (follow || this.#slash)) {
        found.close();
        return this.#expand(here, name, path);
      }
      const grant = this.#judge(here, path, identityOf(found.stat));
      return this.#arrive({ name, found, path, grant });
    } catch (thrown) {
      found.close();
      throw thrown;
    }
  }

  /** Puts the segments of a link in front of what is left to walk. */
  #expand(here: Place, name: string, path: string): undefined {
    if ((this.#links += 1) > LINKS) fail('loop');
    const target = readLink(here.directory, name);
    if (target.startsWith('/')) this.#refuse('link-outside-grant', path, 'not-permitted');
    if (this.#pending.length === 0 && wantsDirectory(target)) this.#slash = true;
    this.#pending.push(...splitPath(target).reverse());
  }

  #arrive(entry: ConstructorParameters<typeof Target>[1]): Target {
    return new Target(this.#here, entry, this.#slash, this.#stack.slice(1));
  }

  #judgeName(here: Place, name: string, path: string): void {
    const { forbidden } = this.#table;
    if (here.directory instanceof NamesDirectory && !here.directory.has(name)) {
      this.#refuse('outside-grant', path, 'no-entry');
    }
    if (!forbidden.watchful) return;
    if (forbidden.concerns(here.grant.realPath) && forbidden.covers(path)) {
      this.#refuse('forbidden', path, 'not-permitted');
    }
    if (forbidden.hasName(here.directory.identity, name)) {
      this.#refuse('forbidden', path, 'not-permitted');
    }
  }

  #judge(here: Place, path: string, identity: Identity | undefined): Grant {
    if (identity !== undefined && this.#table.forbidden.has(identity)) {
      this.#refuse('forbidden', path, 'not-permitted');
    }
    return this.#table.deciding(here, path, identity);
  }

  #refuseOutside(here: Place): never {
    const rest = this.#pending.toReversed().join('/');
    return this.#refuse('outside-grant', normalise(`${here.path}/../${rest}`), 'not-permitted');
  }

  /** Leaves all directories above `index` of the stack; the one it starts in belongs to the caller. */
  #closeAbove(index: number): void {
    for (const { directory } of this.#stack.splice(index + 1)) directory.close();
  }
}

function findIfThere(directory: Directory, name: string): Found | undefined {
  try {
    return directory.find(name);
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}

/** The text of a link; `not-directory` when the entry is none (a file in the middle of a path). */
export function readLink(directory: Directory, name: string): string {
  let bytes: Buffer;
  try {
    bytes = readlinkSync(directory.entry(name), { encoding: 'buffer' });
  } catch (thrown) {
    if (errnoOf(thrown) === 'EINVAL') return fail('not-directory');
    throw thrown;
  }
  return decodeName(bytes) ?? fail('illegal-byte-sequence');
}

/** Walks `path` from `start`; a link at its end is followed when `follow` says so or a slash is behind it. */
export function walkPath(
  table: GrantTable,
  start: Place,
  path: string,
  follow: boolean,
  refuse: Refuse,
): Target {
  checkPath(path);
  if (path.startsWith('/')) refuse('outside-grant', normalise(path), 'not-permitted');
  return new Walk(table, start, path, refuse).run(follow);
}
