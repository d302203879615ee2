/** The end of the chain in the database: entries are linked on here, whoever writes. Belongs in a transaction. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { SkillError } from '../errors.ts';
import { CHECKPOINT_ENTRIES, CHECKPOINT_MS, checkpointBody } from './checkpoint.ts';
import type { Head } from './anchor.ts';
import { type ChainKind, GENESIS, link } from './chain.ts';
import { type Entry, noOpenIntent, repeatedIntent } from './entry.ts';
import type { Signer } from './signing.ts';
import { sqliteCode } from './unavailable.ts';

const CONSTRAINT = 19;

interface Columns {
  readonly timestampMs?: number;
  readonly skill?: string;
  readonly tool?: string;
  readonly user?: string | null;
  readonly status?: string;
  readonly durationMs?: number | null;
  readonly fuelUsed?: number | null;
  readonly denials?: number;
}

export class ChainWriter {
  readonly #key: Uint8Array;
  readonly #signer: Signer;
  readonly #insert: StatementSync;
  readonly #head: StatementSync;
  readonly #lastCheckpoint: StatementSync;
  readonly #startRunning: StatementSync;
  readonly #endRunning: StatementSync;

  constructor(db: DatabaseSync, key: Uint8Array, signer: Signer) {
    this.#key = key;
    this.#signer = signer;
    this.#insert = db.prepare(
      `INSERT INTO entry (seq, kind, execution_id, timestamp_ms, skill, tool, user, status, body, hash, mac,
         duration_ms, fuel_used, denials)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#head = db.prepare('SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1');
    this.#lastCheckpoint = db.prepare(
      `SELECT seq, timestamp_ms FROM entry WHERE kind = 'checkpoint' ORDER BY seq DESC LIMIT 1`,
    );
    this.#startRunning = db.prepare('INSERT INTO running (execution_id) VALUES (?)');
    this.#endRunning = db.prepare('DELETE FROM running WHERE execution_id = ?');
  }

  /** The last entry. */
  head(): Head {
    const row = this.#head.get() as { seq: number; hash: Uint8Array } | undefined;
    return row ? { seq: row.seq, hash: Buffer.from(row.hash) } : { seq: 0, hash: GENESIS };
  }

  /** An intent or an outcome; what it returns was not written, and harms nothing beside it. */
  write(entry: Entry): SkillError | undefined {
    const id = entry.executionId;
    if (entry.kind === 'outcome') {
      if (this.#endRunning.run(id).changes === 0) return noOpenIntent(id);
      this.#append('outcome', id, entry.body, entry);
      return undefined;
    }
    try {
      this.#append('intent', id, entry.body, entry);
    } catch (error) {
      if (sqliteCode(error) === CONSTRAINT) return repeatedIntent(id);
      throw error;
    }
    this.#startRunning.run(id);
    return undefined;
  }

  /** A signed statement about the chain so far. */
  state(kind: 'checkpoint' | 'prune', body: string): void {
    this.#append(kind, null, body, { timestampMs: Date.now() });
  }

  /** Signs the chain so far, if so many entries or so much time have passed since that was last done. */
  checkpointIfDue(now = Date.now()): boolean {
    const { seq } = this.head();
    const last = this.#lastCheckpoint.get() as { seq: number; timestamp_ms: number } | undefined;
    const entries = seq - (last?.seq ?? 0);
    // A clock that jumps back is no reason to wait for it.
    const passed = Math.abs(now - (last?.timestamp_ms ?? now));
    if (entries < CHECKPOINT_ENTRIES && passed < CHECKPOINT_MS) return false;
    return this.checkpoint();
  }

  /** False where nothing has come since the last one. */
  checkpoint(): boolean {
    const head = this.head();
    const last = this.#lastCheckpoint.get() as { seq: number } | undefined;
    if (head.seq === (last?.seq ?? 0)) return false;
    this.state('checkpoint', checkpointBody(head, this.#signer));
    return true;
  }

  endsWithStatement(): boolean {
    const { seq } = this.head();
    const last = this.#lastCheckpoint.get() as { seq: number } | undefined;
    return last?.seq === seq;
  }

  sign(...statement: Parameters<Signer['sign']>): ReturnType<Signer['sign']> {
    return this.#signer.sign(...statement);
  }

  #append(kind: ChainKind, executionId: string | null, body: string, columns: Columns): void {
    const head = this.head();
    const seq = head.seq + 1;
    const { hash, mac } = link(this.#key, head.hash, { seq, kind, executionId, body });
    const { timestampMs = null, skill = null, tool = null, user = null, status = null } = columns;
    const { durationMs = null, fuelUsed = null, denials = null } = columns;
    this.#insert.run(
      seq,
      kind,
      executionId,
      timestampMs,
      skill,
      tool,
      user,
      status,
      body,
      hash,
      mac,
      durationMs,
      fuelUsed,
      denials,
    );
  }
}
