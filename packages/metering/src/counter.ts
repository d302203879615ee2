import { BULK, EV, type EventLog, type LabelLog } from './events.ts';
import type { Narrow } from './narrow.ts';
import type { FunctionScan } from './scan.ts';
import type { Writer } from './writer.ts';

/** Indices that emitted code refers to, and the decisions taken for the whole module. */
export interface EmitContext {
  readonly bytes: Uint8Array;
  readonly events: EventLog;
  readonly labels: LabelLog;
  readonly fuel: number;
  readonly depth: number;
  /** Constant that marks an exhausted counter. */
  readonly exhausted: number;
  /** How far defined globals move. */
  readonly globalShift: number;
  /** Function that records a stack overflow or an exhaustion at an entry, and traps. */
  readonly halt: number;
  readonly memoryGrow: ReadonlyMap<number, number>;
  readonly tableGrow: ReadonlyMap<number, number>;
  /** Whether a call leaves the counter as it is. */
  readonly keepsCounter: (callee: number) => boolean;
  /** Encoded type of a block that has this function's results. */
  readonly resultBlock: (fn: FunctionScan) => Uint8Array;
}

/** What is emitted for one function. */
export interface FunctionPlan {
  readonly entry: number;
  /** Check the counter at the entry. */
  readonly check: boolean;
  /** Bytes of stack that one frame is taken for, or 0 where the depth is not counted. */
  readonly frame: number;
  /** Where the frame counts and the counter is checked, if not from the entry to all exits. */
  readonly narrow: Narrow | undefined;
}

const GLOBAL_GET = 0x23;
const GLOBAL_SET = 0x24;
const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const LOCAL_TEE = 0x22;
const I64_CONST = 0x42;
const I64_SUB = 0x7d;
const I64_LT_S = 0x53;
const I64_OR = 0x84;
const I64_GT_S = 0x55;
const SELECT = 0x1b;

/** Units that a loop without calls takes out of the global at a time. */
const LEASE = 4096;

/** Events to look at for another use of the counter. */
const LOOK_AHEAD = 12;
/** Writes the code that counts: charges, checks and the depth of the stack. One function at a time. */
export class CounterEmitter {
  private readonly context: EmitContext;
  private readonly w: Writer;
  private counter = 0;
  private saved = 0;
  private limit = 0;
  private length64 = 0;
  private length32 = 0;
  /** The local holds what the global holds: no callee can have changed it since. */
  valid = false;
  /** The label of the outermost loop without calls around here: in it the local must stay true. */
  region = -1;
  /** In it, the global is written where it is left, and once per lease. */
  deferred = false;
  /** Event at hand. */
  at = 0;
  last = 0;

  constructor(context: EmitContext, w: Writer) {
    this.context = context;
    this.w = w;
  }

  /** Starts a function: its locals and its entry. */
  open(fn: FunctionScan, plan: FunctionPlan): void {
    this.region = -1;
    this.deferred = false;
    this.at = fn.firstEvent - 1;
    this.last = fn.endEvent - 1;
    this.locals(fn, plan);
    this.entry(plan);
  }

  /** The counter stands in its local from here on. */
  load(): void {
    if (this.valid) return;
    this.getGlobal(this.context.fuel);
    this.w.u8(LOCAL_SET);
    this.w.u32(this.counter);
    this.valid = true;
  }

  /** Enters a deferred region: the first check takes out a lease. */
  defer(): void {
    this.deferred = true;
    this.getLocal(this.counter);
    this.w.u8(LOCAL_SET);
    this.w.u32(this.limit);
  }

  /** Declares the meter's locals behind the guest's. */
  private locals(fn: FunctionScan, plan: FunctionPlan): void {
    const { w } = this;
    let next = fn.locals;
    this.counter = next++;
    if (plan.frame > 0) this.saved = next++;
    if (fn.hasLoops) this.limit = next++;
    if (fn.bulk64) this.length64 = next++;
    const wide = next - fn.locals;
    if (fn.bulk32) this.length32 = next;
    w.u32(fn.localGroups + (fn.bulk32 ? 2 : 1));
    w.copy(this.context.bytes, fn.declarations, fn.code);
    w.u32(wide);
    w.u8(0x7e);
    if (fn.bulk32) w.bytes([0x01, 0x7f]);
  }

  private entry(plan: FunctionPlan): void {
    this.valid = false;
    if (plan.frame > 0 && plan.narrow === undefined) this.enterFrame(plan.entry, plan.frame);
    else if (plan.frame === 0 && plan.check) this.chargeAndCheck(plan.entry);
    else this.charge(plan.entry);
  }

  /** Charges, debits the frame, and checks both counters at once. */
  enterFrame(units: number, frame: number): void {
    const { w, context } = this;
    if (units === 0) this.load();
    else {
      this.getCounter();
      this.constant(units);
      w.u8(I64_SUB);
      this.setCounter();
    }
    this.getGlobal(context.depth);
    w.u8(LOCAL_TEE);
    w.u32(this.saved);
    this.constant(frame);
    w.u8(I64_SUB);
    this.setGlobal(context.depth);
    this.getLocal(this.counter);
    this.getLocal(this.saved);
    this.constant(frame);
    w.bytes([I64_SUB, I64_OR, I64_CONST, 0, I64_LT_S, 0x04, 0x40, 0x10]);
    w.u32(context.halt);
    w.bytes([0x00, 0x0b]);
  }

