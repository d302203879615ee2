/** What a guest reads of one stream, scrubbed: bytes may come later than they arrived, and never in parts of a value. */
import { type Scrubber, StreamScrubber } from './scrub.ts';

const NOTHING = new Uint8Array(0);
const ALL_THERE_IS = 64 * 1024;

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

/**
 * The same for connections that no value ever goes into. Nothing is held back: their protocols may wait for an answer
 * to the last byte. A value is found where it has arrived in one piece, however few bytes the guest asks for.
 */
export class PromptReader {
  readonly #scrubber: Scrubber;
  #clean: Uint8Array = NOTHING;

  constructor(scrubber: Scrubber) {
    this.#scrubber = scrubber;
  }

  get pending(): boolean {
    return this.#clean.length > 0;
  }

  read(length: number, pull: (length: number) => Uint8Array | 'end'): Uint8Array | 'end' {
    if (this.#clean.length === 0) {
      const chunk = pull(ALL_THERE_IS);
      if (chunk === 'end' || chunk.length === 0) return chunk;
      this.#clean = this.#scrubber.mask(chunk);
    }
    const given = this.#clean.slice(0, length);
    this.#clean = this.#clean.subarray(length);
    return given;
  }
}
