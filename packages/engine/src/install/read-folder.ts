/** Reads a package from a folder: regular files only, each opened once, no link followed. */
import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  FileGatherer,
  packageBounds,
  refused,
  tooMuch,
  type PackageFiles,
} from './package-files.ts';

/** What is left out where it stands: other tools' folders, never part of a package. */
const leftOut: ReadonlySet<string> = new Set(['.git', '.hg', '.svn', 'node_modules', '.skills']);

export interface ReadFolderOptions {
  /** True for what is installed: nothing is left out there, so nothing can be added either. */
  readonly exact?: boolean;
}

/** @throws SkillError PACKAGE_INVALID */
export async function readFolder(
  folder: string,
  { exact = false }: ReadFolderOptions = {},
): Promise<PackageFiles> {
  const gatherer = new FileGatherer();
  let entries = 0;
  const walk = async (directory: string, prefix: string): Promise<void> => {
    // As bytes: a name that is not UTF-8 must not become another one.
    const names = await readdir(directory, { encoding: 'buffer' }).catch(() => {
      throw refused(prefix || '.', 'the folder cannot be read');
    });
    for (const raw of names) {
      entries += 1;
      if (entries > packageBounds.files * 4) throw tooMuch('too many entries');
      const name = raw.toString('utf8');
      if (!exact && leftOut.has(name)) continue;
      const path = prefix === '' ? name : `${prefix}/${name}`;
      gatherer.check(path);
      const full = join(directory, name);
      const stats = await lstat(full);
      if (stats.isDirectory()) await walk(full, path);
      else if (stats.isSymbolicLink()) throw refused(path, 'it is a symbolic link');
      else gatherer.add(path, await readRegular(full, path, gatherer.room));
    }
  };
  await walk(folder, '');
  return gatherer.finish();
}

async function readRegular(full: string, path: string, room: number): Promise<Uint8Array> {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const file = await open(full, flags).catch((cause: NodeJS.ErrnoException) => {
    const why =
      cause.code === 'ELOOP' ? 'it is a symbolic link' : `it cannot be read (${cause.code})`;
    throw refused(path, why);
  });
  try {
    const { size, nlink, isFile } = await file.stat().then((stats) => ({
      size: stats.size,
      nlink: stats.nlink,
      isFile: stats.isFile(),
    }));
    if (!isFile) throw refused(path, 'it is not a regular file');
    // Whoever has the other name of the file can change it.
    if (nlink > 1) throw refused(path, 'it has a second name (a hard link)');
    if (size > room) throw tooMuch(`more than ${packageBounds.bytes} bytes`);
    const buffer = new Uint8Array(size + 1);
    let at = 0;
    while (at < buffer.length) {
      const { bytesRead } = await file.read(buffer, at, buffer.length - at, at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    if (at !== size) throw refused(path, 'it changed while it was read');
    return buffer.subarray(0, size);
  } finally {
    await file.close();
  }
}
