import { Writer } from './writer.ts';

/** Writes instructions. What is set and got at once, or added to twice, becomes one. */
export class CodeWriter extends Writer {
  /** Offsets in the function's body of the `if`s whose arm is hardly ever taken. */
  readonly hints: number[] = [];
  private bodyStart = 0;
  /** The `local.set` that ends where the code does: where it begins, and of which local. */
  private setStart = -1;
  private setEnd = -1;
  private setIndex = -1;
  /** The addition before it: where it begins, with and without what got its operand. */
  private addStart = -1;
  private addEnd = -1;
  private operandStart = -1;
  private added = 0;

  /** Begins another body behind the last; returns where. */
  start(): number {
    this.bodyStart = this.len;
    this.hints.length = 0;
    this.setEnd = -1;
    this.addEnd = -1;
    return this.bodyStart;
  }

  /** `if` without a type, whose arm is hardly ever taken. */
  unlikely(): void {
    this.hints.push(this.len - this.bodyStart);
    this.u8(0x04);
    this.u8(0x40);
  }

  getLocal(index: number): void {
    if (this.len === this.setEnd && index === this.setIndex) {
      this.buf[this.setStart] = 0x22;
      this.setEnd = -1;
      return;
    }
    this.u8(0x20);
    this.u32(index);
  }

  setLocal(index: number): void {
    this.addEnd = -1;
    this.setStart = this.len;
    this.u8(0x21);
    this.u32(index);
    this.setEnd = this.len;
    this.setIndex = index;
  }

  /** Adds to an i64 local. */
  addLocal(index: number, units: number): void {
    let sum = units;
    if (this.len === this.setEnd && index === this.setIndex) {
      if (this.len === this.addEnd) {
        this.len = this.addStart;
        sum += this.added;
      } else {
        this.len = this.setStart;
        this.operandStart = -1;
      }
    } else {
      this.operandStart = this.len;
      this.getLocal(index);
    }
    this.setEnd = -1;
    if (sum === 0 && this.operandStart >= 0) {
      this.len = this.operandStart;
      return;
    }
    this.addStart = this.len;
    this.added = sum;
    if (sum !== 0) {
      this.constant(sum);
      this.u8(0x7c);
    }
    this.setLocal(index);
    this.addEnd = this.len;
  }

  /** Gets a local that nobody gets again before it is set: if it was set just now, that need not be. */
  lastLocal(index: number): void {
    if (this.len !== this.setEnd || index !== this.setIndex) return this.getLocal(index);
    this.len = this.setStart;
    this.setEnd = -1;
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
