/** The end of the chain in the database: entries are linked on here, whoever writes. Belongs in a transaction. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { SkillError } from '../errors.ts';
import { CHECKPOINT_ENTRIES, CHECKPOINT_MS, checkpointBody } from './checkpoint.ts';
import type { Head } from './anchor.ts';
import { type ChainKind, GENESIS, hashEntry, isAuthentic, link } from './chain.ts';
import { type Entry, noOpenIntent, repeatedIntent } from './entry.ts';
import { type EntryRow, RowWriter } from './row-writer.ts';
import type { Signer } from './signing.ts';
import { isRepeatedId } from './unavailable.ts';

export class ChainWriter {
  readonly #key: KeyObject;
  readonly #signer: Signer;
  readonly #rows: RowWriter;
  readonly #head: StatementSync;
  readonly #lastCheckpoint: StatementSync;
  /** Within a transaction nobody else moves them. */
  #at: Head = { seq: 0, hash: GENESIS };
  #signedTo = 0;
  #signed: { readonly seq: number; readonly ms?: number } | undefined;

  constructor(db: DatabaseSync, key: Uint8Array, signer: Signer) {
    this.#key = createSecretKey(key);
    this.#signer = signer;
    this.#rows = new RowWriter(db);
    this.#head = db.prepare('SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1');
    this.#lastCheckpoint = db.prepare(
      `SELECT seq, body FROM entry WHERE kind = 'checkpoint' ORDER BY seq DESC LIMIT 1`,
    );
  }

  /** Reads where the chain ends: to be called under the write lock, before anything is written. */
  begin(): Head {
    const now = this.head();
    // What is remembered is of before that end: others have written, or it was never committed.
    if (now.seq !== this.#at.seq || !now.hash.equals(this.#at.hash)) {
      this.#rows.reset();
      this.#signed = undefined;
    }
    this.#at = now;
    this.#signedTo = 0;
    return now;
  }

  /** The last entry that is in the database now. */
  head(): Head {
    const row = this.#head.get() as { seq: number; hash: Uint8Array } | undefined;
    return row ? { seq: row.seq, hash: Buffer.from(row.hash) } : { seq: 0, hash: GENESIS };
  }

  /** The last entry that was written in this transaction, or was there when it began. */
  get end(): Head {
    return this.#at;
  }

  /** The last entry is a checkpoint, written in this transaction. */
  get endsSigned(): boolean {
    return this.#signedTo === this.#at.seq;
  }

  /** An intent or an outcome; what it returns was not written, and harms nothing beside it. */
  write(entry: Entry): SkillError | undefined {
    const id = entry.executionId;
    if (entry.kind === 'outcome') {
      if (!this.#rows.end(this.#next, id, entry)) return noOpenIntent(id);
      this.#append('outcome', id, entry.body);
      return undefined;
    }
    try {
      this.#rows.begin(this.#next, entry);
    } catch (error) {
      if (isRepeatedId(error)) return repeatedIntent(id);
      throw error;
    }
    this.#append('intent', id, entry.body);
    return undefined;
  }

  /** A signed statement about the chain so far. */
  state(kind: 'checkpoint' | 'prune', body: string): void {
    this.#append(kind, null, body);
    if (kind !== 'checkpoint') return;
    this.#signedTo = this.#at.seq;
    this.#signed = undefined;
  }

  /** Signs the chain so far, if so many entries or so much time have passed since that was last done. */
  checkpointIfDue(now = Date.now()): boolean {
    const last = this.#lastSigned();
    const entries = this.#at.seq - last.seq;
    // A clock that jumps back is no reason to wait for it.
    const passed = Math.abs(now - (last.ms ?? now));
    if (entries < CHECKPOINT_ENTRIES && passed < CHECKPOINT_MS) return false;
    return this.checkpoint();
  }

  /** False where nothing has come since the last one. */
  checkpoint(): boolean {
    if (this.#at.seq === this.#lastSigned().seq) return false;
    this.state('checkpoint', checkpointBody(this.#at, this.#signer));
    return true;
  }

  sign(...statement: Parameters<Signer['sign']>): ReturnType<Signer['sign']> {
    return this.#signer.sign(...statement);
  }

  #lastSigned(): { readonly seq: number; readonly ms?: number } {
    if (this.#signed) return this.#signed;
    const row = this.#lastCheckpoint.get() as { seq: number; body: string } | undefined;
    const last = row && (JSON.parse(row.body) as { timestamp: string });
    this.#signed = row && last ? { seq: row.seq, ms: Date.parse(last.timestamp) } : { seq: 0 };
    return this.#signed;
  }

  /** The hash of an entry that this store wrote behind the one with that hash; undefined for any other. */
  follows(previous: Uint8Array, row: EntryRow): Buffer | undefined {
    const hash = hashEntry(previous, { ...row, kind: row.kind as ChainKind });
    return hash.equals(row.hash) && isAuthentic(this.#key, hash, row.mac) ? hash : undefined;
  }

  get #next(): number {
    return this.#at.seq + 1;
  }

  #append(kind: ChainKind, executionId: string | null, body: string): void {
    const seq = this.#next;
    const { hash, mac } = link(this.#key, this.#at.hash, { seq, kind, executionId, body });
    this.#rows.append({ seq, kind, executionId, body, hash, mac });
    this.#at = { seq, hash };
  }
}
