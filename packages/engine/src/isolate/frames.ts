/** The supervisor's end of the wire: reassembles frames from the chunks of a socket. */
import { GrowingBytes } from './bytes.ts';
import { decodeBody, ISOLATE_FRAME_BYTES, type Frame } from './wire.ts';

const LENGTH_BYTES = 4;

export class FrameReader {
  /** The beginning of a frame whose end has not arrived; only what arrived is kept, whatever length it claims. */
  #partial = new GrowingBytes();

  /** Feeds a chunk, hands out every frame that is complete; throws when the sender breaks the framing. */
  *push(chunk: Uint8Array): Generator<Frame> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#partial.length === 0) {
        const end = endOf(rest);
        if (end > rest.length) {
          this.#partial.append(rest, end);
          return;
        }
        yield decodeBody(rest.subarray(LENGTH_BYTES, end));
        rest = rest.subarray(end);
        continue;
      }
      const end = endOf(this.#partial.view());
      const missing = end - this.#partial.length;
      this.#partial.append(rest.subarray(0, missing), end);
      rest = rest.subarray(missing);
      const bytes = this.#partial.view();
      if (bytes.length < endOf(bytes)) continue;
      this.#partial = new GrowingBytes();
      yield decodeBody(bytes.subarray(LENGTH_BYTES));
    }
  }
}

/** Where the frame at the front ends; where its length ends, while that has not arrived. */
function endOf(bytes: Uint8Array): number {
  if (bytes.length < LENGTH_BYTES) return LENGTH_BYTES;
  const length = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getUint32(0, true);
  if (length > ISOLATE_FRAME_BYTES) {
    throw new RangeError(`frame of ${length} bytes; at most ${ISOLATE_FRAME_BYTES} are allowed`);
  }
  return LENGTH_BYTES + length;
}
