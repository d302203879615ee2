import { MeteringError } from './errors.ts';

/** A cursor over untrusted bytes. Every read is bounded by `end`; whatever does not fit is `MALFORMED`. */
export class Reader {
  readonly bytes: Uint8Array;
  pos: number;
  readonly end: number;

  constructor(bytes: Uint8Array, pos: number, end: number) {
    this.bytes = bytes;
    this.pos = pos;
    this.end = end;
  }

  fail(message: string, at = this.pos): never {
    throw new MeteringError('MALFORMED', message, at);
  }

  u8(): number {
    if (this.pos >= this.end) this.fail('unexpected end');
    return this.bytes[this.pos++] as number;
  }

  /** Unsigned LEB128 of at most 32 bits. */
  u32(): number {
    const start = this.pos;
    const first = this.bytes[start] as number;
    if (first < 0x80 && start < this.end) {
      this.pos = start + 1;
      return first;
    }
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      if (shift === 28 && byte > 0x0f) this.fail('number does not fit 32 bits', start);
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return result >>> 0;
    }
    return this.fail('number does not fit 32 bits', start);
  }

  /** Unsigned LEB128 of at most 64 bits, as a double: exact below 2^53, and monotone above. */
  u64(): number {
    const start = this.pos;
    let result = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.u8();
      if (shift === 63 && byte > 1) this.fail('number does not fit 64 bits', start);
      result += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return result;
    }
    return this.fail('number does not fit 64 bits', start);
  }

  /** Signed LEB128 of 33 bits: block types and heap types. */
  s33(): number {
    const start = this.pos;
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      result += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return byte & 0x40 ? result - 2 ** (shift + 7) : result;
    }
    return this.fail('number does not fit 33 bits', start);
  }

  /** Passes over one LEB128 number of at most `maxBytes` bytes. */
  skipLeb(maxBytes: number): void {
    const start = this.pos;
    while (this.u8() >= 0x80)
      if (this.pos - start >= maxBytes) this.fail('number is too long', start);
  }

  skip(count: number): void {
    if (count > this.end - this.pos) this.fail('unexpected end');
    this.pos += count;
  }

  /** A counted run of bytes; returned as [start, end). */
  range(): [number, number] {
    const length = this.u32();
    const start = this.pos;
    this.skip(length);
    return [start, this.pos];
  }

  /** Whether the run [start, end) is exactly this ASCII text. */
  is(start: number, end: number, text: string): boolean {
    if (end - start !== text.length) return false;
    for (let i = 0; i < text.length; i++)
      if (this.bytes[start + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  /** Whether the run [start, end) begins with this ASCII text. */
  startsWith(start: number, end: number, text: string): boolean {
    return end - start >= text.length && this.is(start, start + text.length, text);
  }
}
