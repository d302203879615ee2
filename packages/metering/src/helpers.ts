import { CodeWriter } from './code.ts';
import { CONVENTION } from './conventions.ts';
import { BULK } from './events.ts';
import type { Module } from './module.ts';
import { STATUS, TABLE_ELEMENT_BYTES } from './namespace.ts';
import { BYTES_PER_FUEL, FUEL_PER_PAGE } from './opcodes.ts';
import { AHEAD, BLOCK } from './slack.ts';

/** Indices of the meter's globals in a rewritten module. */
export interface MeterGlobals {
  readonly fuel: number;
  readonly depth: number;
  readonly memory: number;
  readonly status: number;
  readonly exhausted: number;
  readonly handover: number;
}

const log2 = (value: number): number => 31 - Math.clz32(value);

const isWide = (form: number): boolean => form === BULK.bytes64 || form === BULK.elements64;

/** Assembles the bodies of the functions that are appended to a module. */
export class HelperBodies {
  private readonly globals: MeterGlobals;
  private readonly exactTraps: boolean;
  /** Index of {@link settle} in the module. */
  private readonly settleIndex: number;

  constructor(globals: MeterGlobals, exactTraps: boolean, settle: number) {
    this.globals = globals;
    this.exactTraps = exactTraps;
    this.settleIndex = settle;
  }

  /** `(delta, counter) -> (previous size or -1, counter)`: debits the total, pays, and grows. */
  memoryGrow(memory: number, wide: boolean): Uint8Array {
    const w = this.growPrologue(0, wide, 16, log2(FUEL_PER_PAGE));
    w.getLocal(0);
    w.bytes([0x40]);
    w.u32(memory);
    return this.growEpilogue(w, wide, 16, 0);
  }

  /** `(value, delta, counter) -> (previous size or -1, counter)`. */
  tableGrow(table: number, wide: boolean): Uint8Array {
    const shift = log2(TABLE_ELEMENT_BYTES);
    const w = this.growPrologue(1, wide, shift, 0);
    w.getLocal(0);
    w.getLocal(1);
    w.bytes([0xfc, 0x0f]);
    w.u32(table);
    return this.growEpilogue(w, wide, shift, 1);
  }

  /**
   * `(length, counter) -> (length, counter)`: pays for the length, and settles if the counter has come to a new block by
   * that, or by what was charged unchecked before.
   */
  payLength(form: number): Uint8Array {
    const wide = isWide(form);
    const w = new CodeWriter(64);
    const before = 1;
    const counter = 2;
    w.bytes([0x01, 0x01, 0x7e]);
    w.getLocal(before);
    w.getLocal(0);
    // No memory has 2^41 bytes, so a longer run traps whatever was paid; the mask keeps the counter from wrapping.
    if (wide) w.bytes([0x42, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f, 0x83]);
    else w.u8(0xad);
    if (form === BULK.bytes32 || form === BULK.bytes64) {
      w.bytes([0x42, log2(BYTES_PER_FUEL), 0x88]);
    }
    w.u8(0x7c);
    w.teeLocal(counter);
    w.getLocal(before);
    w.constant(AHEAD);
    w.bytes([0x7d, 0x85]);
    w.constant(BLOCK);
    w.bytes([0x5a, 0x04, 0x40]);
    w.getLocal(counter);
    w.call(this.settleIndex);
    w.u8(0x0b);
    w.getLocal(0);
    w.getLocal(counter);
    w.u8(0x0b);
    return w.done();
  }

  /**
   * Same type as the function `index`: pays and checks what callers pay for it, gives it the counter by its
   * convention and shares what comes back. Host and other modules call this one. `frame`: bytes of stack that it takes
   * for that, or 0 where nothing that it reaches counts the depth; whoever counts finds it if that is too much.
   */
  door(
    index: number,
    params: number,
    units: number,
    convention: number,
    frame: number,
  ): Uint8Array {
    const { fuel, depth: stack, handover } = this.globals;
    const w = new CodeWriter(96);
    const counter = params;
    const saved = params + 1;
    w.bytes([0x01, 0x02, 0x7e]);
    w.getGlobal(fuel);
    w.constant(units);
    w.u8(0x7c);
    w.teeLocal(counter);
    if (convention === CONVENTION.none || this.exactTraps) {
      w.setGlobal(fuel);
      this.trapAtZero(w, counter);
    } else w.call(this.settleIndex);
    const keepsDepth = convention !== CONVENTION.none && frame > 0;
    if (convention === CONVENTION.handedOver) {
      w.getLocal(counter);
      w.setGlobal(handover);
    }
    for (let i = 0; i < params; i++) w.getLocal(i);
    if (keepsDepth) {
      w.getGlobal(stack);
      w.teeLocal(saved);
      w.constant(frame);
      w.u8(0x7d);
      if (convention !== CONVENTION.passed) w.setGlobal(stack);
    }
    if (convention === CONVENTION.passed) w.getLocal(counter);
    w.call(index);
    if (convention === CONVENTION.handedOver) w.getGlobal(handover);
    if (convention !== CONVENTION.none) w.setGlobal(fuel);
    if (keepsDepth) {
      w.getLocal(saved);
      w.setGlobal(stack);
    }
    w.u8(0x0b);
    return w.done();
  }

