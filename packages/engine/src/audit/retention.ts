/** Retention: how far it reaches, and the removal of the oldest entries behind a signed summary, so that the rest still verifies. */
import type { DatabaseSync } from 'node:sqlite';
import { SkillError } from '../errors.ts';

/** What is kept. Whatever any of them does not keep goes; at least one is needed. */
export interface Retention {
  /** Keeps invocations of the last so many milliseconds. */
  readonly maxAgeMs?: number;
  /** Keeps the newest so many invocations. */
  readonly maxRecords?: number;
  /** Keeps the newest entries whose bodies together have at most so many bytes. */
  readonly maxBytes?: number;
}

/** What {@link Retention} removed, or would remove. */
export interface Pruned {
  /** Number of the last entry that was removed; all before it were, besides intents of what ended later or still runs. */
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

/** What would go: all that ended up to `through`. Undefined where no invocation would. Only reads. */
export function retentionTarget(
  db: DatabaseSync,
  retention: Retention,
  now = Date.now(),
): Pruned | undefined {
  const through = Math.max(
    byAge(db, retention, now),
    byRecords(db, retention),
    byBytes(db, retention),
  );
  const { records } = db
    .prepare('SELECT count(*) AS records FROM execution WHERE seq <= ? AND ended <= ?')
    .get(through, through) as { records: number };
  if (records === 0) return undefined;
  const { entries } = db
    .prepare('SELECT count(*) AS entries FROM entry WHERE seq <= ?')
    .get(through) as { entries: number };
  const { open } = db
    .prepare(
      'SELECT count(*) AS open FROM execution WHERE seq <= ? AND (ended IS NULL OR ended > ?)',
    )
    .get(through, through) as { open: number };
  return { through, entries: entries - open, records };
}

const DAY = 86_400_000;

/**
 * Clocks jump. What was recorded before an invocation that is too old goes, and the first that is young enough ends that;
 * one of the future ends nothing, or a clock that once was ahead would keep all that came after for as long.
 */
function byAge(db: DatabaseSync, { maxAgeMs }: Retention, now: number): number {
  if (maxAgeMs === undefined) return 0;
  const cut = now - maxAgeMs;
  const young = numberOf(
    db,
    'SELECT seq FROM execution WHERE timestamp_ms >= ? AND timestamp_ms <= ? ORDER BY seq LIMIT 1',
    cut,
    now + DAY,
  );
  const old = numberOf(
    db,
    'SELECT seq FROM execution WHERE timestamp_ms < ? AND seq < ? ORDER BY seq DESC LIMIT 1',
    cut,
    young ?? Number.MAX_SAFE_INTEGER,
  );
  return old === undefined ? 0 : beforeNext(db, old);
}

function byRecords(db: DatabaseSync, { maxRecords }: Retention): number {
  if (maxRecords === undefined) return 0;
  const last = numberOf(
    db,
    'SELECT seq FROM execution ORDER BY seq DESC LIMIT 1 OFFSET ?',
    maxRecords,
  );
  return last === undefined ? 0 : beforeNext(db, last);
}

function byBytes(db: DatabaseSync, { maxBytes }: Retention): number {
  if (maxBytes === undefined) return 0;
  let left = maxBytes;
  const rows = db.prepare('SELECT seq, octet_length(body) AS size FROM entry ORDER BY seq DESC');
  for (const row of rows.iterate() as Iterable<{ seq: number; size: number }>) {
    left -= row.size;
    if (left < 0) return row.seq;
  }
  return 0;
}

/** The last entry before the intent that follows this one. */
function beforeNext(db: DatabaseSync, seq: number): number {
  const next = numberOf(db, 'SELECT seq FROM execution WHERE seq > ? ORDER BY seq LIMIT 1', seq);
  if (next !== undefined) return next - 1;
  return numberOf(db, 'SELECT max(seq) AS seq FROM entry') ?? 0;
}

function numberOf(db: DatabaseSync, sql: string, ...values: number[]): number | undefined {
  const row = db.prepare(sql).get(...values) as { seq: number | null } | undefined;
  return row?.seq ?? undefined;
}
