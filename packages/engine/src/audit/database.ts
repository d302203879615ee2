import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, StatementSync } from 'node:sqlite';
import type { SkillError } from '../errors.ts';
import { encodeOutcome, interruptedOutcome, noOpenIntent, repeatedIntent } from './entry.ts';
import type { Entry } from './entry.ts';
import type { Selection } from './filter.ts';
import type { Stored } from './page.ts';
import { checkVersion, migrate } from './schema.ts';
import { sqliteCode, unavailable } from './unavailable.ts';
import { isDead, ownIdentity } from './writer-identity.ts';
import type { WriterIdentity } from './writer-identity.ts';

const BUSY = 5;
const CONSTRAINT = 19;

/** The blocking half of the SQLite store. It belongs on a thread of its own. */
export class AuditDatabase implements Disposable {
  readonly #db: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #startRunning: StatementSync;
  readonly #endRunning: StatementSync;

  /** @param busyTimeoutMs how long to wait for another process's lock, in milliseconds */
  static open(file: string, busyTimeoutMs: number, mode: 'read' | 'write'): AuditDatabase {
    // Several processes that turn a new file into WAL mode at once get "busy" without SQLite waiting for them.
    const deadline = Date.now() + busyTimeoutMs;
    for (;;) {
      try {
        return new AuditDatabase(file, busyTimeoutMs, mode);
      } catch (error) {
        if (sqliteCode(error) !== BUSY || Date.now() > deadline) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
      }
    }
  }

  private constructor(file: string, busyTimeoutMs: number, mode: 'read' | 'write') {
    this.#db = new DatabaseSync(file, { timeout: busyTimeoutMs, readOnly: mode === 'read' });
    try {
      this.#db.exec('PRAGMA trusted_schema = OFF');
      if (mode === 'write') {
        checkVersion(this.#db);
        this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
        migrate(this.#db);
      }
      this.#insert = this.#db.prepare(
        `INSERT INTO entry (kind, execution_id, timestamp_ms, skill, tool, user, status, body)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      );
      this.#startRunning = this.#db.prepare('INSERT INTO running (execution_id) VALUES (?)');
      this.#endRunning = this.#db.prepare('DELETE FROM running WHERE execution_id = ?');
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /**
   * Writes entries in order under one commit and one sync. When it returns they are durable, except those
   * whose place in the result holds an error: a repeated id, or an outcome without an open intent.
   *
   * @throws SkillError AUDIT_UNAVAILABLE: none of them was written
   */
  append(entries: readonly Entry[]): (SkillError | undefined)[] {
    try {
      return this.#transaction(() => entries.map((entry) => this.#write(entry)));
    } catch (error) {
      throw unavailable('written', error);
    }
  }

  /** Ends the intents whose writers are dead. Takes no lock when there are none. */
  markInterrupted(own: WriterIdentity = ownIdentity()): number {
    if (this.#orphans(own).length === 0) return 0;
    return this.#transaction(() => {
      const orphans = this.#orphans(own);
      for (const id of orphans) this.#write(encodeOutcome(interruptedOutcome(id)));
      return orphans.length;
    });
  }

  /** Newest first; one more than `limit` when there is a further page. */
  query(selection: Selection): Stored[] {
    const conditions = ["i.kind = 'intent'"];
    const values: SQLInputValue[] = [];
    const add = (condition: string, value: string | number | undefined): void => {
      if (value === undefined) return;
      conditions.push(condition);
      values.push(value);
    };
    add('i.seq < ?', selection.before);
    add('i.skill = ?', selection.skill);
    add('i.tool = ?', selection.tool);
    add('i.user = ?', selection.user);
    add('i.timestamp_ms >= ?', selection.since);
    add('i.timestamp_ms < ?', selection.until);
    if (selection.status === 'running') {
      conditions.push('i.execution_id IN (SELECT execution_id FROM running)');
    } else {
      add('o.status = ?', selection.status);
    }
    return this.#select(conditions.join(' AND '), values, selection.limit + 1);
  }

  /** Executions whose id is, or begins with, the text; the exact one alone if it exists. */
  find(idOrPrefix: string, most: number): Stored[] {
    const exact = this.#select("i.kind = 'intent' AND i.execution_id = ?", [idOrPrefix], 1);
    if (exact.length > 0) return exact;
    // "~" sorts after every character of an id.
    return this.#select(
      "i.kind = 'intent' AND i.execution_id > ? AND i.execution_id < ?",
      [idOrPrefix, `${idOrPrefix}~`],
      most,
    );
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  #select(where: string, values: readonly SQLInputValue[], limit: number): Stored[] {
    const rows = this.#db
      .prepare(
        `SELECT i.seq AS seq, i.body AS intent, o.body AS outcome
         FROM entry i LEFT JOIN entry o ON o.execution_id = i.execution_id AND o.kind = 'outcome'
         WHERE ${where} ORDER BY i.seq DESC LIMIT ?`,
      )
      .all(...values, limit);
    return rows as unknown as Stored[];
  }

  #orphans(own: WriterIdentity): string[] {
    const rows = this.#db
      .prepare(
        `SELECT r.execution_id AS id, e.body AS body FROM running r
         JOIN entry e ON e.execution_id = r.execution_id AND e.kind = 'intent'`,
      )
      .all() as { id: string; body: string }[];
    const verdicts = new Map<string, boolean>();
    return rows
      .filter(({ body }) => {
        const { writer } = JSON.parse(body) as { writer: WriterIdentity };
        const key = JSON.stringify(writer);
        const dead = verdicts.get(key) ?? isDead(writer, own);
        verdicts.set(key, dead);
        return dead;
      })
      .map(({ id }) => id);
  }

  #transaction<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      // SQLite has rolled back by itself after some errors, a full disk among them.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  #write(entry: Entry): SkillError | undefined {
    const id = entry.executionId;
    if (entry.kind === 'outcome') {
      if (this.#endRunning.run(id).changes === 0) return noOpenIntent(id);
      this.#insert.run('outcome', id, null, null, null, null, entry.status, entry.body);
      return undefined;
    }
    try {
      this.#insert.run(
        'intent',
        id,
        entry.timestampMs,
        entry.skill,
        entry.tool,
        entry.user,
        null,
        entry.body,
      );
    } catch (error) {
      if (sqliteCode(error) === CONSTRAINT) return repeatedIntent(id);
      throw error;
    }
    this.#startRunning.run(id);
    return undefined;
  }
}
