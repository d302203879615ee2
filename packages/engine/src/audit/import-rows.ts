/** The database of an imported store: entries under their own numbers and hashes, columns as their bodies say. */
import { rmSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { SkillError } from '../errors.ts';
import { migrate } from './schema.ts';
import type { StoredEntry } from './verify.ts';

type Column = string | number | null;

export class ImportedRows {
  readonly file: string;
  readonly #db: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #start: StatementSync;
  readonly #end: StatementSync;

  constructor(file: string) {
    this.file = file;
    this.#db = new DatabaseSync(file);
    this.#db.exec('PRAGMA trusted_schema = OFF; PRAGMA journal_mode = WAL');
    // The key of entries' codes stays with the store that wrote them; there is nothing here to link.
    migrate(this.#db, Buffer.alloc(32));
    this.#db.exec('BEGIN IMMEDIATE');
    this.#insert = this.#db.prepare(
      `INSERT INTO entry (seq, kind, execution_id, timestamp_ms, skill, tool, user, status, body, hash, mac,
         duration_ms, fuel_used, denials) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#start = this.#db.prepare('INSERT INTO running (execution_id) VALUES (?)');
    this.#end = this.#db.prepare('DELETE FROM running WHERE execution_id = ?');
  }

  add({ seq, kind, execution_id: id, body, hash }: StoredEntry): void {
    const said = JSON.parse(body) as Record<string, Column> & { denials?: unknown };
    const columns: Column[] =
      kind === 'intent'
        ? [instant(said), said['skill_name'], said['tool_name'], said['user'], null].map(
            (value) => value ?? null,
          )
        : kind === 'outcome'
          ? [null, null, null, null, said['status'] ?? null]
          : [instant(said), null, null, null, null];
    const totals: Column[] =
      kind === 'outcome'
        ? [
            said['duration_ms'] ?? null,
            said['fuel_used'] ?? null,
            Array.isArray(said['denials']) ? said['denials'].length : null,
          ]
        : [null, null, null];
    try {
      this.#insert.run(seq, kind, id, ...columns, body, hash, new Uint8Array(), ...totals);
      if (kind === 'intent') this.#start.run(id);
      else if (kind === 'outcome') this.#end.run(id);
    } catch (error) {
      throw new SkillError(
        'AUDIT_BROKEN',
        `The export cannot be imported: entry ${seq} is refused.`,
        {
          cause: error,
        },
      );
    }
  }

  finish(): void {
    this.#db.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)');
    this.#db.close();
  }

  discard(): void {
    if (this.#db.isOpen) this.#db.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(this.file + suffix, { force: true });
  }
}

function instant(said: Readonly<Record<string, Column>>): number | null {
  const ms = Date.parse(String(said['timestamp']));
  return Number.isNaN(ms) ? null : ms;
}
