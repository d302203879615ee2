/** One writer at a time: SQLite's lock on an empty database beside the file, which the kernel drops with its process. */
import { lstatSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { SkillError } from '../errors.ts';
import { checkFile } from './files.ts';
import { sqliteCode } from '../sqlite-code.ts';

const BUSY = 5;

/** @throws SkillError AUDIT_UNAVAILABLE when another holds it all the time */
export async function lockFile(file: string, patienceMs: number): Promise<Disposable> {
  const lock = `${file}.lock`;
  try {
    writeFileSync(lock, '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  checkFile(lock, lstatSync(lock));
  const database = new DatabaseSync(lock, { timeout: 0 });
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      database.exec('BEGIN EXCLUSIVE');
      return { [Symbol.dispose]: () => database.close() };
    } catch (error) {
      if (sqliteCode(error) === BUSY && performance.now() < deadline) {
        await sleep(20);
        continue;
      }
      database.close();
      if (sqliteCode(error) === BUSY) throw held(file, error);
      throw error;
    }
  }
}

function held(file: string, cause: unknown): SkillError {
  return new SkillError(
    'AUDIT_UNAVAILABLE',
    `Another process writes ${file}, and JSON lines have one writer at a time. End that process, give this one a file of ` +
      'its own, or use the SQLite store, which several processes share. (Reading needs no lock; with audit.retention the writer prunes by itself.)',
    { cause },
  );
}
