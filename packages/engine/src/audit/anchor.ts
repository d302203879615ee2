/**
 * Where the chain ended last, in a file of its own: what was cut off the end of the database, or a database that was put in
 * its place, does not reach that far.
 */
import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { authenticate, isAuthentic } from './chain.ts';
import { checkFile } from './files.ts';

export interface Head {
  /** Of the last entry; 0 where there is none. */
  readonly seq: number;
  readonly hash: Buffer;
}

/** Two places, written in turn: a write that a power failure tears leaves the other. */
const SLOT_BYTES = 128;

export class Anchor implements Disposable {
  readonly #file: number;
  readonly #key: Uint8Array;
  #slot = 0;

  /** @param mode `read` for a store that is only looked at. */
  constructor(path: string, key: Uint8Array, mode: 'read' | 'write') {
    const access = mode === 'write' ? constants.O_RDWR | constants.O_CREAT : constants.O_RDONLY;
    this.#file = openSync(path, access | (constants.O_NOFOLLOW ?? 0), 0o600);
    this.#key = key;
    checkFile(path, fstatSync(this.#file));
  }

  /** The furthest head that was written; undefined where there never was one, `damaged` where none is authentic. */
  read(): Head | undefined | 'damaged' {
    const bytes = Buffer.alloc(2 * SLOT_BYTES);
    if (readSync(this.#file, bytes, 0, bytes.length, 0) === 0) return undefined;
    const heads = [0, 1].flatMap((slot) => {
      const head = this.#parse(
        bytes.toString('latin1', slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES),
      );
      return head ? [head] : [];
    });
    return heads.sort((a, b) => b.seq - a.seq)[0] ?? 'damaged';
  }

  /** Only after the entry is durable: an anchor ahead of its database is what a cut-off one looks like. */
  write({ seq, hash }: Head, sync: boolean): void {
    const said = `${seq} ${hash.toString('hex')}`;
    const mac = authenticate(this.#key, Buffer.from(said)).toString('base64url');
    const line = `${said} ${mac}`.padEnd(SLOT_BYTES - 1);
    this.#slot = 1 - this.#slot;
    writeSync(this.#file, `${line}\n`, this.#slot * SLOT_BYTES, 'latin1');
    if (sync) fdatasyncSync(this.#file);
  }

  #parse(line: string): Head | undefined {
    const [seq = '', hash = '', mac = ''] = line.trimEnd().split(' ');
    const said = Buffer.from(`${seq} ${hash}`);
    if (!isAuthentic(this.#key, said, Buffer.from(mac, 'base64url'))) return undefined;
    return { seq: Number(seq), hash: Buffer.from(hash, 'hex') };
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}
