import { Writer } from './writer.ts';

/** Offsets in all function bodies of the `if`s whose arm is hardly ever taken. */
export class Hints {
  private readonly offsets: number[] = [];
  private readonly starts: Int32Array;
  private readonly ends: Int32Array;
  private functions = 0;

  constructor(functions: number) {
    this.starts = new Int32Array(functions);
    this.ends = new Int32Array(functions);
  }

  /** Notes those of one own function. */
  add(fn: number, offsets: readonly number[]): void {
    if (offsets.length === 0) return;
    this.functions++;
    this.starts[fn] = this.offsets.length;
    for (const offset of offsets) this.offsets.push(offset);
    this.ends[fn] = this.offsets.length;
  }

  /**
   * The custom section that tells V8 of them, so that calls in these arms spill no register elsewhere
   * (github.com/WebAssembly/branch-hinting; read by default from Node 26 on). It stands before the code.
   */
  section(importedFunctions: number): Writer {
    const w = new Writer(this.offsets.length * 6 + this.functions * 8 + 64);
    w.text('metadata.code.branch_hint');
    w.u32(this.functions);
    for (let fn = 0; fn < this.starts.length; fn++) {
      const start = this.starts[fn] as number;
      const end = this.ends[fn] as number;
      if (start === end) continue;
      w.u32(importedFunctions + fn);
      w.u32(end - start);
      for (let i = start; i < end; i++) {
        w.u32(this.offsets[i] as number);
        w.u8(1);
        w.u8(0);
      }
    }
    return w;
  }
}
