/**
 * Finds secret byte strings in bytes that a guest may have chosen, in a time that says nothing about them: a guest that
 * has its guesses sent back, and measures how long the search takes, must learn from it no more than from its result.
 * `Buffer.indexOf` is eight times as fast as long as the first byte is wrong.
 *
 * A rolling hash under a random base goes over all bytes; only where it is right are bytes compared, all of them. So what
 * shows is whether so many bytes at the end of a needle are right together: all of a short one, at least `ENOUGH` of others.
 */
const SLOTS = 1 << 16;

/** Bytes that nobody guesses together. Longer needles share one window, and one pass. */
const ENOUGH = 16;

const LONGEST = 64;

/** Spreads what the hash says over the slots of the filter (Knuth's multiplicative hashing). */
const SPREAD = 0x9e3779b1;

export interface Found<N> {
  readonly needle: N;
  readonly at: number;
}

interface Group<N> {
  readonly width: number;
  /** `base` to the power of `width`. */
  readonly power: number;
  readonly byHash: Map<number, N[]>;
}

export class NeedleSearch<N extends { readonly bytes: Uint8Array }> {
  readonly #base = (crypto.getRandomValues(new Uint32Array(1))[0]! | 1) >>> 0;
  readonly #needles: N[] = [];
  readonly #filter = new Uint8Array(SLOTS);
  #groups: Group<N>[] | undefined;

  /** @param needle of at least one byte; kept, not copied */
  add(needle: N): void {
    this.#needles.push(needle);
    this.#groups = undefined;
  }

  /** Every place of every needle, in no order. */
  find(bytes: Uint8Array): Found<N>[] {
    const found: Found<N>[] = [];
    this.#groups ??= this.#grouped();
    for (const group of this.#groups) this.#findIn(group, bytes, found);
    return found;
  }

  clear(): void {
    this.#filter.fill(0);
    this.#needles.length = 0;
    this.#groups = undefined;
  }

  #grouped(): Group<N>[] {
    this.#filter.fill(0);
    const lengths = this.#needles.map(({ bytes }) => bytes.length);
    const shared = Math.min(LONGEST, ...lengths.filter((length) => length >= ENOUGH));
    const groups = new Map<number, Group<N>>();
    for (const needle of this.#needles) {
      const { length } = needle.bytes;
      const width = length < ENOUGH ? length : shared;
      let group = groups.get(width);
      if (group === undefined) {
        let power = 1;
        for (let n = 0; n < width; n += 1) power = Math.imul(power, this.#base);
        groups.set(width, (group = { width, power, byHash: new Map() }));
      }
      const hash = this.#hash(needle.bytes.subarray(length - width));
      const same = group.byHash.get(hash) ?? [];
      same.push(needle);
      group.byHash.set(hash, same);
      this.#filter[slotOf(hash)] = 1;
    }
    return [...groups.values()];
  }

  #hash(bytes: Uint8Array): number {
    let hash = 0;
    for (const byte of bytes) hash = (Math.imul(hash, this.#base) + byte) | 0;
    return hash;
  }

  #findIn({ width, power, byHash }: Group<N>, bytes: Uint8Array, found: Found<N>[]): void {
    if (bytes.length < width) return;
    const [base, filter, { length }] = [this.#base, this.#filter, bytes];
    let hash = this.#hash(bytes.subarray(0, width));
    for (let end = width; ; end += 1) {
      if (filter[Math.imul(hash, SPREAD) >>> 16] !== 0) {
        for (const needle of byHash.get(hash) ?? []) {
          const at = end - needle.bytes.length;
          if (at >= 0 && isAt(bytes, at, needle.bytes)) found.push({ needle, at });
        }
      }
      if (end === length) return;
      hash = (Math.imul(hash, base) + bytes[end]! - Math.imul(bytes[end - width]!, power)) | 0;
    }
  }
}

function slotOf(hash: number): number {
  return Math.imul(hash, SPREAD) >>> 16;
}

/** Looks at every byte, whatever is wrong. */
function isAt(bytes: Uint8Array, at: number, needle: Uint8Array): boolean {
  let differs = 0;
  for (let n = 0; n < needle.length; n += 1) differs |= bytes[at + n]! ^ needle[n]!;
  return differs === 0;
}
