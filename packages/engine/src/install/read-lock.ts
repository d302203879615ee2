import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** A regular file of bounded length, without following a link. What it says counts only where it is sealed. */
export async function readLockText(path: string, maxBytes: number): Promise<Uint8Array> {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const file = await open(path, flags);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error('it is not a regular file');
    if (stats.size > maxBytes) throw new Error('it is too large');
    return new Uint8Array(await file.readFile());
  } finally {
    await file.close();
  }
}
