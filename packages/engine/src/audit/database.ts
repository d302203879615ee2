import { DatabaseSync } from 'node:sqlite';
import type { SkillError } from '../errors.ts';
import { Anchor, type Head } from './anchor.ts';
import { chainKey } from './chain.ts';
import { type Conditions, conditionsOf } from './conditions.ts';
import type { ChainEntry } from './export-format.ts';
import { encodeOutcome, interruptedOutcome } from './entry.ts';
import type { Entry } from './entry.ts';
import { FileGuard } from './file-guard.ts';
import { loadSecrets } from './files.ts';
import type { Selection } from './filter.ts';
import { assertStillThere, assertUntouched, touched } from './open-check.ts';
import { openReadOnly, type OpenedDatabase } from './open-read-only.ts';
import type { Stored } from './page.ts';
import { prunePiece } from './prune.ts';
import { type Pruned, type Retention, retentionTarget } from './retention.ts';
import { CHAIN_VERSION, checkVersion, EXECUTIONS_VERSION, migrate } from './schema.ts';
import { executionView } from './schema-executions.ts';
import { SchemaGuard } from './schema-guard.ts';
import { signerOf } from './signing.ts';
import { gatherStats, type AuditStats } from './stats.ts';
import { sqliteCode } from '../sqlite-code.ts';
import { unavailable } from './unavailable.ts';
import { isDead, ownIdentity } from './writer-identity.ts';
import type { WriterIdentity } from './writer-identity.ts';
import { ChainWriter } from './writer.ts';

const BUSY = 5;

/** What survives: the end of the process, or of the machine's power too. */
export type Durability = 'process' | 'power';

export interface DatabaseOptions {
  /** How long to wait for another process's lock, in milliseconds. */
  readonly busyTimeoutMs: number;
  /** `read` never writes, and needs no secret. */
  readonly mode: 'read' | 'write';
  /** Default `power`. */
  readonly durability?: Durability | undefined;
}

/** What a writer has besides the database. */
interface Powers extends Disposable {
  readonly chain: ChainWriter;
  readonly anchor: Anchor;
  readonly files: FileGuard;
  /** Of the entries' codes. */
  readonly key: Uint8Array;
}

/** The blocking half of the SQLite store. It belongs on a thread of its own. */
export class AuditDatabase implements Disposable {
  readonly #db: DatabaseSync;
  readonly #schema: SchemaGuard;
  readonly #close: () => void;
  readonly #durability: Durability;
  readonly #writing: Powers | undefined;
  /** The last end of the chain that this writer has seen: it must still be there. */
  #seen: Head | undefined;
  /** False for a store of an earlier version, which has no indices for what is asked. */
  #indexed = true;
  #made = false;

  static open(file: string, options: DatabaseOptions): AuditDatabase {
    // Several processes that turn a new file into WAL mode at once get "busy" without SQLite waiting for them.
    const deadline = Date.now() + options.busyTimeoutMs;
    for (;;) {
      try {
        return new AuditDatabase(file, options);
      } catch (error) {
        if (sqliteCode(error) !== BUSY || Date.now() > deadline) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
      }
    }
  }

  private constructor(file: string, { busyTimeoutMs, mode, durability }: DatabaseOptions) {
    this.#durability = durability ?? 'power';
    const { db, close } =
      mode === 'read' ? openReadOnly(file, busyTimeoutMs) : openToWrite(file, busyTimeoutMs);
    this.#db = db;
    this.#schema = new SchemaGuard(db);
    this.#close = close;
    try {
      this.#db.exec('PRAGMA trusted_schema = OFF');
      if (mode === 'write') this.#writing = this.#openForWriting(file);
      else this.#look();
    } catch (error) {
      close();
      throw error;
    }
  }

  /** Whether there are tables to read. Another process makes the file before it makes them. */
  get isMade(): boolean {
    return this.#made || this.#look();
  }

