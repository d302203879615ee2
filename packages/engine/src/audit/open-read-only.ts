/** Opens a store's database where nothing may be written. */
import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { sqliteCode } from '../sqlite-code.ts';

/** SQLite's codes for a log or shared memory that cannot be made: READONLY, FULL, CANTOPEN. */
const UNWRITABLE = [8, 13, 14];

/** Of IOERR: SHMOPEN, SHMSIZE, SHMMAP. The disk is full, or a quota or limit is reached. */
const NO_SHARED_MEMORY = [4618, 4874, 5386];

export interface OpenedDatabase {
  readonly db: DatabaseSync;
  close(): void;
}

/**
 * WAL needs a shared memory file. Where it can be neither found nor made, a store without a log is read as a file
 * that nobody changes, and one with a log (its writer was killed) as a private copy.
 */
export function openReadOnly(file: string, timeout: number): OpenedDatabase {
  const db = new DatabaseSync(file, { timeout, readOnly: true });
  try {
    db.prepare('SELECT 1 FROM sqlite_schema').get();
    return { db, close: () => db.close() };
  } catch (error) {
    db.close();
    if (!isUnwritable(error)) throw error;
  }
  const log = `${file}-wal`;
  if (!existsSync(log) || statSync(log).size === 0) {
    const url = pathToFileURL(file);
    url.searchParams.set('immutable', '1');
    const still = new DatabaseSync(url, { readOnly: true });
    return { db: still, close: () => still.close() };
  }
  const folder = mkdtempSync(join(tmpdir(), 'skill-audit-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, 'audit.sqlite');
    copyFileSync(file, copy);
    copyFileSync(log, `${copy}-wal`);
    const copied = new DatabaseSync(copy);
    return {
      db: copied,
      close: () => {
        copied.close();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

function isUnwritable(error: unknown): boolean {
  const { errcode } = error as { errcode?: number };
  return UNWRITABLE.includes(sqliteCode(error)) || NO_SHARED_MEMORY.includes(errcode ?? 0);
}
