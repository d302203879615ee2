/** Whether there is room where the state is: on a full disk nothing can be recorded, so nothing runs. */
import { statfs } from 'node:fs/promises';
import { type Check, fine, problem, warning } from './check.ts';

const MiB = 1024 * 1024;

/** What one record and the files around it may take, and what lasts for a while. */
const LEAST = MiB;
const SCARCE = 100 * MiB;

const name = 'free space';

/** @param path a directory that is there */
export async function examineSpace(path: string): Promise<Check[]> {
  const stats = await statfs(path).catch(() => undefined);
  return stats === undefined ? [] : [judgeSpace(path, stats.bavail * stats.bsize)];
}

/** @param free bytes that this user may still write */
export function judgeSpace(path: string, free: number): Check {
  const found = `${(free / MiB).toFixed(free < 10 * MiB ? 1 : 0)} MiB on the disk of ${path}`;
  const help =
    'Free some, or name a directory on another disk in SKILL_ENGINE_HOME. With a little room, `skill audit prune --compact` frees more.';
  if (free < LEAST) {
    return problem(name, found, 'Nothing can be recorded, so nothing runs.', help);
  }
  if (free >= SCARCE) return fine(name, found);
  return warning(name, found, 'Once it is full nothing can be recorded, and nothing runs.', help);
}
