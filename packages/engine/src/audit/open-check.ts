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
 * Under the write lock: the end that this writer saw last is still in the chain, unless retention removed it, and who wrote
 * behind it has the key.
 *
 * @throws SkillError AUDIT_UNAVAILABLE
 */
export function assertStillThere(db: DatabaseSync, key: Uint8Array, seen: Head, now: Head): void {
  if (seen.seq === now.seq && seen.hash.equals(now.hash)) return;
  const last = rowOf(db, 'seq = ?', now.seq);
  if (now.seq > 0 && !(last && isAuthentic(key, last.hash, last.mac))) {
    throw touched(`its last entry, ${now.seq}, is not authentic`);
  }
  if (seen.seq === 0) return;
  const row = rowOf(db, 'seq = ?', seen.seq);
  if (row && seen.hash.equals(row.hash)) return;
  const pruned = rowOf(db, "kind = 'prune' AND seq > ? ORDER BY seq DESC", seen.seq);
  if (!row && pruned && isAuthentic(key, pruned.hash, pruned.mac)) {
    const { through } = JSON.parse(pruned.body) as { through: number };
    if (through >= seen.seq) return;
  }
  throw touched(`entry ${seen.seq}, which was its last, is gone or is another`);
}

function rowOf(
  db: DatabaseSync,
  where: string,
  seq: number,
): (LinkedRow & { readonly body: string }) | undefined {
  return db.prepare(`SELECT seq, hash, mac, body FROM entry WHERE ${where} LIMIT 1`).get(seq) as
    | (LinkedRow & { readonly body: string })
    | undefined;
}
