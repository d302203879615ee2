import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Selection } from './filter.ts';
import { timeRange } from './time-range.ts';

/** How a selection is asked of the table of executions, as `x`. */
export interface Conditions {
  /** `FROM` clause with the index that is walked. */
  readonly from: string;
  readonly where: string;
  readonly values: readonly SQLInputValue[];
}

/** Rows up to which an index counts as short: that many are looked through in about a millisecond. */
const SHORT = 5000;

/** @param indexed false for the view of an earlier version's store */
export function conditionsOf(db: DatabaseSync, selection: Selection, indexed: boolean): Conditions {
  const conditions: string[] = [];
  const values: SQLInputValue[] = [];
  const add = (condition: string, value: string | number | undefined): void => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  const { order, status, before, skill, tool, user, since, until } = selection;
  add(order === 'oldest' ? 'x.seq > ?' : 'x.seq < ?', before);
  add('x.timestamp_ms >= ?', since);
  add('x.timestamp_ms < ?', until);
  if (indexed) {
    const { first, last } = timeRange(db, since, until);
    add('x.seq >= ?', first);
    add('x.seq <= ?', last);
  }
  // Of long indices the first is walked: success is what most have.
  const byStatus = { status: status === 'running' ? null : status };
  const byNames = { user, tool, skill };
  const wanted = status === 'success' ? { ...byNames, ...byStatus } : { ...byStatus, ...byNames };
  const equal = Object.entries(wanted).filter(([, value]) => value !== undefined);
  for (const [name, value] of equal) {
    conditions.push(`x.${name} IS ?`);
    values.push(value!);
  }
  const index = indexed ? indexFor(db, equal) : '';
  const where = conditions.length > 0 ? conditions.join(' AND ') : '1';
  return { from: `FROM execution x ${index}`, where, values };
}

/**
 * SQLite knows nothing of how common a value is. A short index is walked, whatever else is asked for; of indices that are all
 * long, which one hardly matters: what they have in common is likely common, too.
 */
function indexFor(
  db: DatabaseSync,
  equal: readonly (readonly [string, SQLInputValue | undefined])[],
): string {
  if (equal.length === 0) return 'NOT INDEXED';
  const counted = equal.map(([name, value]) => {
    const { n } = db
      .prepare(
        `SELECT count(*) AS n FROM (SELECT 1 FROM execution INDEXED BY execution_by_${name} WHERE ${name} IS ? LIMIT ?)`,
      )
      .get(value!, SHORT) as { n: number };
    return { name, n };
  });
  const [shortest] = counted.toSorted((a, b) => a.n - b.n);
  return `INDEXED BY execution_by_${shortest!.name}`;
}
