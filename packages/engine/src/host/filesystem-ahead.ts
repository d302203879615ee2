/** Bytes of a file that came before they were asked for: with opening it, or behind an earlier read. */
import type { HostSession } from './session.ts';

/** How much longer a read becomes than the one that it goes on from. */
const GROWTH = 4;

export interface ReadResult {
  readonly bytes: Uint8Array;
  /** Whether the file ends within or right behind the bytes. */
  readonly end: boolean;
}

interface Kept {
  readonly handle: number;
  readonly start: number;
  readonly bytes: Uint8Array;
  readonly end: boolean;
  readonly moment: number;
}

/**
 * One stretch of one file, so that reads of small or of consecutive pieces need no round trip each. It counts only as
 * long as the guest has asked nothing else and looked at no clock since (`HostSession.moment`): until then a guest
 * cannot know whether a read happened now or when the bytes came, so what it reads is what the file held at one of
 * its own moments, in order.
 */
export class ReadAhead {
  readonly #session: HostSession;
  readonly #longest: number;
  #kept: Kept | undefined;

  /** @param longest Bytes of one read at most. */
  constructor(session: HostSession, longest: number) {
    this.#session = session;
    this.#longest = longest;
  }

  /** Keeps the beginning of a file that was just opened. */
  keep(handle: number, bytes: Uint8Array, end: boolean): void {
    this.#kept = { handle, start: 0, bytes, end, moment: this.#session.moment };
  }

  read(handle: number, length: number, from: number): ReadResult {
    const session = this.#session;
    const known = this.#take(handle, length, from);
    if (known) {
      session.enter();
      session.carry(known.bytes.length);
      return known;
    }
    const wanted = this.#stretch(handle, length, from);
    const { value, bytes } = session.askUncharged('fs.read', [handle, wanted, from]);
    this.#kept = { handle, start: from, bytes, end: value as boolean, moment: session.moment };
    const result = this.#take(handle, length, from)!;
    session.carry(result.bytes.length);
    return result;
  }

  #take(handle: number, length: number, from: number): ReadResult | undefined {
    const kept = this.#kept;
    if (kept?.handle !== handle || kept.moment !== this.#session.moment) return undefined;
    const offset = from - kept.start;
    const left = kept.bytes.length - offset;
    if (offset < 0 || (left < length && !kept.end)) return undefined;
    const bytes = kept.bytes.subarray(offset, offset + length);
    return { bytes, end: bytes.length < length };
  }

  /** A read that goes on exactly where the last one ended is one of many. */
  #stretch(handle: number, length: number, from: number): number {
    const kept = this.#kept;
    const goesOn =
      kept?.handle === handle &&
      kept.moment === this.#session.moment &&
      kept.bytes.length > 0 &&
      kept.start + kept.bytes.length === from;
    return goesOn ? Math.max(length, Math.min(this.#longest, kept.bytes.length * GROWTH)) : length;
  }
}
