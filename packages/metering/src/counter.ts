import { UNCHECKED_UNITS } from './calls.ts';
import type { CodeWriter } from './code.ts';
import { CONVENTION } from './conventions.ts';
import type { EmitContext, FunctionPlan } from './context.ts';
import { BULK } from './events.ts';
import type { FunctionScan } from './scan.ts';
import { LEASE, SLACK } from './slack.ts';

const DROP = 0x1a;
const I64_CONST = 0x42;
const I64_ADD = 0x7c;
const I64_SUB = 0x7d;
const I64_LT_S = 0x53;
const I64_OR = 0x84;
const I64_GT_S = 0x55;
const SELECT = 0x1b;
const IF_EMPTY = [0x04, 0x40] as const;
const END = 0x0b;
const UNREACHABLE = 0x00;

/** Units that may be charged after a check until another one stands. */
const BETWEEN_CHECKS = SLACK - UNCHECKED_UNITS;
/** Units that a function which checks may leave unchecked when it returns; one that does not, twice as many. */
const AT_EXIT = SLACK / 4;
/** Longest body, in bytes, that renews a lease in place instead of calling a function for it. */
const SHORT_BODY = 160;

/**
 * Writes the code that counts: charges, checks and the depth of the stack. One function at a time.
 *
 * The counter stands in a local, {@link SLACK} units below its true value, and goes from function to function as a
 * parameter and a result. The fuel global stands below it: no charge writes there, only a check that finds the
 * counter below the global, which then sets it a {@link LEASE} further down.
 */
export class CounterEmitter {
  private readonly context: EmitContext;
  private readonly w: CodeWriter;
  private plan!: FunctionPlan;
  private counter = 0;
  private stack = 0;
  private saved = 0;
  private limit = 0;
  private length64 = 0;
  private length32 = 0;
  private short = false;
  /** Some path checks, so that callers take no more than {@link AT_EXIT} for unchecked. */
  private checks = false;
  /** … in the whole function. */
  private always = false;
  /** Most units that some exit leaves unchecked. */
  left = 0;
  /** How far the guest's declared locals move. */
  shift = 0;
  /** The label of the outermost loop without calls around here. */
  region = -1;
  /** In it, the check compares with a local. */
  private deferred = false;
  /** The global holds the true counter after every charge. */
  private exact = false;
  /** Most units charged since a check. */
  private since = 0;

  constructor(context: EmitContext, w: CodeWriter) {
    this.context = context;
    this.w = w;
  }

  /** Starts a function: its locals and its entry. */
  open(fn: FunctionScan, plan: FunctionPlan): void {
    this.plan = plan;
    this.region = -1;
    this.deferred = false;
    this.always = fn.hasPads || this.context.exactTraps;
    this.exact = this.always;
    this.since = 0;
    this.left = 0;
    this.short = fn.end - fn.code < SHORT_BODY;
    this.checks = plan.check || plan.frame > 0 || fn.hasLoops;
    this.locals(fn);
    if (plan.convention !== CONVENTION.none) this.entry();
  }

  /** Declares the meter's locals behind the guest's. */
  private locals(fn: FunctionScan): void {
    const { w, plan } = this;
    const { convention, depth, frame } = plan;
    const passed = convention === CONVENTION.passed;
    this.shift = passed ? (depth ? 2 : 1) : 0;
    let next = fn.locals + this.shift;
    const first = next;
    if (passed) {
      this.stack = fn.params;
      this.counter = fn.params + this.shift - 1;
    } else if (convention !== CONVENTION.none) {
      this.counter = next++;
      if (depth) this.stack = next++;
      this.saved = depth && frame > 0 ? next++ : this.stack;
    }
    if (fn.hasLoops) this.limit = next++;
    if (fn.bulk64) this.length64 = next++;
    const wide = next - first;
    if (fn.bulk32) this.length32 = next;
    w.u32(fn.localGroups + (wide > 0 ? 1 : 0) + (fn.bulk32 ? 1 : 0));
    w.copy(this.context.bytes, fn.declarations, fn.code);
    if (wide > 0) {
      w.u32(wide);
      w.u8(0x7e);
    }
    if (fn.bulk32) w.bytes([0x01, 0x7f]);
  }

  private entry(): void {
    const { plan, context } = this;
    const { convention, entry, frame, narrow, check, depth } = plan;
    if (convention === CONVENTION.handedOver) {
      this.w.getGlobal(context.handover);
      this.w.setLocal(this.counter);
    } else if (convention === CONVENTION.shared) this.land();
    if (depth && convention !== CONVENTION.passed) {
      this.w.getGlobal(context.depth);
      this.w.setLocal(this.stack);
      if (this.saved !== this.stack) {
        this.w.getLocal(this.stack);
        this.w.setLocal(this.saved);
      }
    }
    const shared = convention === CONVENTION.shared && !this.exact;
    if (frame > 0 && narrow === undefined) this.enterFrame(entry, shared);
    else if (shared) {
      this.subtract(entry);
      this.settle();
    } else if (check || convention === CONVENTION.shared) this.chargeAndCheck(entry);
    else this.charge(entry);
  }

