/** What is written with its length before it. */
export interface Contents {
  readonly len: number;
  writeTo(out: Writer): void;
}

export function lengthOfU32(value: number): number {
  let length = 1;
  for (let rest = value >>> 7; rest !== 0; rest >>>= 7) length++;
  return length;
}

/** A growing byte buffer. */
export class Writer implements Contents {
  buf: Uint8Array<ArrayBuffer>;
  len = 0;

  constructor(capacity = 1024) {
    this.buf = new Uint8Array(capacity);
  }

  /** Makes room for `more` bytes, so that a run of writes needs no check. */
  reserve(more: number): void {
    const need = this.len + more;
    if (need <= this.buf.length) return;
    const next = new Uint8Array(Math.max(need, this.buf.length * 2));
    next.set(this.buf.subarray(0, this.len));
    this.buf = next;
  }

  u8(value: number): void {
    if (this.len === this.buf.length) this.reserve(1);
    this.buf[this.len++] = value;
  }

  u32(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.u8((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.u8(rest);
  }

  /** Signed LEB128 of an integer below 2^53 in magnitude. */
  s64(value: number): void {
    let rest = value | 0;
    if (rest !== value) return this.s64big(BigInt(value));
    while (rest < -64 || rest > 63) {
      this.u8((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.u8(rest & 0x7f);
  }

  /** Signed LEB128 of any 64-bit integer. */
  s64big(value: bigint): void {
    let rest = value;
    for (;;) {
      const byte = Number(rest & 0x7fn);
      rest >>= 7n;
      if ((rest === 0n && byte < 0x40) || (rest === -1n && byte >= 0x40)) {
        this.u8(byte);
        return;
      }
      this.u8(byte | 0x80);
    }
  }

  bytes(source: Uint8Array | readonly number[]): void {
    this.reserve(source.length);
    const { buf, len } = this;
    for (let i = 0; i < source.length; i++) buf[len + i] = source[i] as number;
    this.len = len + source.length;
  }

  /** Copies [start, end) of `source`. Short runs are copied by hand: cheaper than a view. */
  copy(source: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.reserve(count);
    if (count < 32) {
      const { buf } = this;
      let to = this.len;
      for (let i = start; i < end; i++) buf[to++] = source[i] as number;
      this.len = to;
      return;
    }
    this.buf.set(source.subarray(start, end), this.len);
    this.len += count;
  }

  text(value: string): void {
    this.u32(value.length);
    for (let i = 0; i < value.length; i++) this.u8(value.charCodeAt(i));
  }

  writeTo(out: Writer): void {
    out.copy(this.buf, 0, this.len);
  }

  /** A section, or any other counted run: length first, then the bytes of `body`. */
  counted(body: Contents): void {
    this.u32(body.len);
    body.writeTo(this);
  }

  section(id: number, body: Contents): void {
    this.u8(id);
    this.counted(body);
  }

  done(): Uint8Array<ArrayBuffer> {
    return this.buf.slice(0, this.len);
  }
}
