import { CONVENTION } from './conventions.ts';
import type { Module } from './module.ts';
import { STATUS, TABLE_ELEMENT_BYTES } from './namespace.ts';
import { FUEL_PER_PAGE } from './opcodes.ts';
import { LEASE, SLACK } from './slack.ts';
import { Writer } from './writer.ts';

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

/** Assembles the bodies of the functions that are appended to a module. Counters they get are {@link SLACK} too low. */
export class HelperBodies {
  private readonly globals: MeterGlobals;
  private readonly exactTraps: boolean;

  constructor(globals: MeterGlobals, exactTraps: boolean) {
    this.globals = globals;
    this.exactTraps = exactTraps;
  }

  /** `(delta, counter) -> (previous size or -1, counter)`: debits the total, pays, and grows. */
  memoryGrow(memory: number, wide: boolean): Uint8Array {
    const w = this.growPrologue(0, wide, 16, log2(FUEL_PER_PAGE));
    get(w, 0);
    w.bytes([0x40]);
    w.u32(memory);
    return this.growEpilogue(w, wide, 16, 0);
  }

  /** `(value, delta, counter) -> (previous size or -1, counter)`. */
  tableGrow(table: number, wide: boolean): Uint8Array {
    const shift = log2(TABLE_ELEMENT_BYTES);
    const w = this.growPrologue(1, wide, shift, 0);
    get(w, 0);
    get(w, 1);
    w.bytes([0xfc, 0x0f]);
    w.u32(table);
    return this.growEpilogue(w, wide, shift, 1);
  }

  /**
   * Same type as the function `index`: pays and checks what callers pay for it, gives it the counter by its
   * convention and shares what comes back. Host and other modules call this one.
   */
  door(
    index: number,
    params: number,
    units: number,
    convention: number,
    depth: boolean,
  ): Uint8Array {
    const { fuel, depth: stack, handover } = this.globals;
    const w = new Writer(96);
    const counter = params;
    const saved = params + 1;
    w.bytes([0x01, 0x02, 0x7e]);
    globalGet(w, fuel);
    w.u8(0x42);
    w.s64(units);
    w.u8(0x7d);
    tee(w, counter);
    globalSet(w, fuel);
    get(w, counter);
    w.bytes([0x42, 0x00, 0x53, 0x04, 0x40]);
    this.exhaust(w);
    w.bytes([0x00, 0x0b]);
    const keepsDepth = convention === CONVENTION.passed && depth;
    if (convention === CONVENTION.none) {
      for (let i = 0; i < params; i++) get(w, i);
      call(w, index);
      w.u8(0x0b);
      return w.done();
    }
    get(w, counter);
    slack(w, 0x7d);
    set(w, counter);
    // The callee need not check: what it spends until somebody does is taken out of the global ahead.
    if (!this.exactTraps) this.renew(w, counter, 0);
    if (convention === CONVENTION.handedOver) {
      get(w, counter);
      globalSet(w, handover);
    }
    for (let i = 0; i < params; i++) get(w, i);
    if (keepsDepth) {
      globalGet(w, stack);
      tee(w, saved);
    }
    if (convention === CONVENTION.passed) get(w, counter);
    call(w, index);
    if (convention === CONVENTION.handedOver) globalGet(w, handover);
    slack(w, 0x7c);
    globalSet(w, fuel);
    if (keepsDepth) {
      get(w, saved);
      globalSet(w, stack);
    }
    w.u8(0x0b);
    return w.done();
  }

  /** `(counter, depth)`: records which of them is negative, and traps. */
  halt(): Uint8Array {
    const w = new Writer(64);
    w.u8(0);
    this.stop(w);
    w.bytes([0x00, 0x0b]);
    return w.done();
  }

  /** `(counter, depth)`: as `halt` where one of them is negative; renews the lease where none is. */
  settleFrame(): Uint8Array {
    const w = new Writer(64);
    w.u8(0);
    get(w, 0);
    slack(w, 0x7c);
    get(w, 1);
    w.bytes([0x84, 0x42, 0x00, 0x53, 0x04, 0x40]);
    this.stop(w);
    w.bytes([0x00, 0x0b]);
    this.renew(w, 0, LEASE);
    w.u8(0x0b);
    return w.done();
  }

