import { DatabaseSync } from 'node:sqlite';
import { SkillError } from '../errors.ts';
import type { JsonObject } from '../schema/json.ts';
import { GENESIS, link, type ChainKind } from './chain.ts';
import { outcomeColumns } from './entry.ts';
import { executionTable } from './schema-executions.ts';

/** Marks the file as ours ("SkAu" in ASCII), so that another program's database is never written to. */
const APPLICATION_ID = 0x536b4175;

/**
 * One step per version: the step at index n brings `user_version` n to n + 1. Steps are only ever appended.
 *
 * `entry` is append-only and in one order for all writers. Its `body` is canonical JSON and holds every fact. What queries
 * select by stands elsewhere, in `execution` (`schema-executions.ts`), and can be made of `entry` again.
 */
const migrations: readonly (string | ((db: DatabaseSync, key: Uint8Array) => void))[] = [
  `CREATE TABLE entry (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     kind TEXT NOT NULL CHECK (kind IN ('intent', 'outcome')),
     execution_id TEXT NOT NULL,
     timestamp_ms INTEGER,
     skill TEXT,
     tool TEXT,
     user TEXT,
     status TEXT,
     body TEXT NOT NULL,
     UNIQUE (execution_id, kind)
   ) STRICT;
   CREATE INDEX entry_by_time ON entry (timestamp_ms) WHERE kind = 'intent';
   CREATE INDEX entry_by_skill ON entry (skill, seq) WHERE kind = 'intent';
   CREATE TRIGGER entry_is_append_only BEFORE UPDATE ON entry
     BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
   CREATE TABLE running (execution_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;`,
  intoChain,
  totalColumns,
  executionTable,
];

/**
 * Version 2: every entry is linked to the one before, and there are entries that are no halves of an execution
 * (`chain.ts`). What was there before is linked as it is found; from then on a change shows.
 */