  /** `(counter)`: records that the stack is used up, and what is left of the fuel. */
  overflow(): Uint8Array {
    const w = new CodeWriter(64);
    w.u8(0);
    this.mark(w, STATUS.stackOverflow);
    w.getLocal(0);
    w.setGlobal(this.globals.fuel);
    w.u8(0x0b);
    return w.done();
  }

  /** `(counter)`: traps where nothing is left; sets the global to the end of the counter's block where something is. */
  settle(): Uint8Array {
    const w = new CodeWriter(64);
    w.u8(0);
    this.trapAtZero(w, 0);
    this.setAhead(w);
    w.u8(0x0b);
    return w.done();
  }

  /** `() -> (counter)`: takes the counter out of the global, and does the same. */
  take(): Uint8Array {
    const w = new CodeWriter(64);
    w.bytes([0x01, 0x01, 0x7e]);
    w.getGlobal(this.globals.fuel);
    w.setLocal(0);
    this.trapAtZero(w, 0);
    this.setAhead(w);
    w.getLocal(0);
    w.u8(0x0b);
    return w.done();
  }

  /** Marks the counter and traps where nothing is left. */
  private trapAtZero(w: CodeWriter, counter: number): void {
    w.getLocal(counter);
    w.bytes([0x42, 0x00, 0x59, 0x04, 0x40]);
    w.getGlobal(this.globals.exhausted);
    w.setGlobal(this.globals.fuel);
    w.bytes([0x00, 0x0b]);
  }

  /** Sets the global beyond the end of the block of the counter in local 0. */
  private setAhead(w: CodeWriter): void {
    w.getLocal(0);
    w.constant(BLOCK - 1);
    w.u8(0x84);
    w.constant(AHEAD);
    w.u8(0x7c);
    w.setGlobal(this.globals.fuel);
  }

  /** Locals behind the parameters: the delta as i64, the result. The counter is the last parameter. */
  private growPrologue(
    delta: number,
    wide: boolean,
    shift: number,
    priceShift: number,
  ): CodeWriter {
    const { memory } = this.globals;
    const counter = delta + 1;
    const wideDelta = delta + 2;
    const w = new CodeWriter(128);
    w.bytes(wide ? [0x01, 0x02, 0x7e] : [0x02, 0x01, 0x7e, 0x01, 0x7f]);
    w.getLocal(delta);
    if (!wide) w.u8(0xad);
    w.teeLocal(wideDelta);
    w.getGlobal(memory);
    w.bytes([0x42, shift, 0x88, 0x56, 0x04, 0x40]);
    this.mark(w, STATUS.memoryDenied);
    w.bytes([wide ? 0x42 : 0x41, 0x7f]);
    w.getLocal(counter);
    w.bytes([0x0f, 0x0b]);
    w.getLocal(counter);
    w.getLocal(wideDelta);
    if (priceShift > 0) w.bytes([0x42, priceShift, 0x86]);
    w.u8(0x7c);
    w.teeLocal(counter);
    w.call(this.settleIndex);
    return w;
  }

  private growEpilogue(w: CodeWriter, wide: boolean, shift: number, delta: number): Uint8Array {
    const { memory } = this.globals;
    const wideDelta = delta + 2;
    const result = delta + 3;
    w.teeLocal(result);
    w.bytes(wide ? [0x42, 0x7f, 0x52] : [0x41, 0x7f, 0x47]);
    w.bytes([0x04, 0x40]);
    w.getGlobal(memory);
    w.getLocal(wideDelta);
    w.bytes([0x42, shift, 0x86, 0x7d]);
    w.setGlobal(memory);
    w.u8(0x0b);
    w.getLocal(result);
    w.getLocal(delta + 1);
    w.u8(0x0b);
    return w.done();
  }

  private mark(w: CodeWriter, bit: number): void {
    w.getGlobal(this.globals.status);
    w.bytes([0x41, bit, 0x72]);
    w.setGlobal(this.globals.status);
  }
}

/** Encoded function type of a helper that pays for a length. */
export function lengthType(form: number): Uint8Array {
  const length = isWide(form) ? 0x7e : 0x7f;
  return Uint8Array.of(0x60, 2, length, 0x7e, 2, length, 0x7e);
}

/** Encoded function type of a helper that grows a memory or a table. */
export function growType(module: Module, kind: 'memory' | 'table', index: number): Uint8Array {
  const w = new CodeWriter(16);
  const target = (kind === 'memory' ? module.memories : module.tables)[index];
  const number = target?.wide === true ? 0x7e : 0x7f;
  const element = module.tables[index]?.element;
  w.u8(0x60);
  w.u8(kind === 'memory' ? 2 : 3);
  if (kind === 'table' && element !== undefined) w.copy(module.bytes, element[0], element[1]);
  w.bytes([number, 0x7e, 2, number, 0x7e]);
  return w.done();
}
