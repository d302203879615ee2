/** Which numbers a range of times can have: found by halving, whatever the number of records. */
import type { DatabaseSync } from 'node:sqlite';

/** Sequence numbers of intents, inclusive; undefined where there is no bound. */
export interface NumberRange {
  readonly first: number | undefined;
  readonly last: number | undefined;
}

/** @param since inclusive, `until` exclusive; milliseconds */
export function timeRange(
  db: DatabaseSync,
  since: number | undefined,
  until: number | undefined,
): NumberRange {
  if (since === undefined && until === undefined) return { first: undefined, last: undefined };
  const newest = db
    .prepare('SELECT seq, late_ms FROM execution ORDER BY seq DESC LIMIT 1')
    .get() as { seq: number; late_ms: number } | undefined;
  const oldest = db.prepare('SELECT min(seq) AS seq FROM execution').get() as {
    seq: number | null;
  };
  if (newest === undefined || oldest.seq === null) return { first: undefined, last: undefined };
  const at = db.prepare('SELECT seq, latest_ms FROM execution WHERE seq >= ? ORDER BY seq LIMIT 1');
  /** The first whose `latest_ms` is at least so much; one behind the newest where there is none. */
  const reaches = (ms: number): number => {
    let [low, high] = [oldest.seq!, newest.seq + 1];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = at.get(middle) as { seq: number; latest_ms: number } | undefined;
      if (row === undefined || row.latest_ms >= ms) high = middle;
      else low = row.seq + 1;
    }
    return low;
  };
  return {
    // Whoever is that late comes behind one that reaches it, or reaches it itself.
    first: since === undefined ? undefined : reaches(since),
    // A time before `until` belongs to a latest one of less than that and the greatest lateness.
    last: until === undefined ? undefined : reaches(until + newest.late_ms) - 1,
  };
}