  #look(): boolean {
    const version = checkVersion(this.#db);
    if (version === 0) return false;
    if (version < EXECUTIONS_VERSION) {
      executionView(this.#db, version);
      this.#indexed = false;
    }
    return (this.#made = true);
  }

  #openForWriting(file: string): Powers {
    const version = checkVersion(this.#db);
    const synchronous = this.#durability === 'power' ? 'FULL' : 'NORMAL';
    this.#db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`);
    const secrets = loadSecrets(file);
    const key = chainKey(secrets.key);
    migrate(this.#db, key);
    this.#schema.check();
    const chain = new ChainWriter(this.#db, key, signerOf(secrets.signing));
    const anchor = new Anchor(`${file}.head`, key, 'write');
    try {
      // A store of before there was a chain has no anchor; nor has a new one.
      const first = (): void =>
        this.#transaction(() => {
          const head = chain.begin();
          if (anchor.read() !== undefined) return;
          if (version >= CHAIN_VERSION && head.seq > 0)
            throw touched(`${file}.head is missing or empty`);
          anchor.write(head, true);
        });
      if (anchor.read() === undefined) first();
      assertUntouched(this.#db, key, anchor, file);
    } catch (error) {
      anchor[Symbol.dispose]();
      throw error;
    }
    const files = new FileGuard(file);
    files.check();
    return { chain, anchor, files, key, [Symbol.dispose]: () => anchor[Symbol.dispose]() };
  }

  /**
   * Writes entries in order under one commit and one sync. When it returns they are durable, except those
   * whose place in the result holds an error: a repeated id, or an outcome without an open intent.
   *
   * @throws SkillError AUDIT_UNAVAILABLE: none of them was written
   */
  append(entries: readonly Entry[]): (SkillError | undefined)[] {
    try {
      return this.#extend((chain) => {
        const results = entries.map((entry) => chain.write(entry));
        chain.checkpointIfDue();
        return results;
      });
    } catch (error) {
      throw unavailable('written', error);
    }
  }

  /** Ends the intents whose writers are dead. Takes no lock when there are none. */
  markInterrupted(own: WriterIdentity = ownIdentity()): number {
    if (this.#orphans(own).length === 0) return 0;
    return this.#extend((chain) => {
      const orphans = this.#orphans(own);
      for (const id of orphans) chain.write(encodeOutcome(interruptedOutcome(id)));
      return orphans.length;
    });
  }

  /** Signs the chain so far. */
  checkpoint(): boolean {
    return this.#extend((chain) => chain.checkpoint());
  }

