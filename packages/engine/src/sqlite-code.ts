/** What SQLite says of a failure. Source: https://www.sqlite.org/rescode.html */

const BUSY = 5;
const LOCKED = 6;

/** The primary result code of an error, 0 for other errors. */
export function sqliteCode(error: unknown): number {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === 'number' ? code & 0xff : 0;
}

/** Whether to wait helps: somebody else has the lock. */
export function isBusy(error: unknown): boolean {
  return [BUSY, LOCKED].includes(sqliteCode(error));
}
