/** One writer at a time, across processes: SQLite's file lock, which ends with the process that holds it. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { SkillError } from '../errors.ts';
import { isBusy } from '../sqlite-code.ts';

/** Milliseconds that another writer is waited for. */
const PATIENCE = 30_000;

/** @throws SkillError STATE_UNAVAILABLE when the lock cannot be had */
export async function exclusively<T>(file: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw unavailable(file, cause);
  });
  const database = open(file);
  try {
    const end = performance.now() + PATIENCE;
    for (;;) {
      try {
        database.exec('BEGIN EXCLUSIVE');
        break;
      } catch (cause) {
        if (!isBusy(cause) || performance.now() > end) throw unavailable(file, cause);
        await setTimeout(25);
      }
    }
    return await work();
  } finally {
    database.close();
  }
}

function open(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file, { timeout: 0 });
  } catch (cause) {
    throw unavailable(file, cause);
  }
}

function unavailable(file: string, cause: unknown): SkillError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SkillError(
    'STATE_UNAVAILABLE',
    `The store of skills cannot be locked (${file}: ${reason}). ${isBusy(cause) ? 'Wait for the other command to end, then try again.' : 'Make the directory writable, and see whether the disk has free space.'}`,
    { cause },
  );
}
