import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open } from 'node:fs/promises';
import { SkillError } from '../errors.ts';

/** Why a file or directory is not ours alone; undefined when it is. On Windows there is nothing to see. */
export function whyNotPrivate(stats: Stats): string | undefined {
  if (process.getuid === undefined) return undefined;
  if (stats.uid !== process.getuid()) return `it belongs to user ${stats.uid}`;
  if ((stats.mode & 0o022) !== 0) return 'others may write to it';
  return undefined;
}

/**
 * Makes a directory that only this user may enter, or checks the one that is there.
 *
 * @throws SkillError `INVALID_OPTIONS` when it is no directory, a symbolic link, another user's, or writable by others
 * @throws Error of the file system when it cannot be made
 */
export async function ensurePrivateDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 }).catch((failure: unknown) => {
    // Something else stands there: the check below says so.
    if (!(failure instanceof Error && 'code' in failure && failure.code === 'EEXIST'))
      throw failure;
  });
  const stats = await lstat(path);
  const problem = stats.isDirectory()
    ? whyNotPrivate(stats)
    : 'it is not a directory, or a symbolic link to one';
  if (problem === undefined) return;
  throw new SkillError(
    'INVALID_OPTIONS',
    `The cache directory ${path} is refused: ${problem}. Whoever can write there could run code. ` +
      `Make it yours alone (chmod 700 ${path}) or name another one.`,
    { details: { path, reason: problem } },
  );
}

/**
 * The whole of a regular file that is ours alone, without following a link.
 *
 * @throws Error when it is missing, larger than `maxBytes`, or not private
 */
export async function readPrivateFile(path: string, maxBytes: number): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    const problem = stats.isFile() ? whyNotPrivate(stats) : 'it is not a regular file';
    if (problem !== undefined) throw new Error(`${path}: ${problem}`);
    if (stats.size > maxBytes) throw new Error(`${path}: too large`);
    const buffer = new Uint8Array(stats.size);
    let at = 0;
    while (at < buffer.byteLength) {
      const { bytesRead } = await file.read(buffer, at, buffer.byteLength - at, at);
      if (bytesRead === 0) throw new Error(`${path}: truncated`);
      at += bytesRead;
    }
    return buffer;
  } finally {
    await file.close();
  }
}

/** Writes a new file that only this user may read, and brings it to the disk. */
export async function writePrivateFile(path: string, contents: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(contents);
    await file.sync();
  } finally {
    await file.close();
  }
}
