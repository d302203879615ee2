/** The supervisor's end of the wire: reassembles frames from the chunks of a socket. */
import { decodeBody, ISOLATE_FRAME_BYTES, type Frame } from './wire.ts';

export class FrameReader {
  #chunks: Uint8Array[] = [];
  #size = 0;

  /** Feeds a chunk, hands out every frame that is complete; throws when the sender breaks the framing. */
  *push(chunk: Uint8Array): Generator<Frame> {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    for (;;) {
      if (this.#size < 4) return;
      const head = this.#front(4);
      const length = new DataView(head.buffer, head.byteOffset, 4).getUint32(0, true);
      if (length > ISOLATE_FRAME_BYTES) {
        throw new RangeError(
          `frame of ${length} bytes; at most ${ISOLATE_FRAME_BYTES} are allowed`,
        );
      }
      if (this.#size < length + 4) return;
      const frame = this.#front(length + 4);
      this.#drop(length + 4);
      yield decodeBody(frame.subarray(4, length + 4));
    }
  }

  /** A view whose first `length` bytes are contiguous; joins chunks only where a frame spans them. */
  #front(length: number): Uint8Array {
    const first = this.#chunks[0]!;
    if (first.length >= length) return first;
    const joined = new Uint8Array(this.#size);
    let at = 0;
    for (const chunk of this.#chunks) {
      joined.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks = [joined];
    return joined;
  }

  #drop(length: number): void {
    const first = this.#chunks[0]!;
    this.#size -= length;
    if (first.length === length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(length);
  }
}