  /** Subtracts `units`, which may be negative, from the counter: in its local, where it is read again, and the global. */
  charge(units: number): void {
    if (units === 0) return;
    this.getCounter();
    this.constant(units);
    this.w.u8(I64_SUB);
    if (this.region >= 0 || this.readAgain()) this.setCounter();
    else {
      this.setGlobal(this.context.fuel);
      this.valid = false;
    }
  }

  /** Whether the counter is likely to be read before a call can change it. A guess: either answer is right. */
  private readAgain(): boolean {
    const { kind, charge, edge, a } = this.context.events;
    const end = Math.min(this.last, this.at + LOOK_AHEAD);
    for (let i = this.at + 1; i < end; i++) {
      const k = kind[i] as number;
      if (k === EV.call && !this.context.keepsCounter(a[i] as number)) return false;
      if (k === EV.memoryGrow || k === EV.tableGrow) return false;
      if (k === EV.loop || k === EV.bulk || charge[i] !== 0 || edge[i] !== 0) return true;
    }
    return false;
  }

  chargeAndCheck(units: number): void {
    this.getCounter();
    if (units !== 0) {
      this.constant(units);
      this.w.u8(I64_SUB);
      this.setCounter();
      this.getLocal(this.counter);
    } else if (!this.valid) {
      this.w.u8(LOCAL_TEE);
      this.w.u32(this.counter);
      this.valid = true;
    }
    this.trapIfNegative();
  }

  private getCounter(): void {
    // In a region nothing can have changed the global; a deferred one must not read it.
    if (this.valid || this.region >= 0) this.getLocal(this.counter);
    else this.getGlobal(this.context.fuel);
  }

  /** Sets the counter to the value on the stack. */
  private setCounter(): void {
    if (this.deferred) {
      this.w.u8(LOCAL_SET);
      this.w.u32(this.counter);
      return;
    }
    this.w.u8(LOCAL_TEE);
    this.w.u32(this.counter);
    this.setGlobal(this.context.fuel);
    this.valid = true;
  }

  /** Ends a deferred region: the global is right again. */
  writeBack(): void {
    this.getLocal(this.counter);
    this.setGlobal(this.context.fuel);
  }

  /**
   * Consumes the counter; marks it and traps where it is negative. In a deferred region the comparison is with the
   * limit, to which the global was set ahead: a trap in the loop then finds up to a lease too much paid, never too
   * little. Below the limit the lease is renewed.
   */
  private trapIfNegative(): void {
    if (!this.deferred) {
      this.trapBelowZero();
      return;
    }
    const { w } = this;
    this.getLocal(this.limit);
    w.bytes([I64_LT_S, 0x04, 0x40]);
    this.getLocal(this.counter);
    this.trapBelowZero();
    this.getLocal(this.counter);
    this.constant(LEASE);
    w.bytes([I64_SUB, LOCAL_TEE]);
    w.u32(this.limit);
    w.bytes([I64_CONST, 0]);
    this.getLocal(this.limit);
    w.bytes([I64_CONST, 0, I64_GT_S, SELECT, LOCAL_TEE]);
    w.u32(this.limit);
    this.setGlobal(this.context.fuel);
    w.u8(0x0b);
  }

  private trapBelowZero(): void {
    this.w.bytes([I64_CONST, 0, I64_LT_S, 0x04, 0x40]);
    this.getGlobal(this.context.exhausted);
    this.setGlobal(this.context.fuel);
    this.w.bytes([0x00, 0x0b]);
  }

  /** Pays for the length that stands on the stack, and leaves it there. */
  bulk(form: number): void {
    const { w } = this;
    const narrow = form === BULK.bytes32 || form === BULK.elements32;
    const length = narrow ? this.length32 : this.length64;
    w.u8(LOCAL_TEE);
    w.u32(length);
    this.getCounter();
    this.getLocal(length);
    if (narrow) w.u8(0xad);
    // No memory has 2^41 bytes, so a longer run traps whatever was paid; the mask keeps the counter from wrapping.
    if (!narrow) w.bytes([I64_CONST, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f, 0x83]);
    if (form === BULK.bytes32 || form === BULK.bytes64) w.bytes([I64_CONST, 3, 0x88]);
    w.u8(I64_SUB);
    this.setCounter();
    this.getLocal(this.counter);
    this.trapIfNegative();
  }

  /** Puts the depth back to what this frame left, after an exception came through frames that could not. */
  landing(plan: FunctionPlan): void {
    if (plan.frame === 0) return;
    this.getLocal(this.saved);
    this.constant(plan.frame);
    this.w.u8(I64_SUB);
    this.setGlobal(this.context.depth);
  }

  restoreDepth(): void {
    this.getLocal(this.saved);
    this.setGlobal(this.context.depth);
  }

  private constant(value: number): void {
    this.w.u8(I64_CONST);
    this.w.s64(value);
  }

  private getGlobal(index: number): void {
    this.w.u8(GLOBAL_GET);
    this.w.u32(index);
  }

  private setGlobal(index: number): void {
    this.w.u8(GLOBAL_SET);
    this.w.u32(index);
  }

  private getLocal(index: number): void {
    this.w.u8(LOCAL_GET);
    this.w.u32(index);
  }
}
