/** Bytes that a guest wrote to a stream of a file, on their way to the broker. */
import { offsetForWrite } from './filesystem-values.ts';
import { WRITE_BYTES } from './io.ts';
import type { HostSession } from './session.ts';

/** Room that a stream begins with. */
const FIRST_ROOM = 16 * 1024;

/**
 * `write` of wasi:io only takes bytes over, so that many small ones need no round trip each. What is held goes out
 * when it is 1 MiB, when the stream is flushed, and before the guest could notice that it has not gone: its next
 * request of any kind, its next look at a clock, a pause, the end of the invocation (`HostSession.defer`). So files hold
 * what they would hold if each write went out at once, in the same order.
 *
 * A failure is told by the stream's next operation, as streams.wit has it. Fuel is that of separate writes. What is
 * held when the time limit or a cancellation ends the isolate is lost.
 */
export class WriteBehind {
  readonly #session: HostSession;
  readonly #handle: number;
  #at: bigint | 'end';
  #room = new Uint8Array(0);
  #length = 0;
  /** Lengths of the writes that are held. */
  #pieces: number[] = [];
  #failure: string | undefined;

  /** @param start Offset of the first byte, or the end of the file, wherever that is by then. */
  constructor(session: HostSession, handle: number, start: bigint | 'end') {
    this.#session = session;
    this.#handle = handle;
    this.#at = start;
  }

  permit(): number {
    this.#assertSound();
    return WRITE_BYTES;
  }

  write(bytes: Uint8Array): void {
    this.#session.charge(bytes.length);
    if (this.#length + bytes.length > WRITE_BYTES) this.flush();
    this.#assertSound();
    if (bytes.length === 0) return;
    if (this.#length === 0) this.#session.defer(() => this.#send());
    this.#makeRoom(this.#length + bytes.length);
    this.#room.set(bytes, this.#length);
    this.#length += bytes.length;
    this.#pieces.push(bytes.length);
  }

  flush(): void {
    this.#session.settle();
    this.#assertSound();
  }

  #assertSound(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  #makeRoom(length: number): void {
    if (length <= this.#room.length) return;
    const room = new Uint8Array(
      Math.min(WRITE_BYTES, Math.max(length, 4 * this.#room.length, FIRST_ROOM)),
    );
    room.set(this.#room.subarray(0, this.#length));
    this.#room = room;
  }

  #send(): void {
    const bytes = this.#room.subarray(0, this.#length);
    const pieces = this.#pieces;
    this.#length = 0;
    this.#pieces = [];
    try {
      // What does not fit as a whole may have fitted in part, write by write.
      if (pieces.length === 1 || !this.#sentWhole(bytes)) {
        let at = 0;
        for (const length of pieces) this.#sendAll(bytes.subarray(at, (at += length)));
      }
    } catch (thrown) {
      // An exception of ours, as of a full stack, ends the guest here and now.
      if (typeof thrown !== 'string') throw thrown;
      this.#failure = thrown;
    }
  }

  /** False when nothing was written, for lack of `disk`. */
  #sentWhole(bytes: Uint8Array): boolean {
    let count: number;
    try {
      count = this.#sendSome(bytes);
    } catch (thrown) {
      if (thrown === 'quota') return false;
      throw thrown;
    }
    this.#sendAll(bytes.subarray(count), count);
    return true;
  }

  #sendAll(bytes: Uint8Array, progress = 1): void {
    let left = bytes;
    let count = progress;
    while (left.length > 0) {
      if (count === 0) throw 'insufficient-space';
      count = this.#sendSome(left);
      left = left.subarray(count);
    }
  }

  #sendSome(bytes: Uint8Array): number {
    const at = this.#at;
    if (at === 'end') {
      return this.#session.askFree('fs.append', [this.#handle], bytes).value as number;
    }
    const args = [this.#handle, offsetForWrite(at)];
    const count = this.#session.askFree('fs.write', args, bytes).value as number;
    this.#at = at + BigInt(count);
    return count;
  }
}
