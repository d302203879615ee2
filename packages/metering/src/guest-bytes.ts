import type { EventLog } from './events.ts';
import type { FunctionScan } from './function-scan.ts';
import type { CodeWriter } from './code.ts';

/** Copies a function's own bytes, in which declared locals move behind the meter's parameters. */
export class GuestBytes {
  private readonly bytes: Uint8Array;
  private readonly events: EventLog;
  private readonly w: CodeWriter;
  /** Next use of a declared local. */
  use = 0;
  private endUse = 0;
  private shift = 0;
  /** Where what is not copied yet begins. */
  private from = 0;

  constructor(bytes: Uint8Array, events: EventLog, w: CodeWriter) {
    this.bytes = bytes;
    this.events = events;
    this.w = w;
  }

  /** `shift`: how far declared locals move. */
  open(fn: FunctionScan, shift: number): void {
    this.use = fn.firstUse;
    this.endUse = fn.endUse;
    this.shift = shift;
    this.from = fn.code;
  }

  /** Leaves out what stands before `pos`. */
  skipTo(pos: number): void {
    this.from = pos;
  }

  /** Copies what stands before `end`. */
  copyTo(end: number): void {
    const { w, bytes, shift, from: start } = this;
    this.from = end;
    if (shift === 0) return w.copy(bytes, start, end);
    const { uses } = this.events;
    const moved = w.len - start;
    w.copy(bytes, start, end);
    for (; this.use < this.endUse; this.use++) {
      const pos = uses[this.use] as number;
      if (pos >= end) return;
      const index = bytes[pos] as number;
      if (index < 0x80 - shift) {
        w.buf[pos + moved] = index + shift;
        continue;
      }
      w.len = pos + moved;
      return this.copyLong(pos, end);
    }
  }

  /** The same from an index on that is longer now, or written in more than one byte: use by use. */
  private copyLong(start: number, end: number): void {
    const { w, bytes, shift } = this;
    let from = start;
    for (; this.use < this.endUse; this.use++) {
      const pos = this.events.uses[this.use] as number;
      if (pos >= end) break;
      w.copy(bytes, from, pos);
      from = pos;
      let local = 0;
      for (let scale = 1; ; scale *= 128) {
        const byte = bytes[from++] as number;
        local += (byte & 0x7f) * scale;
        if (byte < 0x80) break;
      }
      w.u32(local + shift);
    }
    w.copy(bytes, from, end);
  }

  /** Writes a branch to the target of the one at `at`, from inside `further` more blocks. */
  branch(opcode: number, at: number, further: number): void {
    const { w, bytes } = this;
    let target = 0;
    let scale = 1;
    let pos = at + 1;
    for (;;) {
      const byte = bytes[pos++] as number;
      target += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 128;
    }
    w.u8(opcode);
    w.u32(target + further);
  }
}
