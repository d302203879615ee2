import { SkillError } from '../errors.ts';
import { decodeRecord } from './entry.ts';
import type { AuditRecord } from './record.ts';
import type { AuditPage } from './store.ts';

/** The stored halves of one execution: the bodies of its entries, and the sequence number of its intent. */
export interface Stored {
  readonly seq: number;
  readonly intent: string;
  readonly outcome: string | null;
}

/** How many executions an ambiguous prefix names. */
export const MOST_CANDIDATES = 10;

/** Rows of a query for `limit + 1`, as a page of `limit`. */
export function toPage(rows: readonly Stored[], limit: number): AuditPage {
  const kept = rows.slice(0, limit);
  return {
    records: kept.map((row) => decodeRecord(row.intent, row.outcome)),
    cursor: rows.length > limit ? String(kept.at(-1)?.seq) : undefined,
    last: kept.length > 0 ? String(kept.at(-1)?.seq) : undefined,
  };
}

/** @throws SkillError INVALID_OPTIONS when several executions begin with the text */
export function pickOne(idOrPrefix: string, rows: readonly Stored[]): AuditRecord | undefined {
  const records = rows.map((row) => decodeRecord(row.intent, row.outcome));
  if (records.length <= 1) return records[0];
  const candidates = records.map((record) => record.execution_id);
  throw new SkillError(
    'INVALID_OPTIONS',
    `Several executions begin with ${JSON.stringify(idOrPrefix)}: ${candidates.join(', ')}. Give more characters.`,
    { details: { candidates } },
  );
}

export function closed(): SkillError {
  return new SkillError('ENGINE_CLOSED', 'The audit store is closed.');
}
