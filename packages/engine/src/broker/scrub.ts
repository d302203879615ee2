/** Takes values out of bytes that go to a guest or a record, also where they are split over chunks. */
import { NeedleSearch } from './needle-search.ts';
import { outside, placeOf, type Unescaped, viewsOf } from './scrub-escapes.ts';
import { ESCAPE_BYTES, type Needle, needlesOf } from './scrub-needles.ts';

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
  readonly #plain = new NeedleSearch<Needle>();
  readonly #escaped = new NeedleSearch<Needle>();
  readonly #needles: Needle[] = [];
  /** At least the longest form and a character of base64 on either side; rounded, to say less about the value. */
  #reach = 0;
  #hasLineFeed = false;

  /** Values are copied into needles; `wipe` overwrites those. */
  add(value: Uint8Array): void {
    const needles = needlesOf(value);
    const longest = Math.max(
      value.length * ESCAPE_BYTES,
      ...needles.map(({ bytes }) => bytes.length),
    );
    if (needles.length > 0)
      this.#reach = Math.max(this.#reach, Math.ceil((longest + 1) / STEP) * STEP);
    for (const needle of needles) {
      this.#needles.push(needle);
      this.#plain.add(needle);
      if (needle.escaped) this.#escaped.add(needle);
      this.#hasLineFeed ||= needle.bytes.includes(LINE_FEED);
    }
  }

  get empty(): boolean {
    return this.#needles.length === 0;
  }

  /** Overlapping forms are one range. */
  ranges(bytes: Uint8Array): Range[] {
    return merged(this.#found(bytes, viewsOf(bytes)));
  }

  /** What there is to hide, and from where on bytes are held back: within no escape, and within no value. */
  look(bytes: Uint8Array): { readonly ranges: Range[]; readonly cut: number } {
    const views = viewsOf(bytes);
    const ranges = merged(this.#found(bytes, views));
    let cut = this.#open(bytes);
    // Each step may come into what another one has left.
    for (let last = -1; last !== cut;) {
      last = cut;
      for (const view of views) cut = outside(view, cut);
      cut = ranges.find(({ begin, end }) => begin < cut && end > cut)?.begin ?? cut;
    }
    return { ranges, cut };
  }

  #found(bytes: Uint8Array, views: readonly Unescaped[]): Range[] {
    const found: Range[] = [];
    const add = ({ base64 }: Needle, begin: number, end: number): void => {
      const before = base64 && isBase64(bytes[begin - 1]) ? 1 : 0;
      const after = base64 && isBase64(bytes[end]) ? 1 : 0;
      found.push({ begin: begin - before, end: end + after });
    };
    for (const { needle, at } of this.#plain.find(bytes)) {
      add(needle, at, at + needle.bytes.length);
    }
    for (const view of views) {
      for (const { needle, at } of this.#escaped.find(view.bytes)) {
        add(needle, ...placeOf(view, at, needle.bytes.length));
      }
    }
    return found;
  }

  /**
   * From where on bytes are held back, because a value may have begun that the next bytes complete. It goes by how
   * many there are and by where the last line ends, never by whether they look like the beginning of a value: a guest
   * that has its guesses sent back would see from the delay how much of them is right.
   */
  #open(bytes: Uint8Array): number {
    const behind = Math.max(0, bytes.length - this.#reach);
    return this.#hasLineFeed ? behind : Math.max(behind, bytes.lastIndexOf(LINE_FEED) + 1);
  }

  /** Stars in place of values, byte for byte, so that lengths which were told before stay true. */
  mask(bytes: Uint8Array, ranges: readonly Range[] = this.ranges(bytes)): Uint8Array {
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
    for (const { bytes } of this.#needles) bytes.fill(0);
    this.#needles.length = 0;
    this.#plain.clear();
    this.#escaped.clear();
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
    const { ranges, cut } = this.#scrubber.look(bytes);
    this.#held = new Uint8Array(bytes.subarray(cut));
    return this.#scrubber.mask(bytes, ranges).subarray(0, cut);
  }

  /** What was held back: the stream has ended. */
  flush(): Uint8Array {
    const rest = this.#scrubber.mask(this.#held);
    this.#held = NOTHING;
    return rest;
  }
}
