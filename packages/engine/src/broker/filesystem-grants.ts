/**
 * The authority as the walk needs it: each grant's root held open, everything that is special on the way
 * (other grants, forbidden paths) known by real path and by device and inode. Made once per invocation;
 * links in the operator's own paths are resolved here and never again.
 */
import { dirname, basename } from 'node:path';
import type { Directory, Identity } from './filesystem-directory.ts';
import { canHoldDirectories } from './filesystem-linux.ts';
import { NamesDirectory } from './filesystem-names.ts';
import { foldPath, ForbiddenPaths } from './filesystem-forbidden.ts';
import { filesystemRoot, lookBelow, openDirectory, openRoot } from './filesystem-root.ts';

export type GrantAccess = 'read' | 'read-write';

/** Absolute, normalised paths; the guest sees them as they are. `forbidden` beats every grant. */
export interface FilesystemAuthority {
  /** Host directory that the paths start from. Default: they are the host's own. */
  readonly root?: string | undefined;
  readonly grants: readonly { readonly path: string; readonly access: GrantAccess }[];
  readonly forbidden: readonly string[];
}

/** How directories are walked: held open by descriptor (Linux), or by checked path text. */
export type WalkKind = 'held' | 'checked';

export interface Grant {
  /** As declared: the path that the guest knows. */
  readonly path: string;
  /** The same after links were resolved when the broker was made. */
  readonly realPath: string;
  readonly access: GrantAccess;
  /** `names`: the directory around granted single files, which shows these and nothing else. */
  readonly kind: 'directory' | 'file' | 'names';
}

/** A directory that the walk stands in, and the grant that decides there. */
export interface Place {
  readonly directory: Directory;
  /** Real path, as far as the broker knows: links were resolved, renames by this guest followed. */
  readonly path: string;
  readonly grant: Grant;
}

export function joinPath(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}

export class GrantTable {
  /** What the guest gets at the start: the guest's path of each. */
  readonly preopens: readonly { readonly path: string; readonly place: Place }[];
  readonly forbidden: ForbiddenPaths;
  /** Whether directories on the way must be compared by identity. */
  readonly watchful: boolean;
  readonly #byRealPath = new Map<string, Grant>();
  readonly #byIdentity = new Map<Identity, Grant>();

  constructor(authority: FilesystemAuthority, walk: WalkKind) {
    for (const path of authority.forbidden) requireAbsolute(path);
    const root = filesystemRoot(authority.root);
    const look = lookBelow(root, walk);
    this.forbidden = new ForbiddenPaths(authority.forbidden, look);
    const preopens: { path: string; place: Place }[] = [];
    const files: { grant: Grant; identity: Identity }[] = [];
    for (const { path, access } of merge(authority.grants)) {
      const opened = openRoot(path, access, walk, root);
      if (opened === undefined) continue;
      const { grant, directory, identity } = opened;
      if (
        this.forbidden.covers(grant.realPath) ||
        this.forbidden.covers(path) ||
        this.forbidden.has(identity)
      ) {
        directory?.close();
        continue;
      }
      this.#byRealPath.set(grant.realPath, grant);
      const same = this.#byIdentity.get(identity);
      this.#byIdentity.set(identity, same === undefined ? grant : narrower(same, grant));
      if (directory) preopens.push({ path, place: { directory, path: grant.realPath, grant } });
      else files.push({ grant, identity });
    }
    preopens.push(
      ...this.#nameDirectories(
        files.map(({ grant }) => grant),
        preopens,
        (path) => openDirectory(root.host(path), walk),
      ),
    );
    this.preopens = preopens;
    this.watchful = this.forbidden.watchful || this.#byIdentity.size > 1;
  }

  /** The grant that decides at an entry of `place`; of two that speak about it, the narrower. */
  deciding(place: Place, path: string, identity: Identity | undefined): Grant {
    const named = this.#byRealPath.get(path) ?? place.grant;
    const known = identity === undefined ? undefined : this.#byIdentity.get(identity);
    return known === undefined ? named : narrower(named, known);
  }

  /**
   * Whether `path` is a grant's root or forbidden, or lies above one: such a name stays where it is.
   * Names are compared folded, since the file system may take other spellings for the same.
   */
  isPinned(path: string): boolean {
    if (this.forbidden.coversOrBelow(path)) return true;
    const folded = foldPath(path);
    return [...this.#byRealPath.keys()].some((real) => covers(folded, foldPath(real)));
  }

  isRoot(identity: Identity): boolean {
    return this.#byIdentity.has(identity);
  }

  /** A real path as the guest would name it: below the grant that decides there. */
  guestPath(path: string): string {
    let best: readonly [string, Grant] | undefined;
    for (const entry of this.#byRealPath) {
      if (covers(entry[0], path) && entry[0].length > (best?.[0].length ?? 0)) best = entry;
    }
    if (best === undefined || best[0] === best[1].path) return path;
    const rest = path.slice(best[0] === '/' ? 1 : best[0].length + 1);
    return rest === '' ? best[1].path : joinPath(best[1].path, rest);
  }

  /** Whether a grant covers the path, as the guest names it, and was opened for this invocation. */
  opens(path: string): boolean {
    return [...this.#byRealPath.values()].some((grant) => covers(grant.path, path));
  }

  close(): void {
    for (const { place } of this.preopens) place.directory.close();
  }

  /** Single files need a directory to be opened in; a granted directory around them already serves. */
  #nameDirectories(
    files: readonly Grant[],
    directories: readonly { readonly path: string }[],
    open: (path: string) => Directory,
  ): { path: string; place: Place }[] {
    const byParent = Map.groupBy(files, (file) => dirname(file.path));
    const result: { path: string; place: Place }[] = [];
    for (const [parent, grants] of byParent) {
      if (directories.some(({ path }) => covers(path, parent))) continue;
      const directory = NamesDirectory.open(
        parent,
        grants.map((grant) => ({ name: basename(grant.path), realPath: grant.realPath })),
        open,
      );
      if (directory === undefined) continue;
      for (const grant of grants)
        this.#byRealPath.set(joinPath(parent, basename(grant.path)), grant);
      const grant: Grant = { path: parent, realPath: parent, access: 'read', kind: 'names' };
      result.push({ path: parent, place: { directory, path: parent, grant } });
    }
    return result;
  }
}

function covers(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);
}

function narrower(one: Grant, other: Grant): Grant {
  return one.access === 'read' ? one : other;
}

/** Of several grants for one path, the widest. */
function merge(grants: FilesystemAuthority['grants']): FilesystemAuthority['grants'] {
  const byPath = new Map<string, GrantAccess>();
  for (const { path, access } of grants) {
    if (!isAbsoluteNormal(path))
      throw new TypeError('a grant must be an absolute, normalised path');
    if (access === 'read-write' || !byPath.has(path)) byPath.set(path, access);
  }
  return [...byPath].map(([path, access]) => ({ path, access }));
}

function requireAbsolute(path: string): void {
  if (!isAbsoluteNormal(path)) {
    throw new TypeError('paths of grants and forbidden paths are absolute and normalised');
  }
}

function isAbsoluteNormal(path: string): boolean {
  if (path === '/') return true;
  const segments = path
    .replace(/^[A-Za-z]:/, '')
    .replaceAll('\\', '/')
    .split('/');
  if (
    segments.shift() !== '' ||
    segments.length === 0 ||
    path.includes('\0') ||
    !path.isWellFormed()
  )
    return false;
  return segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}

export function platformWalk(): WalkKind {
  return canHoldDirectories ? 'held' : 'checked';
}
