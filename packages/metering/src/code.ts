import { Writer } from './writer.ts';

/** Writes instructions. */
export class CodeWriter extends Writer {
  getLocal(index: number): void {
    this.u8(0x20);
    this.u32(index);
  }

  setLocal(index: number): void {
    this.u8(0x21);
    this.u32(index);
  }

  teeLocal(index: number): void {
    this.u8(0x22);
    this.u32(index);
  }

  getGlobal(index: number): void {
    this.u8(0x23);
    this.u32(index);
  }

  setGlobal(index: number): void {
    this.u8(0x24);
    this.u32(index);
  }

  call(index: number): void {
    this.u8(0x10);
    this.u32(index);
  }

  /** `i64.const` of an integer below 2^53 in magnitude. */
  constant(value: number): void {
    this.u8(0x42);
    this.s64(value);
  }
}
