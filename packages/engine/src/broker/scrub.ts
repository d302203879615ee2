/** Takes values out of bytes that go to a guest or a record, also where they are split over chunks. */
import { patternsOf, type Pattern } from './scrub-patterns.ts';

const STAR = 42;
const LINE_FEED = 10;
const STEP = 64;
const NOTHING = new Uint8Array(0);
const REPLACEMENT = Buffer.from('[REDACTED]');

function isBase64(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const isLetter = (byte | 32) >= 97 && (byte | 32) <= 122;
  return (
    isLetter ||
    (byte >= 48 && byte <= 57) ||
    byte === 43 ||
    byte === 47 ||
    byte === 45 ||
    byte === 95
  );
}

interface Range {
  readonly begin: number;
  readonly end: number;
}

export class Scrubber {
  readonly #patterns: Pattern[] = [];
  /** At least the longest spelling and a character of base64 on either side; rounded, to say less about the value. */
  #reach = 0;
  #hasLineFeed = false;

  /** Values are copied into patterns; `wipe` overwrites those. */
  add(value: Uint8Array): void {
    for (const pattern of patternsOf(value)) {
      this.#patterns.push(pattern);
      this.#reach = Math.max(this.#reach, Math.ceil((pattern.bytes.length + 1) / STEP) * STEP);
      this.#hasLineFeed ||= pattern.bytes.includes(LINE_FEED);
    }
  }

  get empty(): boolean {
    return this.#patterns.length === 0;
  }

  /** Overlapping spellings are one range. */
  ranges(bytes: Uint8Array): Range[] {
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const found: Range[] = [];
    for (const pattern of this.#patterns) {
      const { length } = pattern.bytes;
      for (
        let at = view.indexOf(pattern.bytes);
        at >= 0;
        at = view.indexOf(pattern.bytes, at + 1)
      ) {
        const begin = pattern.base64 && isBase64(view[at - 1]) ? at - 1 : at;
        const end = at + length;
        found.push({ begin, end: pattern.base64 && isBase64(view[end]) ? end + 1 : end });
      }
    }
    return merged(found);
  }

  /**
   * From where on bytes are held back, because a value may have begun that the next bytes complete. It goes by how
   * many there are and by where the last line ends, never by whether they look like the beginning of a value: a guest
   * that has its guesses sent back would see from the delay how much of them is right.
   */
  open(bytes: Uint8Array): number {
    const behind = Math.max(0, bytes.length - this.#reach);
    return this.#hasLineFeed ? behind : Math.max(behind, bytes.lastIndexOf(LINE_FEED) + 1);
  }

  /** Stars in place of values, byte for byte, so that lengths which were told before stay true. */
  mask(bytes: Uint8Array): Uint8Array {
    const ranges = this.ranges(bytes);
    if (ranges.length === 0) return bytes;
    const copy = new Uint8Array(bytes);
    for (const { begin, end } of ranges) copy.fill(STAR, begin, end);
    return copy;
  }

  /** `[REDACTED]` in place of values. */
  redact(bytes: Uint8Array): Uint8Array {
    const ranges = this.ranges(bytes);
    if (ranges.length === 0) return bytes;
    const parts: Uint8Array[] = [];
    let at = 0;
    for (const { begin, end } of ranges) {
      parts.push(bytes.subarray(at, begin), REPLACEMENT);
      at = end;
    }
    parts.push(bytes.subarray(at));
    return new Uint8Array(Buffer.concat(parts));
  }

  redactText(text: string): string {
    const bytes = Buffer.from(text, 'utf8');
    const redacted = this.redact(bytes);
    return redacted === bytes ? text : Buffer.from(redacted).toString('utf8');
  }

  /** For header fields, one character a byte. */
  maskLatin1(text: string): string {
    const bytes = Buffer.from(text, 'latin1');
    const masked = this.mask(bytes);
    return masked === bytes ? text : Buffer.from(masked).toString('latin1');
  }

  wipe(): void {
    for (const { bytes } of this.#patterns) bytes.fill(0);
    this.#patterns.length = 0;
  }
}

function merged(ranges: Range[]): Range[] {
  const sorted = ranges.toSorted((a, b) => a.begin - b.begin);
  const result: { begin: number; end: number }[] = [];
  for (const { begin, end } of sorted) {
    const last = result.at(-1);
    if (last !== undefined && begin <= last.end) last.end = Math.max(last.end, end);
    else result.push({ begin, end });
  }
  return result;
}

/** One stream of bytes, chunk by chunk: its last bytes are held back until more come, or the end of a line or of all. */
export class StreamScrubber {
  readonly #scrubber: Scrubber;
  #held: Uint8Array = NOTHING;

  constructor(scrubber: Scrubber) {
    this.#scrubber = scrubber;
  }

  push(chunk: Uint8Array): Uint8Array {
    const bytes =
      this.#held.length === 0 ? chunk : new Uint8Array(Buffer.concat([this.#held, chunk]));
    const open = this.#scrubber.open(bytes);
    // A value that reaches over the cut is complete: it goes out whole, or is held whole.
    const across = this.#scrubber
      .ranges(bytes)
      .find(({ begin, end }) => begin < open && end > open);
    const cut = across === undefined ? open : across.begin;
    this.#held = new Uint8Array(bytes.subarray(cut));
    return this.#scrubber.mask(bytes).subarray(0, cut);
  }

  /** What was held back: the stream has ended. */
  flush(): Uint8Array {
    const rest = this.#scrubber.mask(this.#held);
    this.#held = NOTHING;
    return rest;
  }
}