  /** Charges, debits the frame, and checks both counters at once. `shared`: the global is exact, so above the counter. */
  enterFrame(units: number, shared = false): void {
    const { w, context, plan } = this;
    this.subtract(units);
    if (this.exact) this.share();
    this.w.getLocal(this.stack);
    this.w.constant(plan.frame);
    w.u8(I64_SUB);
    this.since = 0;
    if (shared) {
      this.w.setLocal(this.stack);
      this.w.getLocal(this.counter);
      this.w.getLocal(this.stack);
      this.w.call(context.settleFrame);
      return;
    }
    w.teeLocal(this.stack);
    this.w.getLocal(this.counter);
    if (this.exact) {
      this.w.constant(SLACK);
      w.u8(I64_ADD);
    } else {
      this.w.getGlobal(context.fuel);
      w.u8(I64_SUB);
    }
    this.ifNegativeOr();
    if (this.exact) this.halt();
    else if (this.short) {
      this.w.getLocal(this.stack);
      this.w.getLocal(this.counter);
      this.w.constant(SLACK);
      w.u8(I64_ADD);
      this.ifNegativeOr();
      this.halt();
      w.u8(END);
      this.renew();
      this.w.setGlobal(context.fuel);
    } else {
      this.w.getLocal(this.counter);
      this.w.getLocal(this.stack);
      this.w.call(context.settleFrame);
    }
    w.u8(END);
  }

  private ifNegativeOr(): void {
    this.w.bytes([I64_OR, I64_CONST, 0, I64_LT_S, ...IF_EMPTY]);
  }

  private halt(): void {
    this.w.getLocal(this.counter);
    this.w.getLocal(this.stack);
    this.w.call(this.context.halt);
    this.w.u8(UNREACHABLE);
  }

  /** Subtracts `units`, which may be negative. */
  charge(units: number): void {
    if (units === 0) return;
    this.subtract(units);
    if (this.exact) this.share();
    else if (units > 0) this.spend(units);
  }

  /** Units were charged without a check: one has to stand before they are more than the slack. */
  private spend(units: number): void {
    this.since += units;
    if (this.since > BETWEEN_CHECKS) this.check();
  }

  private subtract(units: number): void {
    if (units === 0) return;
    this.w.getLocal(this.counter);
    this.w.constant(units);
    this.w.u8(I64_SUB);
    this.w.setLocal(this.counter);
  }

  chargeAndCheck(units: number): void {
    this.subtract(units);
    if (this.exact && units !== 0) this.share();
    this.check();
  }

  /** Traps where the counter is below zero; renews the lease where it is below the global. */
  private check(): void {
    const { w, context } = this;
    this.since = 0;
    this.w.getLocal(this.counter);
    if (this.exact) return this.trapBelowZero();
    if (this.deferred) this.w.getLocal(this.limit);
    else this.w.getGlobal(context.fuel);
    w.bytes([I64_LT_S, ...IF_EMPTY]);
    this.w.getLocal(this.counter);
    if (this.deferred) {
      this.trapBelowZero();
      this.renew();
      if (this.deferred) {
        w.teeLocal(this.limit);
      }
      this.w.setGlobal(context.fuel);
    } else this.w.call(context.settle);
    w.u8(END);
  }

  /** Consumes the counter; marks it and traps where its true value is negative. */
  private trapBelowZero(): void {
    const { w, context } = this;
    this.w.constant(-SLACK);
    w.bytes([I64_LT_S, ...IF_EMPTY]);
    this.w.getGlobal(context.exhausted);
    this.w.setGlobal(context.fuel);
    w.bytes([UNREACHABLE, END]);
  }

  /** Puts the new floor on the stack: a lease below the counter, but not below zero. */
  private renew(): void {
    const { w } = this;
    this.w.getLocal(this.counter);
    this.w.constant(LEASE);
    w.bytes([I64_SUB, I64_CONST, 0]);
    this.w.getLocal(this.counter);
    this.w.constant(LEASE);
    w.bytes([I64_GT_S, SELECT]);
  }

  /** Pays for the length that stands on the stack, and leaves it there. */
  bulk(form: number): void {
    const { w } = this;
    const narrow = form === BULK.bytes32 || form === BULK.elements32;
    const length = narrow ? this.length32 : this.length64;
    w.teeLocal(length);
    this.w.getLocal(this.counter);
    this.w.getLocal(length);
    if (narrow) w.u8(0xad);
    // No memory has 2^41 bytes, so a longer run traps whatever was paid; the mask keeps the counter from wrapping.
    if (!narrow) w.bytes([I64_CONST, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f, 0x83]);
    if (form === BULK.bytes32 || form === BULK.bytes64) w.bytes([I64_CONST, 3, 0x88]);
    w.u8(I64_SUB);
    this.w.setLocal(this.counter);
    if (this.exact) this.share();
    this.check();
  }

