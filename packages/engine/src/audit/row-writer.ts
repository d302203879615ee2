/** Writes rows of entries and of executions; what they say is its caller's. Belongs in a transaction. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { IntentColumns, OutcomeColumns } from './entry.ts';

export interface EntryRow {
  readonly seq: number;
  readonly kind: string;
  readonly executionId: string | null;
  readonly body: string;
  readonly hash: Uint8Array;
  readonly mac: Uint8Array;
}

interface Times {
  readonly latest_ms: number;
  readonly late_ms: number;
}

export class RowWriter {
  readonly #insert: StatementSync;
  readonly #times: StatementSync;
  readonly #start: StatementSync;
  readonly #end: StatementSync;
  /** Of the newest execution; asked for once a transaction, in which nobody else changes it. */
  #newest: Times | undefined | 'unknown' = 'unknown';

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare(
      'INSERT INTO entry (seq, kind, execution_id, body, hash, mac) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#times = db.prepare('SELECT latest_ms, late_ms FROM execution ORDER BY seq DESC LIMIT 1');
    this.#start = db.prepare(
      `INSERT INTO execution (seq, execution_id, timestamp_ms, latest_ms, late_ms, skill, tool, user)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#end = db.prepare(
      `UPDATE execution SET ended = ?, status = ?, duration_ms = ?, fuel_used = ?, denials = ?
       WHERE execution_id = ? AND ended IS NULL`,
    );
  }

  /** Another transaction has begun. */
  reset(): void {
    this.#newest = 'unknown';
  }

  append({ seq, kind, executionId, body, hash, mac }: EntryRow): void {
    this.#insert.run(seq, kind, executionId, body, hash, mac);
  }

  /** @throws SQLite's error for an id that is there already; nothing is written then */
  begin(seq: number, { executionId, timestampMs, skill, tool, user }: IntentColumns): void {
    const before =
      this.#newest === 'unknown' ? (this.#times.get() as Times | undefined) : this.#newest;
    this.#newest = before;
    const latest = Math.max(timestampMs, before?.latest_ms ?? timestampMs);
    const late = Math.max(latest - timestampMs, before?.late_ms ?? 0);
    this.#start.run(seq, executionId, timestampMs, latest, late, skill, tool, user);
    this.#newest = { latest_ms: latest, late_ms: late };
  }

  /** False where no such execution runs. */
  end(seq: number, executionId: string, columns: OutcomeColumns): boolean {
    const { status, durationMs, fuelUsed, denials } = columns;
    const done = this.#end.run(seq, status, durationMs, fuelUsed, denials, executionId);
    return done.changes > 0;
  }
}
