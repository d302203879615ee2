/** Bytes that arrive in pieces, kept in one buffer: a million pieces of one byte cost no more than one of a million. */
const FIRST_CAPACITY = 1024;

export class GrowingBytes {
  #buffer = new Uint8Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** @param expected Length in the end, where it is known: room is made for that, once no more than as much is missing. */
  append(bytes: Uint8Array, expected = 0): void {
    const length = this.#length + bytes.length;
    if (length > this.#buffer.length) {
      const near = expected >= length && expected <= 2 * length;
      const room = near ? expected : Math.max(length, 2 * this.#buffer.length, FIRST_CAPACITY);
      const grown = new Uint8Array(room);
      grown.set(this.view());
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = length;
  }

  /** The bytes so far, uncopied: valid until the next `append`. */
  view(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** The bytes in a buffer of their own size. */
  copy(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }
}
