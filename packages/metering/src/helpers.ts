import type { Module } from './module.ts';
import { STATUS, TABLE_ELEMENT_BYTES } from './namespace.ts';
import { FUEL_PER_PAGE } from './opcodes.ts';
import { Writer } from './writer.ts';

/** Indices of the meter's globals in a rewritten module. */
export interface MeterGlobals {
  readonly fuel: number;
  readonly depth: number;
  readonly memory: number;
  readonly status: number;
  readonly exhausted: number;
}

const log2 = (value: number): number => 31 - Math.clz32(value);

/** Assembles the bodies of the functions that are appended to a module. */
export class HelperBodies {
  private readonly globals: MeterGlobals;

  constructor(globals: MeterGlobals) {
    this.globals = globals;
  }

  /** `(delta) -> previous size or -1`: debits the total, pays, and grows. */
  memoryGrow(memory: number, wide: boolean): Uint8Array {
    const w = this.growPrologue(0, wide, 16, log2(FUEL_PER_PAGE), 1);
    get(w, 0);
    w.bytes([0x40]);
    w.u32(memory);
    return this.growEpilogue(w, wide, 16, 1);
  }

  /** `(value, delta) -> previous size or -1`. */
  tableGrow(table: number, wide: boolean): Uint8Array {
    const shift = log2(TABLE_ELEMENT_BYTES);
    const w = this.growPrologue(1, wide, shift, 0, 2);
    get(w, 0);
    get(w, 1);
    w.bytes([0xfc, 0x0f]);
    w.u32(table);
    return this.growEpilogue(w, wide, shift, 2);
  }

  /** Same type as the function `index`: pays and checks what callers pay for it, and calls it. */
  door(index: number, params: number, units: number): Uint8Array {
    const { fuel, exhausted } = this.globals;
    const w = new Writer(64);
    w.u8(0);
    globalGet(w, fuel);
    w.u8(0x42);
    w.s64(units);
    w.u8(0x7d);
    globalSet(w, fuel);
    this.ifNegative(w, fuel);
    globalGet(w, exhausted);
    globalSet(w, fuel);
    w.bytes([0x00, 0x0b]);
    for (let i = 0; i < params; i++) get(w, i);
    w.u8(0x10);
    w.u32(index);
    w.u8(0x0b);
    return w.done();
  }

  /** Records which counter is negative, and traps. */
  halt(): Uint8Array {
    const { depth, fuel, exhausted } = this.globals;
    const w = new Writer(64);
    w.u8(0);
    this.ifNegative(w, depth);
    this.mark(w, STATUS.stackOverflow);
    w.u8(0x0b);
    this.ifNegative(w, fuel);
    globalGet(w, exhausted);
    globalSet(w, fuel);
    w.bytes([0x0b, 0x00, 0x0b]);
    return w.done();
  }

  /** Locals behind the parameters: the delta as i64, the counter as i64, the result. */
  private growPrologue(
    delta: number,
    wide: boolean,
    shift: number,
    priceShift: number,
    params: number,
  ): Writer {
    const { memory, fuel, exhausted } = this.globals;
    const w = new Writer(128);
    w.bytes(wide ? [0x01, 0x03, 0x7e] : [0x02, 0x02, 0x7e, 0x01, 0x7f]);
    get(w, delta);
    if (!wide) w.u8(0xad);
    w.u8(0x22);
    w.u32(params);
    globalGet(w, memory);
    w.bytes([0x42, shift, 0x88, 0x56, 0x04, 0x40]);
    this.mark(w, STATUS.memoryDenied);
    w.bytes([wide ? 0x42 : 0x41, 0x7f, 0x0f, 0x0b]);
    globalGet(w, fuel);
    get(w, params);
    if (priceShift > 0) w.bytes([0x42, priceShift, 0x86]);
    w.bytes([0x7d, 0x22]);
    w.u32(params + 1);
    globalSet(w, fuel);
    get(w, params + 1);
    w.bytes([0x42, 0x00, 0x53, 0x04, 0x40]);
    globalGet(w, exhausted);
    globalSet(w, fuel);
    w.bytes([0x00, 0x0b]);
    return w;
  }

  private growEpilogue(w: Writer, wide: boolean, shift: number, params: number): Uint8Array {
    const { memory } = this.globals;
    w.u8(0x22);
    w.u32(params + 2);
    w.bytes(wide ? [0x42, 0x7f, 0x52] : [0x41, 0x7f, 0x47]);
    w.bytes([0x04, 0x40]);
    globalGet(w, memory);
    get(w, params);
    w.bytes([0x42, shift, 0x86, 0x7d]);
    globalSet(w, memory);
    w.u8(0x0b);
    get(w, params + 2);
    w.u8(0x0b);
    return w.done();
  }

  private ifNegative(w: Writer, global: number): void {
    globalGet(w, global);
    w.bytes([0x42, 0x00, 0x53, 0x04, 0x40]);
  }

  private mark(w: Writer, bit: number): void {
    globalGet(w, this.globals.status);
    w.bytes([0x41, bit, 0x72]);
    globalSet(w, this.globals.status);
  }
}

/** Encoded function type of a helper that grows a memory or a table. */
export function growType(module: Module, kind: 'memory' | 'table', index: number): Uint8Array {
  const w = new Writer(16);
  const target = (kind === 'memory' ? module.memories : module.tables)[index];
  const number = target?.wide === true ? 0x7e : 0x7f;
  const element = module.tables[index]?.element;
  w.u8(0x60);
  w.u8(kind === 'memory' ? 1 : 2);
  if (kind === 'table' && element !== undefined) w.copy(module.bytes, element[0], element[1]);
  w.bytes([number, 1, number]);
  return w.done();
}

function get(w: Writer, local: number): void {
  w.u8(0x20);
  w.u32(local);
}

function globalGet(w: Writer, global: number): void {
  w.u8(0x23);
  w.u32(global);
}

function globalSet(w: Writer, global: number): void {
  w.u8(0x24);
  w.u32(global);
}