  /** Before a loop: the outermost one without calls counts on its own. */
  enterRegion(label: number, dispatches: boolean): void {
    this.region = label;
    if (dispatches) {
      this.exact = true;
      this.share();
    } else {
      this.deferred = true;
      this.w.getGlobal(this.context.fuel);
      this.w.setLocal(this.limit);
    }
  }

  leaveRegion(): void {
    this.region = -1;
    this.deferred = false;
    if (this.exact && !this.always) {
      this.exact = false;
      this.since = Infinity;
    }
  }

  /** Before a call: the callee finds the counter, and the stack that is left. */
  beforeCall(callee: number): void {
    const { context } = this;
    const convention = context.convention(callee);
    if (convention === CONVENTION.none) return;
    if (convention === CONVENTION.shared) this.share();
    else {
      if (this.exact) this.release();
      else if (this.since > BETWEEN_CHECKS) this.check();
      if (convention === CONVENTION.handedOver) {
        this.w.getLocal(this.counter);
        this.w.setGlobal(context.handover);
      }
    }
    const depth = context.asksDepth(callee);
    if (convention === CONVENTION.passed) {
      if (depth) this.w.getLocal(this.stack);
      this.w.getLocal(this.counter);
    } else if (depth) {
      this.w.getLocal(this.stack);
      this.w.setGlobal(context.depth);
    }
  }

  /** Behind a call. */
  afterCall(callee: number): void {
    const { context } = this;
    const convention = context.convention(callee);
    if (convention === CONVENTION.none) return;
    if (convention === CONVENTION.shared) {
      this.land();
      // The global is exact, and has to be lowered before it would be above the counter: at once, since other ways
      // that come here need no check, or behind the next charge, since many calls through tables may follow.
      if (callee < 0) this.since = Infinity;
      else if (!this.exact) this.settle();
      return;
    }
    if (convention === CONVENTION.handedOver) this.w.getGlobal(context.handover);
    this.w.setLocal(this.counter);
    if (this.exact) {
      if (!context.exactTraps) this.share();
      return;
    }
    const drift = context.drift(callee);
    let left: number = AT_EXIT;
    if (convention === CONVENTION.passed) {
      left = context.left(callee);
      if (left < 0) left = AT_EXIT;
    }
    this.since = drift < 0 ? left : Math.max(this.since + drift, left);
    if (this.since > BETWEEN_CHECKS) this.check();
  }

  /** A call that is never reached still has to be valid. */
  deadCall(callee: number, copy: () => void): void {
    const { w, context } = this;
    const passed = context.convention(callee) === CONVENTION.passed;
    if (passed) w.bytes([I64_CONST, 0]);
    if (passed && context.asksDepth(callee)) w.bytes([I64_CONST, 0]);
    copy();
    if (passed) w.u8(DROP);
  }

  /** Calls the function that grows instead of the guest. */
  grow(helper: number, live: boolean): void {
    const { w } = this;
    if (live) this.w.getLocal(this.counter);
    else w.bytes([I64_CONST, 0]);
    this.w.call(helper);
    if (!live) {
      w.u8(DROP);
      return;
    }
    this.w.setLocal(this.counter);
    if (this.exact) this.share();
    this.check();
  }

  /** Before the end of the function, and before `return`: the caller finds the counter, and its stack as it was. */
  exit(live: boolean): void {
    const { plan, context } = this;
    const { convention, depth } = plan;
    if (convention === CONVENTION.none) return;
    if (live && convention !== CONVENTION.shared) {
      if (this.exact) this.release();
      else {
        if (this.since > (this.checks ? AT_EXIT : 2 * AT_EXIT)) this.check();
        this.left = Math.max(this.left, this.since);
      }
    }
    if (convention === CONVENTION.passed) return this.w.getLocal(this.counter);
    if (!live) return;
    if (convention === CONVENTION.shared) this.share();
    else {
      this.w.getLocal(this.counter);
      this.w.setGlobal(context.handover);
    }
    if (depth) {
      this.w.getLocal(this.saved);
      this.w.setGlobal(context.depth);
    }
  }

  /** Writes the true counter to the global, where the host, other modules and landing pads find it. */
  share(): void {
    this.w.getLocal(this.counter);
    this.w.constant(SLACK);
    this.w.u8(I64_ADD);
    this.w.setGlobal(this.context.fuel);
  }

  /** Reads the counter at a landing pad: whoever threw has shared it. */
  land(): void {
    this.w.getGlobal(this.context.fuel);
    this.w.constant(SLACK);
    this.w.u8(I64_SUB);
    this.w.setLocal(this.counter);
  }

  /** Lowers the global, which is exact, to where functions expect it that do not keep it so. */
  private release(): void {
    if (!this.context.exactTraps) this.settle();
  }

  private settle(): void {
    this.w.getLocal(this.counter);
    this.w.call(this.context.settle);
    this.since = 0;
  }

  /** What a place that is branched to has to assume of the charges before it. */
  get sinceCheck(): number {
    return this.exact && !this.always ? Infinity : this.since;
  }

  arrive(since: number): void {
    this.since = since;
  }
}