function intoChain(db: DatabaseSync, key: Uint8Array): void {
  db.exec(`
    DROP TRIGGER entry_is_append_only;
    DROP INDEX entry_by_time;
    DROP INDEX entry_by_skill;
    ALTER TABLE entry RENAME TO unlinked;
    CREATE TABLE entry (
      seq INTEGER PRIMARY KEY,
      kind TEXT NOT NULL CHECK (kind IN ('intent', 'outcome', 'checkpoint', 'prune')),
      execution_id TEXT,
      timestamp_ms INTEGER,
      skill TEXT,
      tool TEXT,
      user TEXT,
      status TEXT,
      body TEXT NOT NULL,
      hash BLOB NOT NULL,
      mac BLOB NOT NULL,
      UNIQUE (execution_id, kind)
    ) STRICT;`);
  const insert = db.prepare('INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  let previous: Uint8Array = GENESIS;
  let seq = 0;
  for (const row of db.prepare('SELECT * FROM unlinked ORDER BY seq').iterate()) {
    const old = row as Record<string, string | number | null>;
    seq += 1;
    const entry = {
      seq,
      kind: old['kind'] as ChainKind,
      executionId: old['execution_id'] as string,
      body: old['body'] as string,
    };
    const { hash, mac } = link(key, previous, entry);
    const columns = ['kind', 'execution_id', 'timestamp_ms', 'skill', 'tool', 'user', 'status'];
    insert.run(seq, ...columns.map((column) => old[column] ?? null), entry.body, hash, mac);
    previous = hash;
  }
  db.exec(`
    DROP TABLE unlinked;
    CREATE INDEX entry_by_time ON entry (timestamp_ms) WHERE kind = 'intent';
    CREATE INDEX entry_by_skill ON entry (skill, seq) WHERE kind = 'intent';
    CREATE INDEX entry_by_user ON entry (user, seq) WHERE kind = 'intent';
    CREATE INDEX entry_by_status ON entry (status, seq) WHERE kind = 'outcome';
    CREATE INDEX entry_of_chain ON entry (kind, seq) WHERE kind IN ('checkpoint', 'prune');
    CREATE TRIGGER entry_is_append_only BEFORE UPDATE ON entry
      BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;`);
}

/** Version 3: what totals are made of stands in columns, and in indexes that hold all of it, so that no body is read for them. */
function totalColumns(db: DatabaseSync): void {
  // Not SQLite's own JSON functions: numbers must come out as verification reads them.
  db.function('outcome_column', { deterministic: true }, (body, name) => {
    const columns = outcomeColumns(JSON.parse(String(body)) as JsonObject);
    return columns[name as 'durationMs' | 'fuelUsed' | 'denials'];
  });
  db.exec(`
    DROP TRIGGER IF EXISTS entry_is_append_only;
    ALTER TABLE entry ADD COLUMN duration_ms REAL;
    ALTER TABLE entry ADD COLUMN fuel_used REAL;
    ALTER TABLE entry ADD COLUMN denials INTEGER;
    UPDATE entry SET duration_ms = outcome_column(body, 'durationMs'), fuel_used = outcome_column(body, 'fuelUsed'),
      denials = outcome_column(body, 'denials') WHERE kind = 'outcome';
    DROP INDEX IF EXISTS entry_by_time;
    CREATE INDEX entry_by_time ON entry (timestamp_ms, skill, tool, user, execution_id) WHERE kind = 'intent';
    CREATE INDEX entry_by_tool ON entry (tool, seq) WHERE kind = 'intent';
    CREATE INDEX entry_totals ON entry (execution_id, status, duration_ms, fuel_used, denials) WHERE kind = 'outcome';
    CREATE TRIGGER entry_is_append_only BEFORE UPDATE ON entry
      BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;`);
}

/**
 * Creates or upgrades the tables, in one transaction.
 *
 * @param target an earlier version only in tests
 *
 * @throws SkillError AUDIT_UNAVAILABLE for a file that is not an audit store, or is a newer version's
 */
export function migrate(
  db: DatabaseSync,
  key: Uint8Array,
  target: number = migrations.length,
): void {
  if (checkVersion(db) === target) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have migrated between the check and the lock.
    const version = checkVersion(db);
    for (const step of migrations.slice(version, target)) {
      if (typeof step === 'string') db.exec(step);
      else step(db, key);
    }
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    db.exec(`PRAGMA user_version = ${target}`);
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** The first version with a chain. */
export const CHAIN_VERSION = 2;

/** The first version with the table of executions. */
export const EXECUTIONS_VERSION = 4;

/** What a store of a version is made of, as SQLite tells it; each object's type, name and text. */
export function ownSchema(version: number = migrations.length): readonly string[] {
  let schema = known.get(version);
  if (schema === undefined) {
    using db = new DatabaseSync(':memory:');
    migrate(db, new Uint8Array(32), version);
    known.set(version, (schema = schemaOf(db)));
  }
  return schema;
}

const known = new Map<number, readonly string[]>();

/** SQLite's own tables, which change no answer and come and go with ANALYZE and VACUUM, are left out. */
export function schemaOf(db: DatabaseSync): string[] {
  return db
    .prepare(
      `SELECT type, name, tbl_name, sql FROM sqlite_schema
       WHERE type <> 'table' OR name NOT IN ('sqlite_sequence', 'sqlite_stat1', 'sqlite_stat4') ORDER BY type, name`,
    )
    .all()
    .map((row) => JSON.stringify(row));
}

/** The file's version, after checking that the file is an audit store (or empty). */
export function checkVersion(db: DatabaseSync): number {
  const version = pragma(db, 'user_version');
  const application = pragma(db, 'application_id');
  const tables = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get() as { n: number };
  if (application !== APPLICATION_ID && (application !== 0 || tables.n > 0)) {
    throw new SkillError(
      'AUDIT_UNAVAILABLE',
      'The file is a database, but not an audit store. Choose another path for the audit store.',
    );
  }
  if (version > migrations.length) {
    throw new SkillError(
      'AUDIT_UNAVAILABLE',
      `The audit store has version ${version}; this program knows versions up to ${migrations.length}. ` +
        'Upgrade the program, or choose another path for the audit store.',
    );
  }
  return version;
}

function pragma(db: DatabaseSync, name: 'user_version' | 'application_id'): number {
  const row = db.prepare(`PRAGMA ${name}`).get() as Record<string, number>;
  return row[name] ?? 0;
}
