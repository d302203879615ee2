/** The database of an imported store: entries under their own numbers and hashes, columns as their bodies say. */
import { renameSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { SkillError } from '../errors.ts';
import type { JsonObject } from '../schema/json.ts';
import { intentColumns, outcomeColumns } from './entry.ts';
import { RowWriter } from './row-writer.ts';
import { migrate } from './schema.ts';
import type { StoredEntry } from './verify.ts';

export class ImportedRows {
  readonly file: string;
  readonly #db: DatabaseSync;
  readonly #writer: RowWriter;

  constructor(file: string) {
    this.file = file;
    this.#db = new DatabaseSync(file);
    this.#db.exec('PRAGMA trusted_schema = OFF; PRAGMA journal_mode = WAL');
    // The key of entries' codes stays with the store that wrote them; there is nothing here to link.
    migrate(this.#db, Buffer.alloc(32));
    this.#db.exec('BEGIN IMMEDIATE');
    this.#writer = new RowWriter(this.#db);
  }

  add({ seq, kind, execution_id: id, body, hash }: StoredEntry): void {
    try {
      const said = JSON.parse(body) as JsonObject;
      if (kind === 'intent') this.#writer.begin(seq, intentColumns(said));
      else if (kind === 'outcome') this.#writer.end(seq, String(id), outcomeColumns(said));
      this.#writer.append({ seq, kind, executionId: id, body, hash, mac: new Uint8Array() });
    } catch (error) {
      throw new SkillError(
        'AUDIT_BROKEN',
        `The export cannot be imported: entry ${seq} is refused.`,
        { cause: error },
      );
    }
  }

  finish(): void {
    this.#db.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)');
    this.#db.close();
  }

  /** Gives the finished database its name. */
  publish(path: string): void {
    renameSync(this.file, path);
  }

  discard(): void {
    if (this.#db.isOpen) this.#db.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(this.file + suffix, { force: true });
  }
}
