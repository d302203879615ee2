/** Retention: removes the oldest entries behind a signed summary, so that the rest still verifies. */
import type { DatabaseSync } from 'node:sqlite';
import { SkillError } from '../errors.ts';
import { canonicalJson } from './canonical.ts';
import type { ChainWriter } from './writer.ts';

/** What is kept. Whatever any of them does not keep goes; at least one is needed. */
export interface Retention {
  /** Keeps invocations of the last so many milliseconds. */
  readonly maxAgeMs?: number;
  /** Keeps the newest so many invocations. */
  readonly maxRecords?: number;
  /** Keeps the newest entries whose bodies together have at most so many bytes. */
  readonly maxBytes?: number;
}

/** What {@link Retention} removed. */
export interface Pruned {
  /** Number of the last entry that was removed; all before it were, too. */
  readonly through: number;
  /** How many entries were removed. */
  readonly entries: number;
  /** Invocations among them. */
  readonly records: number;
}

/** @throws SkillError INVALID_OPTIONS */
export function checkRetention(retention: Retention): Retention {
  const { maxAgeMs, maxRecords, maxBytes } = retention;
  const given = [maxAgeMs, maxRecords, maxBytes].filter((value) => value !== undefined);
  if (given.length > 0 && given.every((value) => Number.isSafeInteger(value) && value >= 0)) {
    return retention;
  }
  throw new SkillError(
    'INVALID_OPTIONS',
    'Retention needs at least one of maxAgeMs, maxRecords and maxBytes, each a whole number of at least 0.',
  );
}

/** Undefined where there is nothing to remove. Belongs in a transaction. */
export function prune(
  db: DatabaseSync,
  chain: ChainWriter,
  retention: Retention,
): Pruned | undefined {
  const through = wholeExecutions(db, wanted(db, retention));
  const cut = db.prepare('SELECT hash FROM entry WHERE seq = ?').get(through) as
    | { hash: Uint8Array }
    | undefined;
  if (cut === undefined) return undefined;
  const range = db
    .prepare(
      `SELECT count(*) AS entries, min(seq) AS first, sum(kind = 'intent') AS records,
         min(timestamp_ms) AS since, max(timestamp_ms) AS until FROM entry WHERE seq <= ?`,
    )
    .get(through) as Record<'entries' | 'first' | 'records' | 'since' | 'until', number | null>;
  const statuses = db
    .prepare(
      `SELECT status, count(*) AS n FROM entry WHERE seq <= ? AND kind = 'outcome' GROUP BY status`,
    )
    .all(through) as { status: string; n: number }[];
  const instant = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  const summary = chain.sign({
    statement: 'prune',
    first: range.first,
    through,
    head: Buffer.from(cut.hash).toString('hex'),
    entries: range.entries,
    records: range.records,
    statuses: Object.fromEntries(statuses.map(({ status, n }) => [status, n])),
    since: instant(range.since),
    until: instant(range.until),
    timestamp: new Date().toISOString(),
  });
  chain.state('prune', canonicalJson(summary));
  db.prepare('DELETE FROM entry WHERE seq <= ?').run(through);
  return { through, entries: range.entries ?? 0, records: range.records ?? 0 };
}

/** The last entry that the retention does not keep; 0 for none. */
function wanted(db: DatabaseSync, { maxAgeMs, maxRecords, maxBytes }: Retention): number {
  const one = (sql: string, ...values: number[]): number =>
    (db.prepare(sql).get(...values) as { seq: number | null } | undefined)?.seq ?? 0;
  let through = 0;
  if (maxAgeMs !== undefined) {
    // Clocks jump: everything before the first invocation that is kept goes, nothing behind it.
    const kept = one(
      `SELECT min(seq) AS seq FROM entry WHERE kind = 'intent' AND timestamp_ms >= ?`,
      Date.now() - maxAgeMs,
    );
    const last = one('SELECT max(seq) AS seq FROM entry');
    through = Math.max(through, kept === 0 ? last : kept - 1);
  }
  if (maxRecords !== undefined) {
    const last = one('SELECT max(seq) AS seq FROM entry');
    const kept = one(
      `SELECT seq FROM entry WHERE kind = 'intent' ORDER BY seq DESC LIMIT 1 OFFSET ?`,
      Math.max(0, maxRecords - 1),
    );
    through = Math.max(through, maxRecords === 0 ? last : kept - 1);
  }
  if (maxBytes !== undefined) {
    let left = maxBytes;
    const rows = db.prepare('SELECT seq, length(body) AS size FROM entry ORDER BY seq DESC');
    for (const row of rows.iterate() as Iterable<{ seq: number; size: number }>) {
      left -= row.size;
      if (left >= 0) continue;
      through = Math.max(through, row.seq);
      break;
    }
  }
  return through;
}

/** The greatest end at or before `through` at which every invocation that began has ended too. */
function wholeExecutions(db: DatabaseSync, through: number): number {
  const firstOpen = db.prepare(
    `SELECT min(i.seq) AS seq FROM entry i
     LEFT JOIN entry o ON o.execution_id = i.execution_id AND o.kind = 'outcome'
     WHERE i.kind = 'intent' AND i.seq <= ? AND (o.seq IS NULL OR o.seq > ?)`,
  );
  let end = through;
  for (;;) {
    const open = (firstOpen.get(end, end) as { seq: number | null }).seq;
    if (open === null) return end;
    end = open - 1;
  }
}
