/** The vault's file on the disk: read only if it is ours alone, replaced whole or not at all. */
import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { unavailable } from './vault-errors.ts';

/** Far more than credentials take. */
const FILE_BYTES = 64 * 1024 * 1024;

/** Windows has neither owner nor mode bits; its profile directories are private by their access lists. */
const hasModes = process.getuid !== undefined;

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code;
}

export function refusalOf(name: string, stats: Stats): string | undefined {
  if (stats.isSymbolicLink()) return `${name} is a symbolic link; put the file itself there`;
  if (!stats.isFile()) return `${name} is not a regular file`;
  if (stats.nlink > 1) return `${name} has several names (hard links); remove the others`;
  if (!hasModes) return undefined;
  const user = process.getuid?.();
  if (stats.uid !== user) return `${name} belongs to user ${stats.uid}, not to ${user}`;
  if ((stats.mode & 0o077) !== 0) return `${name} is open to other users; run: chmod 600 '${name}'`;
  return undefined;
}

/** Makes the directory (0700) where it is missing; others must not be able to put files into it. */
export async function prepareDirectory(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unavailable(path, `${dirname(path)} cannot be made (${codeOf(error)})`, error);
  }
  await checkDirectory(path);
}

/** @throws SkillError CREDENTIALS_UNAVAILABLE where others could exchange the file */
async function checkDirectory(path: string): Promise<void> {
  const directory = dirname(path);
  const stats = await stat(directory);
  if (!stats.isDirectory()) throw unavailable(path, `${directory} is not a directory`);
  if (!hasModes) return;
  if (stats.uid !== process.getuid?.()) {
    throw unavailable(path, `${directory} belongs to user ${stats.uid}`);
  }
  if ((stats.mode & 0o022) !== 0) {
    throw unavailable(path, `others may write into ${directory}; run: chmod go-w '${directory}'`);
  }
}

/**
 * `undefined` where there is none.
 *
 * @throws SkillError CREDENTIALS_UNAVAILABLE
 */
export async function readVaultFile(path: string): Promise<Uint8Array | undefined> {
  let file;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (codeOf(error) === 'ELOOP')
      throw unavailable(path, 'it is a symbolic link; put the file itself there');
    throw unavailable(path, `it cannot be opened (${codeOf(error)})`, error);
  }
  try {
    const stats = await file.stat();
    const refusal = refusalOf(path, stats);
    if (refusal !== undefined) throw unavailable(path, refusal);
    await checkDirectory(path);
    if (stats.size > FILE_BYTES) throw unavailable(path, `it has more than ${FILE_BYTES} bytes`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

async function syncDirectory(directory: string): Promise<void> {
  if (!hasModes) return;
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Only with the lock. A power cut leaves the old file or the new one; drafts of writers that died are removed. */
export async function replaceVaultFile(path: string, contents: string): Promise<void> {
  const directory = dirname(path);
  const prefix = `${basename(path)}.`;
  for (const name of await readdir(directory)) {
    // One that cannot be removed does no harm.
    const isLeft = name.startsWith(prefix) && name.endsWith('.draft');
    if (isLeft) await unlink(join(directory, name)).catch(() => undefined);
  }
  const draft = `${path}.${randomBytes(8).toString('hex')}.draft`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      // A umask takes bits away also from the owner.
      if (hasModes) await file.chmod(0o600);
      await file.writeFile(contents);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
    await syncDirectory(directory);
  } catch (error) {
    await unlink(draft).catch(() => undefined);
    throw unavailable(
      path,
      `they could not be written (${codeOf(error) ?? String(error)}); the old ones are as they were`,
      error,
    );
  }
}
