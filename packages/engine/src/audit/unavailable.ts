import { SkillError } from '../errors.ts';
import { sqliteCode } from '../sqlite-code.ts';

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html) that an operator can act on. */
const advice: Readonly<Record<number, string>> = {
  5: 'Another process holds its lock for too long. End that process, then try again.',
  6: 'Another process holds its lock for too long. End that process, then try again.',
  8: 'It cannot be written. Make the file and its directory writable for this user, or choose another path.',
  10: 'Reading or writing the disk failed. Check the free space, quotas and the health of the disk.',
  11: 'It is damaged. Move the file away (keep it as evidence), or restore a copy.',
  13: 'The disk or a size limit is exhausted. Free space, or choose a path on another disk.',
  14: 'It cannot be opened. Make the directory writable for this user, or choose another path.',
  26: 'It is not an SQLite database. Choose another path for the audit store.',
};

const CONSTRAINT_UNIQUE = 2067;

/** An id that the store has already. */
export function isRepeatedId(error: unknown): boolean {
  return (error as { errcode?: unknown } | null)?.errcode === CONSTRAINT_UNIQUE;
}

/** Any failure of the store's files or database, as the error that makes the engine fail closed. */
export function unavailable(what: string, error: unknown): SkillError {
  if (error instanceof SkillError) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  const hint =
    advice[sqliteCode(error)] ?? 'Check that its directory exists, is writable and has free space.';
  return new SkillError(
    'AUDIT_UNAVAILABLE',
    `The audit store could not be ${what} (${cause.message}), so nothing runs. ${hint}`,
    { cause },
  );
}