  /** How far the retention reaches, as it is now. */
  retentionTarget(retention: Retention): Pruned | undefined {
    return retentionTarget(this.#db, retention);
  }

  /** Removes a piece of what goes, behind a signed summary; undefined when all up to `target` is gone. */
  prunePiece(target: number): Pruned | undefined {
    return this.#extend((chain) => prunePiece(this.#db, chain, target));
  }

  /** Gives what was freed back to the disk, by writing the database anew; others wait meanwhile. */
  vacuum(): undefined {
    this.#db.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE)');
  }

  stats(selection: Selection): AuditStats {
    return gatherStats(this.#db, selection, this.#indexed);
  }

  /** Entries of the chain behind a sequence number, oldest first. */
  entries(after: number, most: number): ChainEntry[] {
    const rows = this.#db
      .prepare(
        'SELECT seq, kind, execution_id, lower(hex(hash)) AS hash, body FROM entry WHERE seq > ? ORDER BY seq LIMIT ?',
      )
      .all(after, most);
    return rows as unknown as ChainEntry[];
  }

  /** The last summary of removed entries, as its body; undefined where none were removed. */
  lastPrune(): string | undefined {
    const row = this.#db
      .prepare("SELECT body FROM entry WHERE kind = 'prune' ORDER BY seq DESC LIMIT 1")
      .get();
    return (row as { body: string } | undefined)?.body;
  }

  /** In the order of the selection; one more than `limit` when there is a further page. */
  query(selection: Selection): Stored[] {
    const conditions = conditionsOf(this.#db, selection, this.#indexed);
    return this.#select(conditions, selection.limit + 1, selection.order);
  }

  /** Executions whose id is, or begins with, the text; the exact one alone if it exists. */
  find(idOrPrefix: string, most: number): Stored[] {
    const from = 'FROM execution x';
    const exact = { from, where: 'x.execution_id = ?', values: [idOrPrefix] };
    const found = this.#select(exact, 1);
    if (found.length > 0) return found;
    // "~" sorts after every character of an id.
    const where = 'x.execution_id > ? AND x.execution_id < ?';
    return this.#select({ from, where, values: [idOrPrefix, `${idOrPrefix}~`] }, most);
  }

  [Symbol.dispose](): void {
    try {
      if (this.#writing) {
        const head = this.#writing.chain.head();
        this.#settle(head, true);
        this.#writing[Symbol.dispose]();
      }
    } finally {
      this.#close();
    }
  }

  #select(
    { from, where, values }: Conditions,
    limit: number,
    order: Selection['order'] = 'newest',
  ): Stored[] {
    // Of executions first, and only then of the bodies: whatever SQLite thinks of their numbers.
    const rows = this.#db
      .prepare(
        `SELECT x.seq AS seq, i.body AS intent, o.body AS outcome
         ${from} CROSS JOIN entry i ON i.seq = x.seq LEFT JOIN entry o ON o.seq = x.ended
         WHERE ${where} ORDER BY x.seq ${order === 'newest' ? 'DESC' : 'ASC'} LIMIT ?`,
      )
      .all(...values, limit);
    const isOver = judgeWriters();
    return (rows as unknown as Stored[]).map((row) =>
      row.outcome === null && isOver(row.intent) ? this.#ended(row) : row,
    );
  }

  /** As the next opening will record it, unless the writer did so itself before it ended. */
  #ended(row: Stored): Stored {
    const { execution_id: id } = JSON.parse(row.intent) as { execution_id: string };
    const found = this.#db
      .prepare(
        'SELECT o.body AS body FROM execution x JOIN entry o ON o.seq = x.ended WHERE x.execution_id = ?',
      )
      .get(id) as { body: string } | undefined;
    return { ...row, outcome: found?.body ?? encodeOutcome(interruptedOutcome(id)).body };
  }

  #orphans(own: WriterIdentity): string[] {
    const rows = this.#db
      .prepare(
        `SELECT x.execution_id AS id, e.body AS body FROM execution x INDEXED BY execution_by_status
         CROSS JOIN entry e ON e.seq = x.seq WHERE x.status IS NULL`,
      )
      .all() as { id: string; body: string }[];
    const isOver = judgeWriters(own);
    return rows.filter(({ body }) => isOver(body)).map(({ id }) => id);
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

  /** One transaction that lengthens the chain; then the anchor follows. */
  #extend<T>(work: (chain: ChainWriter) => T): T {
    const writing = this.#writing;
    if (!writing) throw new Error('the database is open for reading only');
    const { chain } = writing;
    let signed = false;
    const result = this.#transaction(() => {
      writing.files.check();
      this.#schema.check();
      const before = chain.begin();
      // Or the cut would be covered by what comes now.
      if (this.#seen) assertStillThere(this.#db, writing.key, this.#seen, before);
      const done = work(chain);
      signed = chain.end.seq > before.seq && chain.endsSigned;
      return done;
    });
    const head = chain.end;
    this.#seen = head;
    if (this.#durability === 'power') this.#anchor(writing, head);
    else if (signed) this.#settle(head, false);
    return result;
  }

  /** Another process may have gone further meanwhile and have written its anchor before: the furthest counts. */
  #anchor({ anchor, chain }: Powers, reached: Head): void {
    let head = reached;
    for (let tries = 0; tries < 5; tries += 1) {
      anchor.write(head, false);
      const now = chain.head();
      if (now.seq <= head.seq) return;
      head = now;
    }
  }

  /** The anchor must never be ahead of what is on the disk: after a power failure that would look like a cut. */
  #settle(head: Head, sync: boolean): void {
    if (this.#durability === 'process') this.#db.exec('PRAGMA wal_checkpoint(PASSIVE)');
    this.#writing?.anchor.write(head, sync);
  }
}

function openToWrite(file: string, timeout: number): OpenedDatabase {
  const db = new DatabaseSync(file, { timeout });
  return { db, close: () => db.close() };
}

/** Whether the writer of an intent is dead, each writer looked at once. */
function judgeWriters(own: WriterIdentity = ownIdentity()): (intent: string) => boolean {
  const verdicts = new Map<string, boolean>();
  return (intent) => {
    const { writer } = JSON.parse(intent) as { writer: WriterIdentity };
    const key = JSON.stringify(writer);
    const dead = verdicts.get(key) ?? isDead(writer, own);
    verdicts.set(key, dead);
    return dead;
  };
}
