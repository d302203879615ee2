import { SkillError } from '../errors.ts';
import type { ComponentBounds } from './bounds.ts';

export function malformed(offset: number, what: string): SkillError {
  return new SkillError(
    'COMPONENT_MALFORMED',
    `Not a valid WebAssembly component: ${what} at byte ${offset}. Rebuild the component, or check that the file is complete.`,
    { details: { offset, found: what } },
  );
}

export function unsupported(offset: number, what: string, wayOut: string): SkillError {
  return new SkillError('COMPONENT_UNSUPPORTED', `${what} (at byte ${offset}). ${wayOut}`, {
    details: { offset, found: what },
  });
}

/** What was counted so far, against the bounds. One for a whole survey. */
export class Tally {
  readonly bounds: ComponentBounds;
  readonly #counts = new Map<keyof ComponentBounds, number>();

  constructor(bounds: ComponentBounds) {
    this.bounds = bounds;
  }

  /** Adds to a running total. */
  add(key: keyof ComponentBounds, amount: number, offset: number): void {
    const total = (this.#counts.get(key) ?? 0) + amount;
    this.#counts.set(key, total);
    this.check(key, total, offset);
  }

  /** Holds one figure against its bound. */
  check(key: keyof ComponentBounds, amount: number, offset: number): void {
    const allowed = this.bounds[key];
    if (amount <= allowed) return;
    throw new SkillError(
      'COMPONENT_TOO_LARGE',
      `The component exceeds the bound "${key}": ${amount} found (at byte ${offset}), ${allowed} allowed. ` +
        'Build it smaller (for instance with optimisation on, or split in several skills).',
      { details: { bound: key, found: amount, allowed, offset } },
    );
  }

  get(key: keyof ComponentBounds): number {
    return this.#counts.get(key) ?? 0;
  }
}

/**
 * Reads a range of a binary. Every read is checked against the end of the range, so that a size or count
 * written by an attacker costs nothing but an error.
 */
export class Reader {
  readonly bytes: Uint8Array;
  readonly end: number;
  offset: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.offset = start;
    this.end = end;
  }

  get done(): boolean {
    return this.offset >= this.end;
  }

  u8(): number {
    if (this.offset >= this.end) throw malformed(this.offset, 'an unexpected end');
    return this.bytes[this.offset++] as number;
  }

  peek(): number {
    if (this.offset >= this.end) throw malformed(this.offset, 'an unexpected end');
    return this.bytes[this.offset] as number;
  }

  /** An unsigned LEB128 number of at most 32 bits. */
  u32(): number {
    const start = this.offset;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      if (shift === 28 && byte > 0x0f) throw malformed(start, 'a number beyond 32 bits');
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw malformed(start, 'a number beyond 32 bits');
  }

  /** An unsigned LEB128 number of at most 64 bits, as a double: exact up to 2^53, and larger beyond. */
  u64(): number {
    const start = this.offset;
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.u8();
      if (shift === 63 && byte > 0x01) throw malformed(start, 'a number beyond 64 bits');
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw malformed(start, 'a number beyond 64 bits');
  }

  /** Passes over a LEB128 number of at most `maxBytes` bytes whose value does not matter. */
  skipLeb(maxBytes: number): void {
    const start = this.offset;
    for (let index = 0; index < maxBytes; index += 1) {
      if (this.u8() < 0x80) return;
    }
    throw malformed(start, 'a number that is too long');
  }

  skip(length: number): void {
    if (length > this.end - this.offset) throw malformed(this.offset, 'a size beyond the end');
    this.offset += length;
  }

  /** The length of a vector. Each entry has at least one byte, so a count beyond the rest of the range is a lie. */
  count(): number {
    const start = this.offset;
    const count = this.u32();
    if (count > this.end - this.offset) throw malformed(start, 'a count beyond the end');
    return count;
  }

  /** The next `length` bytes as a reader of their own. */
  range(length: number): Reader {
    const start = this.offset;
    this.skip(length);
    return new Reader(this.bytes, start, this.offset);
  }

  /** Everything must have been read: bytes left over would mean something to another parser. */
  finish(what: string): void {
    if (this.offset !== this.end) throw malformed(this.offset, `bytes left over after ${what}`);
  }
}
