/**
 * A skill's folder on disk. It is walked part by part from the operator's root at every read, with the walk that guards
 * the guests' files: no link is followed, whatever was put in the place of what was found before.
 */
import { closeSync, constants, fstatSync, readSync, type Dirent, opendirSync } from 'node:fs';
import { typeOf, type Directory } from '../broker/filesystem-directory.ts';
import { platformWalk } from '../broker/filesystem-grants.ts';
import { openDirectory } from '../broker/filesystem-root.ts';
import { notFound, refusedResource } from './refused.ts';
import type { SkillFolder } from './folder.ts';

/** How deep a skill's own files may lie. */
const DEPTH = 8;

/** Entries looked at below one skill. */
const ENTRIES = 5000;

export class DirectoryFolder implements SkillFolder {
  readonly name: string;
  readonly where: string;
  readonly #root: string;
  readonly #parts: readonly string[];

  /** @param root real path of the operator's directory */
  constructor(root: string, parts: readonly string[]) {
    this.#root = root;
    this.#parts = parts;
    this.where = [root.replace(/\/$/, ''), ...parts].join('/');
    this.name = this.where.split('/').at(-1)!;
  }

  read(path: readonly string[], bytes: number): Uint8Array {
    const shown = path.join('/');
    return stand(this.#root, [...this.#parts, ...path.slice(0, -1)], shown, (directory) => {
      const found = directory.find(path.at(-1)!);
      try {
        const type = typeOf(found.stat);
        if (type === 'symbolic-link') throw refusedResource(shown, 'it is a symbolic link');
        if (type !== 'regular-file') throw refusedResource(shown, 'it is no regular file');
        // Whoever has the other name of the file can change it, or has linked a file from elsewhere.
        if (found.stat.nlink > 1n)
          throw refusedResource(shown, 'it has a second name (a hard link)');
        return readAll(found.open(constants.O_RDONLY), bytes, shown);
      } finally {
        found.close();
      }
    });
  }

  list(count: number): readonly string[] {
    const files: string[] = [];
    let room = ENTRIES;
    const walk = (parts: readonly string[]): void => {
      const entries = listDirectory(this.#root, [...this.#parts, ...parts], room);
      room -= entries.length;
      for (const entry of entries) {
        const path = [...parts, entry.name];
        if (entry.isFile()) files.push(path.join('/'));
        else if (entry.isDirectory() && path.length < DEPTH) walk(path);
        if (files.length >= count || room <= 0) return;
      }
    };
    walk([]);
    return files.slice(0, count).toSorted();
  }
}

/** Entries of a directory below the root by name, without hidden ones; none where a part is a link by now. */
export function listDirectory(root: string, parts: readonly string[], most: number): Dirent[] {
  return stand(root, parts, parts.join('/'), (directory) => {
    const listing = opendirSync(directory.path);
    const entries: Dirent[] = [];
    try {
      for (let entry = listing.readSync(); entry !== null; entry = listing.readSync()) {
        if (entries.length >= most) break;
        if (!entry.name.startsWith('.')) entries.push(entry);
      }
    } finally {
      listing.closeSync();
    }
    return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  });
}

function stand<T>(
  root: string,
  parts: readonly string[],
  shown: string,
  use: (directory: Directory) => T,
): T {
  let directory: Directory | undefined;
  try {
    directory = openDirectory(root, platformWalk());
    for (const part of parts) {
      const child: Directory | undefined = directory.child(part);
      if (child === undefined) {
        throw refusedResource(shown, `${JSON.stringify(part)} is a link, or no directory`);
      }
      directory.close();
      directory = child;
    }
    return use(directory);
  } catch (error) {
    const { code } = error as { readonly code?: string };
    if (code === 'ENOENT' || code === 'ENOTDIR') throw notFound(shown);
    if (code !== undefined && /^E[A-Z]+$/.test(code)) {
      throw refusedResource(shown, `it cannot be read (${code})`);
    }
    throw error;
  } finally {
    directory?.close();
  }
}

function readAll(file: number, most: number, shown: string): Uint8Array {
  try {
    const { size } = fstatSync(file);
    if (size > most) throw refusedResource(shown, `it has ${size} bytes; ${most} are allowed`);
    const buffer = new Uint8Array(size + 1);
    let at = 0;
    while (at < buffer.length) {
      const count = readSync(file, buffer, at, buffer.length - at, at);
      if (count === 0) break;
      at += count;
    }
    if (at !== size) throw refusedResource(shown, 'it changed while it was read');
    return buffer.subarray(0, size);
  } finally {
    closeSync(file);
  }
}
