/** The end of the chain of a JSON-lines store: what is written next, linked on, without yet being written. */
import type { Head } from './anchor.ts';
import { type ChainKind, link } from './chain.ts';
import { CHECKPOINT_ENTRIES, CHECKPOINT_MS, checkpointBody } from './checkpoint.ts';
import { entryText } from './lines-format.ts';
import type { Place } from './lines-index.ts';
import type { Signer } from './signing.ts';

/** The last checkpoint; seq 0 where there is none. */
export interface LastCheckpoint {
  readonly seq: number;
  readonly timestampMs: number;
}

export interface NewEntry {
  readonly seq: number;
  readonly kind: ChainKind;
  readonly body: string;
  readonly place: Place;
}

/** Entries that are to be written together. */
export class Extension {
  readonly entries: NewEntry[] = [];
  readonly #lines: string[] = [];
  readonly #key: Uint8Array;
  readonly #file: Place['file'];
  #size: number;
  #head: Head;
  #checkpoint: LastCheckpoint;

  constructor(
    key: Uint8Array,
    file: Place['file'] & { readonly size: number },
    head: Head,
    checkpoint: LastCheckpoint,
  ) {
    this.#key = key;
    this.#file = file;
    this.#size = file.size;
    this.#head = head;
    this.#checkpoint = checkpoint;
  }

  get head(): Head {
    return this.#head;
  }

  get checkpoint(): LastCheckpoint {
    return this.#checkpoint;
  }

  get lines(): Buffer {
    return Buffer.from(this.#lines.join(''));
  }

  get endsWithCheckpoint(): boolean {
    return this.#checkpoint.seq === this.#head.seq;
  }

  add(kind: ChainKind, executionId: string | null, body: string): void {
    const seq = this.#head.seq + 1;
    const linked = { seq, kind, executionId, body };
    const linkage = link(this.#key, this.#head.hash, linked);
    const line = `${entryText(linked, linkage)}\n`;
    const length = Buffer.byteLength(line);
    this.#lines.push(line);
    this.entries.push({
      seq,
      kind,
      body,
      place: { file: this.#file, start: this.#size, length: length - 1 },
    });
    this.#size += length;
    this.#head = { seq, hash: linkage.hash };
  }

  /** False where nothing has come since the last one. */
  sign(signer: Signer, now = Date.now()): boolean {
    if (this.endsWithCheckpoint) return false;
    this.add('checkpoint', null, checkpointBody(this.#head, signer));
    this.#checkpoint = { seq: this.#head.seq, timestampMs: now };
    return true;
  }

  signIfDue(signer: Signer, now = Date.now()): void {
    // A clock that jumps back is no reason to wait for it.
    const passed = Math.abs(now - this.#checkpoint.timestampMs);
    const entries = this.#head.seq - this.#checkpoint.seq;
    if (entries >= CHECKPOINT_ENTRIES || passed >= CHECKPOINT_MS) this.sign(signer, now);
  }
}
