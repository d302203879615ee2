/** What a writer looks at before it lengthens a chain: whether it still ends where it ended. Constant time. */
import type { DatabaseSync } from 'node:sqlite';
import { SkillError } from '../errors.ts';
import type { Anchor, Head } from './anchor.ts';
import { isAuthentic } from './chain.ts';

export function touched(what: string): SkillError {
  return new SkillError(
    'AUDIT_UNAVAILABLE',
    `The audit store was changed outside of the engine: ${what}. So nothing runs. \`skill audit verify\` says where it is ` +
      'wrong. Restore all files of the store from one copy, or move them away together (keep them as evidence); then a new one begins.',
  );
}

interface LinkedRow {
  readonly seq: number;
  readonly hash: Uint8Array;
  readonly mac: Uint8Array;
}

/** @throws SkillError AUDIT_UNAVAILABLE when the end of the chain is not authentic, or not as far as the anchor */
export function assertUntouched(
  db: DatabaseSync,
  key: Uint8Array,
  anchor: Anchor,
  file: string,
): void {
  // The anchor first: it follows the database, so what is read afterwards is at least as far.
  const reached = anchor.read();
  if (reached === undefined || reached === 'damaged') {
    throw touched(`${file}.head is missing or not authentic`);
  }
  const rowAt = db.prepare('SELECT seq, hash, mac FROM entry WHERE seq = ?');
  const last = db.prepare('SELECT seq, hash, mac FROM entry ORDER BY seq DESC LIMIT 1').get() as
    | LinkedRow
    | undefined;
  const seq = last?.seq ?? 0;
  if (seq < reached.seq) throw touched(`it ends at entry ${seq}, but had reached ${reached.seq}`);
  if (last && !isAuthentic(key, last.hash, last.mac)) {
    throw touched(`its last entry, ${seq}, is not authentic (or ${file}.key is another store's)`);
  }
  const then = rowAt.get(reached.seq) as LinkedRow | undefined;
  if (then && !reached.hash.equals(then.hash)) {
    throw touched(`entry ${reached.seq} is not the one that it was`);
  }
}

/**
 * Under the write lock: the end that this writer saw last is still in the chain, unless retention removed it.
 *
 * @throws SkillError AUDIT_UNAVAILABLE
 */
export function assertStillThere(db: DatabaseSync, seen: Head, now: Head): void {
  if (seen.seq === now.seq && seen.hash.equals(now.hash)) return;
  if (seen.seq === 0) return;
  const row = db.prepare('SELECT hash FROM entry WHERE seq = ?').get(seen.seq) as
    | { hash: Uint8Array }
    | undefined;
  if (row && seen.hash.equals(row.hash)) return;
  const { first } = db.prepare('SELECT min(seq) AS first FROM entry').get() as {
    first: number | null;
  };
  if (!row && first !== null && seen.seq < first) return;
  throw touched(`entry ${seen.seq}, which was its last, is gone or is another`);
}