  /** `(counter)`: traps where it is exhausted; renews the lease where it is not. */
  settle(): Uint8Array {
    const w = new Writer(64);
    w.u8(0);
    this.stopExhausted(w);
    this.renew(w, 0, LEASE);
    w.u8(0x0b);
    return w.done();
  }

  private stop(w: Writer): void {
    get(w, 1);
    w.bytes([0x42, 0x00, 0x53, 0x04, 0x40]);
    this.mark(w, STATUS.stackOverflow);
    w.u8(0x0b);
    this.stopExhausted(w, false);
  }

  /** Marks a counter that is below zero, and traps. */
  private stopExhausted(w: Writer, traps = true): void {
    get(w, 0);
    w.u8(0x42);
    w.s64(-SLACK);
    w.bytes([0x53, 0x04, 0x40]);
    this.exhaust(w);
    if (traps) w.u8(0x00);
    w.u8(0x0b);
  }

  private exhaust(w: Writer): void {
    globalGet(w, this.globals.exhausted);
    globalSet(w, this.globals.fuel);
  }

  /** Sets the fuel global to so much below the counter, but not below zero. */
  private renew(w: Writer, counter: number, lease: number): void {
    get(w, counter);
    w.u8(0x42);
    w.s64(lease);
    w.bytes([0x7d, 0x42, 0x00]);
    get(w, counter);
    w.u8(0x42);
    w.s64(lease);
    w.bytes([0x55, 0x1b]);
    globalSet(w, this.globals.fuel);
  }

  /** Locals behind the parameters: the delta as i64, the result. The counter is the last parameter. */
  private growPrologue(delta: number, wide: boolean, shift: number, priceShift: number): Writer {
    const { memory } = this.globals;
    const counter = delta + 1;
    const wideDelta = delta + 2;
    const w = new Writer(128);
    w.bytes(wide ? [0x01, 0x02, 0x7e] : [0x02, 0x01, 0x7e, 0x01, 0x7f]);
    get(w, delta);
    if (!wide) w.u8(0xad);
    tee(w, wideDelta);
    globalGet(w, memory);
    w.bytes([0x42, shift, 0x88, 0x56, 0x04, 0x40]);
    this.mark(w, STATUS.memoryDenied);
    w.bytes([wide ? 0x42 : 0x41, 0x7f]);
    get(w, counter);
    w.bytes([0x0f, 0x0b]);
    get(w, counter);
    get(w, wideDelta);
    if (priceShift > 0) w.bytes([0x42, priceShift, 0x86]);
    w.u8(0x7d);
    tee(w, counter);
    w.u8(0x42);
    w.s64(-SLACK);
    w.bytes([0x53, 0x04, 0x40]);
    this.exhaust(w);
    w.bytes([0x00, 0x0b]);
    return w;
  }

  private growEpilogue(w: Writer, wide: boolean, shift: number, delta: number): Uint8Array {
    const { memory } = this.globals;
    const wideDelta = delta + 2;
    const result = delta + 3;
    tee(w, result);
    w.bytes(wide ? [0x42, 0x7f, 0x52] : [0x41, 0x7f, 0x47]);
    w.bytes([0x04, 0x40]);
    globalGet(w, memory);
    get(w, wideDelta);
    w.bytes([0x42, shift, 0x86, 0x7d]);
    globalSet(w, memory);
    w.u8(0x0b);
    get(w, result);
    get(w, delta + 1);
    w.u8(0x0b);
    return w.done();
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
  w.u8(kind === 'memory' ? 2 : 3);
  if (kind === 'table' && element !== undefined) w.copy(module.bytes, element[0], element[1]);
  w.bytes([number, 0x7e, 2, number, 0x7e]);
  return w.done();
}

function get(w: Writer, local: number): void {
  w.u8(0x20);
  w.u32(local);
}

function set(w: Writer, local: number): void {
  w.u8(0x21);
  w.u32(local);
}

function tee(w: Writer, local: number): void {
  w.u8(0x22);
  w.u32(local);
}

function call(w: Writer, index: number): void {
  w.u8(0x10);
  w.u32(index);
}

/** Adds or subtracts the slack. */
function slack(w: Writer, opcode: number): void {
  w.u8(0x42);
  w.s64(SLACK);
  w.u8(opcode);
}

function globalGet(w: Writer, global: number): void {
  w.u8(0x23);
  w.u32(global);
}

function globalSet(w: Writer, global: number): void {
  w.u8(0x24);
  w.u32(global);
}
