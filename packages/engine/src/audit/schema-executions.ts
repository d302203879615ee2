/** The table of executions: one narrow row for each, by which it is found, and of which totals are made. */
import type { DatabaseSync } from 'node:sqlite';

/** What the row of an execution says; all of it stands in the bodies of its entries too. */
export interface ExecutionRow {
  /** Of its intent. */
  readonly seq: number;
  readonly execution_id: string;
  readonly timestamp_ms: number;
  /** The latest time of this one and all before it; null in an earlier version, as is `late_ms`. */
  readonly latest_ms: number | null;
  /** By how much this one, or one before it, was at most behind the latest. */
  readonly late_ms: number | null;
  readonly skill: string;
  readonly tool: string;
  readonly user: string | null;
  /** Of its outcome; null while it runs, as are the following. */
  readonly ended: number | null;
  readonly status: string | null;
  readonly duration_ms: number | null;
  readonly fuel_used: number | null;
  readonly denials: number | null;
}

/**
 * Version 4. Before, pages by status, by times and by several names, and totals, had to join or to walk all entries: seconds
 * for a million records. Times rise with numbers only as far as clocks and writers keep their order; `latest_ms` rises always,
 * and `late_ms` says how far from it a time can be, so that a range of times is a range of numbers (`time-range.ts`).
 */
export function executionTable(db: DatabaseSync): void {
  db.exec(`
    CREATE TABLE execution (
      seq INTEGER PRIMARY KEY,
      execution_id TEXT NOT NULL UNIQUE,
      timestamp_ms INTEGER NOT NULL,
      latest_ms INTEGER NOT NULL,
      late_ms INTEGER NOT NULL,
      skill TEXT NOT NULL,
      tool TEXT NOT NULL,
      user TEXT,
      ended INTEGER,
      status TEXT,
      duration_ms REAL,
      fuel_used REAL,
      denials INTEGER
    ) STRICT;
    INSERT INTO execution
      SELECT seq, execution_id, timestamp_ms, latest, max(latest - timestamp_ms) OVER (ORDER BY seq), skill, tool, user,
        ended, status, duration_ms, fuel_used, denials
      FROM (
        SELECT i.seq AS seq, i.execution_id AS execution_id, i.timestamp_ms AS timestamp_ms,
          max(i.timestamp_ms) OVER (ORDER BY i.seq) AS latest, i.skill AS skill, i.tool AS tool, i.user AS user,
          o.seq AS ended, o.status AS status, o.duration_ms AS duration_ms, o.fuel_used AS fuel_used, o.denials AS denials
        FROM entry i LEFT JOIN entry o ON o.execution_id = i.execution_id AND o.kind = 'outcome'
        WHERE i.kind = 'intent'
      ) ORDER BY seq;
    CREATE INDEX execution_by_skill ON execution (skill);
    CREATE INDEX execution_by_tool ON execution (tool);
    CREATE INDEX execution_by_user ON execution (user);
    CREATE INDEX execution_by_status ON execution (status);
    DROP TABLE running;
    ALTER TABLE entry RENAME TO wide;
    CREATE TABLE entry (
      seq INTEGER PRIMARY KEY,
      kind TEXT NOT NULL CHECK (kind IN ('intent', 'outcome', 'checkpoint', 'prune')),
      execution_id TEXT,
      body TEXT NOT NULL,
      hash BLOB NOT NULL,
      mac BLOB NOT NULL
    ) STRICT;
    INSERT INTO entry SELECT seq, kind, execution_id, body, hash, mac FROM wide ORDER BY seq;
    DROP TABLE wide;
    CREATE INDEX entry_of_chain ON entry (kind, seq) WHERE kind IN ('checkpoint', 'prune');
    CREATE TRIGGER entry_is_append_only BEFORE UPDATE ON entry
      BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;`);
}

/**
 * The same of a store of an earlier version, which is only read and stays what it is: slow, for as long as nothing is
 * recorded there.
 */
export function executionView(db: DatabaseSync, version: number): void {
  const totals =
    version < 3
      ? `json_extract(o.body, '$.duration_ms') AS duration_ms, json_extract(o.body, '$.fuel_used') AS fuel_used,
        json_array_length(o.body, '$.denials') AS denials`
      : 'o.duration_ms AS duration_ms, o.fuel_used AS fuel_used, o.denials AS denials';
  db.exec(`
    CREATE TEMP VIEW execution AS
      SELECT i.seq AS seq, i.execution_id AS execution_id, i.timestamp_ms AS timestamp_ms, NULL AS latest_ms, NULL AS late_ms,
        i.skill AS skill, i.tool AS tool, i.user AS user, o.seq AS ended, o.status AS status,
        ${totals}
      FROM entry i LEFT JOIN entry o ON o.execution_id = i.execution_id AND o.kind = 'outcome'
      WHERE i.kind = 'intent'`);
}
