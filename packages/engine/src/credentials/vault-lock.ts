/**
 * One writer at a time, over all processes: SQLite's lock on an empty database beside the file. The kernel drops it
 * with the process that held it, so that nothing has to guess whether an old lock still counts.
 */
import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';
import { isBusy } from '../sqlite-code.ts';
import { unavailable } from './vault-errors.ts';
import { refusalOf } from './vault-file.ts';

/** How long a writer waits for the others; each takes milliseconds. */
const PATIENCE_MILLISECONDS = 30_000;

async function prepareLock(lock: string, path: string): Promise<void> {
  try {
    const file = await open(lock, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, 0o600);
    try {
      if (process.getuid !== undefined) await file.chmod(0o600);
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') throw unavailable(path, `its lock cannot be made (${code})`, error);
  }
  const refusal = refusalOf(lock, await lstat(lock));
  if (refusal !== undefined) throw unavailable(path, refusal);
}

/** @throws SkillError CREDENTIALS_UNAVAILABLE when another process holds it all the time */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  await prepareLock(lock, path);
  const database = new DatabaseSync(lock, { timeout: 0 });
  try {
    for (const since = performance.now(); ;) {
      try {
        database.exec('BEGIN EXCLUSIVE');
        break;
      } catch (error) {
        if (!isBusy(error)) throw unavailable(path, whyNoLock(error), error);
        if (performance.now() - since > PATIENCE_MILLISECONDS) {
          throw unavailable(path, 'another process is changing them', error);
        }
        await sleep(5 + Math.random() * 20);
      }
    }
    return await work();
  } finally {
    database.close();
  }
}

/** Waiting would not help. */
function whyNoLock(error: unknown): string {
  return `their lock cannot be taken (${(error as Error).message}); see whether the disk has free space and may be written`;
}
