/** Forbidden paths: known as text (folded, so that no spelling of a name slips through), and by device and inode. */
import { dirname, basename } from 'node:path';
import type { BigIntStats } from 'node:fs';
import { identityOf, type Identity } from './filesystem-directory.ts';

type Look = (path: string) => { readonly stat: BigIntStats; readonly realPath: string };

/** Characters without a glyph; HFS+ drops some of them from names, readers do not see the others. */
const ignorable = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * One form for all names that any file system may take for the same: Unicode compatibility form, both
 * case foldings, without invisible characters, without the dots and spaces at the end that Windows drops.
 */
export function foldName(name: string): string {
  const folded = name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
  return folded.replace(ignorable, '').replace(/[. ]+$/, '');
}

export function foldPath(path: string): string {
  return path.split('/').map(foldName).join('/');
}

export class ForbiddenPaths {
  /** Folded: as declared, and as resolved. */
  readonly #paths = new Set<string>();
  readonly #identities = new Set<Identity>();
  /** Folded names that are forbidden in a directory known by identity, whether they exist or not. */
  readonly #names = new Map<Identity, Set<string>>();

  readonly #concerns = new Map<string, boolean>();

  constructor(paths: readonly string[], look: Look) {
    for (const path of paths) this.#add(path, look);
  }

  get watchful(): boolean {
    return this.#paths.size > 0;
  }

  has(identity: Identity): boolean {
    return this.#identities.has(identity);
  }

  /** Whether `name` is forbidden in the directory `parent`, under whatever path that is reached. */
  hasName(parent: Identity, name: string): boolean {
    const names = this.#names.get(parent);
    return names !== undefined && names.has(foldName(name));
  }

  /** Whether anything below `root` is forbidden; only then do paths in it have to be compared. */
  concerns(root: string): boolean {
    let known = this.#concerns.get(root);
    if (known === undefined) this.#concerns.set(root, (known = this.coversOrBelow(root)));
    return known;
  }

  /** Whether the path is forbidden or lies in a forbidden directory. */
  covers(path: string): boolean {
    if (this.#paths.size === 0) return false;
    const folded = foldPath(path);
    for (const forbidden of this.#paths) {
      if (folded === forbidden || folded.startsWith(`${forbidden}/`)) return true;
    }
    return this.#paths.has('');
  }

  /** As `covers`, or something below the path is forbidden. */
  coversOrBelow(path: string): boolean {
    if (this.covers(path)) return true;
    const below = path === '/' ? '/' : `${foldPath(path)}/`;
    for (const forbidden of this.#paths) if (forbidden.startsWith(below)) return true;
    return false;
  }

  #add(path: string, look: Look): void {
    this.#paths.add(path === '/' ? '' : foldPath(path));
    this.#addName(path, look);
    const found = lookIfThere(path, look);
    if (found) {
      this.#identities.add(identityOf(found.stat));
      this.#paths.add(found.realPath === '/' ? '' : foldPath(found.realPath));
      return;
    }
    // Not there yet: the part of its path that is there may lead through links.
    const missing: string[] = [];
    for (let at = path; at !== dirname(at); at = dirname(at)) {
      missing.unshift(basename(at));
      const parent = lookIfThere(dirname(at), look);
      if (parent === undefined) continue;
      this.#paths.add(
        foldPath([parent.realPath === '/' ? '' : parent.realPath, ...missing].join('/')),
      );
      return;
    }
  }

  #addName(path: string, look: Look): void {
    if (path === dirname(path)) return;
    const parent = lookIfThere(dirname(path), look);
    if (parent === undefined) return;
    const identity = identityOf(parent.stat);
    const names = this.#names.get(identity) ?? new Set();
    this.#names.set(identity, names.add(foldName(basename(path))));
  }
}

function lookIfThere(path: string, look: Look): ReturnType<Look> | undefined {
  try {
    return look(path);
  } catch {
    return undefined;
  }
}
