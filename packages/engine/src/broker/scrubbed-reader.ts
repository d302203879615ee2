/** What a guest reads of one stream, scrubbed: bytes may come later than they arrived, and never in parts of a value. */
import { type Scrubber, StreamScrubber } from './scrub.ts';

const NOTHING = new Uint8Array(0);

export class ScrubbedReader {
  readonly #scrubber: StreamScrubber;
  #clean: Uint8Array = NOTHING;
  #ended = false;

  constructor(scrubber: Scrubber) {
    this.#scrubber = new StreamScrubber(scrubber);
  }

  /** Whether bytes are there that were not read yet. */
  get pending(): boolean {
    return this.#clean.length > 0;
  }

  /** The first bytes, which come along with something else, as a whole. */
  opening(chunk: Uint8Array, ended: boolean): Uint8Array {
    const clean = this.#scrubber.push(chunk);
    if (!ended) return clean;
    this.#ended = true;
    return new Uint8Array(Buffer.concat([clean, this.#scrubber.flush()]));
  }

  read(length: number, pull: (length: number) => Uint8Array | 'end'): Uint8Array | 'end' {
    while (this.#clean.length === 0) {
      if (this.#ended) return 'end';
      const chunk = pull(length);
      if (chunk === 'end') {
        this.#ended = true;
        this.#clean = this.#scrubber.flush();
      } else if (chunk.length === 0) return NOTHING;
      else this.#clean = this.#scrubber.push(chunk);
    }
    const given = this.#clean.slice(0, length);
    this.#clean = this.#clean.subarray(length);
    return given;
  }
}
