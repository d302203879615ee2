import { UNCHECKED_UNITS } from './calls.ts';
import type { CodeWriter } from './code.ts';
import { CONVENTION } from './conventions.ts';
import type { EmitContext, FunctionPlan } from './context.ts';
import type { FunctionScan } from './scan.ts';
import { BLOCK, SLACK } from './slack.ts';

const DROP = 0x1a;
const I64_CONST = 0x42;
const I64_AND = 0x83;
const I64_EQZ = 0x50;
const I64_LT_S = 0x53;
const I64_GE_S = 0x59;
const I64_SUB = 0x7d;
const END = 0x0b;
const UNREACHABLE = 0x00;

/** Widest window that is looked at: beyond, the global is set ahead whether the counter is in it or not. */
const WIDEST = BLOCK / 4;
/** Units that may be charged after a check until another one stands. */
const BETWEEN_CHECKS = SLACK - UNCHECKED_UNITS;
/**
 * Units that a function may leave unchecked when it returns, where its callers do not know how many; twice as many
 * where they do.
 */
const AT_EXIT = SLACK / 4;

/**
 * Writes the code that counts: charges, checks and the depth of the stack. One function at a time.
 *
 * The counter stands in a local and counts up to zero, where nothing is left. It goes from function to function as a
 * parameter and a result. The fuel global stands ahead of it: no charge writes there, only a check that finds the
 * counter in the window behind the start of a block of {@link BLOCK} units, which then sets the global to where that
 * block ends. No check can be passed by between two blocks, since no more is charged between two checks than the
 * window is wide.
 */
export class CounterEmitter {
  private readonly context: EmitContext;
  private readonly w: CodeWriter;
  private plan!: FunctionPlan;
  private counter = 0;
  private stack = 0;
  private saved = 0;
  /** … in the whole function. */
  private always = false;
  /** Most units that some exit leaves unchecked. */
  left = 0;
  /** How far the guest's declared locals move. */
  shift = 0;
  /** The label of the outermost loop around here that has no calls and dispatches by `br_table`. */
  region = -1;
  /** The global holds the counter after every charge. */
  private exact = false;
  /** Most units charged since a check, or since the entry where that does not check. */
  private since = 0;
  /** Most units that callers may have charged before: one that checks, and those without a check that it calls. */
  private before = 0;

  constructor(context: EmitContext, w: CodeWriter) {
    this.context = context;
    this.w = w;
  }

  /** Starts a function: its locals and its entry. */
  open(fn: FunctionScan, plan: FunctionPlan): void {
    this.plan = plan;
    this.region = -1;
    this.always = fn.hasPads || this.context.exactTraps;
    this.exact = this.always;
    this.since = 0;
    this.before = plan.convention === CONVENTION.shared ? 0 : SLACK;
    this.left = 0;
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
    const wide = next - first;
    w.u32(fn.localGroups + (wide > 0 ? 1 : 0));
    w.copy(this.context.bytes, fn.declarations, fn.code);
    if (wide > 0) {
      w.u32(wide);
      w.u8(0x7e);
    }
  }

  private entry(): void {
    const { plan, context } = this;
    const { convention, entry, frame, narrow, check, depth } = plan;
    if (convention === CONVENTION.handedOver) {
      this.w.getGlobal(context.handover);
      this.w.setLocal(this.counter);
    } else if (convention === CONVENTION.shared) this.take();
    if (depth && convention !== CONVENTION.passed) {
      this.w.getGlobal(context.depth);
      this.w.setLocal(this.stack);
      if (this.saved !== this.stack) {
        this.w.getLocal(this.stack);
        this.w.setLocal(this.saved);
      }
    }
    if (frame > 0 && narrow === undefined) this.debitFrame();
    else if (!check && convention !== CONVENTION.shared) return this.charge(entry);
    // Landing pads read the global, which callers left ahead.
    if (this.exact && entry === 0 && convention !== CONVENTION.shared) this.share();
    // Whoever takes the counter out of the global has checked it.
    if (convention === CONVENTION.shared && !this.exact) this.charge(entry);
    else this.chargeAndCheck(entry);
    this.before = 0;
  }

  /** Debits the frame, charges, and checks both counters. */
  enterFrame(units: number): void {
    this.debitFrame();
    this.chargeAndCheck(units);
  }

  private debitFrame(): void {
    const { w, context, plan } = this;
    w.getLocal(this.stack);
    w.constant(plan.frame);
    w.u8(I64_SUB);
    w.teeLocal(this.stack);
    w.bytes([I64_CONST, 0, I64_LT_S]);
    w.unlikely();
    w.getLocal(this.counter);
    w.call(context.overflow);
    w.bytes([UNREACHABLE, END]);
  }

  /** Charges `units`, or gives them back where they are negative. */
  charge(units: number): void {
    if (units === 0) return;
    this.w.addLocal(this.counter, units);
    if (this.exact) this.share();
    if (units > 0 && (this.always || !this.exact)) this.spend(units);
  }

  /** Units were charged without a check: one has to stand before they are more than the slack. */
  private spend(units: number): void {
    this.since += units;
    if (this.since > BETWEEN_CHECKS) this.check();
  }

  /** `least`: units that may stand unchecked on ways that are not seen yet. */
  chargeAndCheck(units: number, least = 0): void {
    const { w } = this;
    if (units !== 0) {
      w.addLocal(this.counter, units);
      if (this.exact) this.share();
    }
    w.getLocal(this.counter);
    this.checkTop(Math.max(this.since + this.before, least) + units);
  }

  /** What a loop's header could not check stands before it. */
  beforeLoop(): void {
    if (!this.exact && this.since > BETWEEN_CHECKS) this.check();
  }

  /** Before the counter is shared: far above zero it could be taken for {@link LAST}. */
  private checkLong(): void {
    if (this.sinceCheck > BETWEEN_CHECKS) this.check();
  }

  /** At a loop header, where the ways back from its body are yet to come. */
  enterLoop(units: number): void {
    this.chargeAndCheck(units, BETWEEN_CHECKS);
  }

  private check(): void {
    this.w.getLocal(this.counter);
    this.checkTop(this.since + this.before);
  }

  /**
   * Consumes the counter: traps where nothing is left, and sets the global ahead where the counter came to a new block
   * by less than `units`.
   */
  private checkTop(units: number): void {
    const { w, context } = this;
    this.since = 0;
    if (this.exact) return this.trapAtZero();
    const width = 2 ** Math.ceil(Math.log2(Math.max(units, SLACK)));
    if (width > WIDEST) return w.call(context.settle);
    w.constant(BLOCK - width);
    w.bytes([I64_AND, I64_EQZ]);
    w.unlikely();
    w.getLocal(this.counter);
    w.call(context.settle);
    w.u8(END);
  }

  /** Consumes the counter; marks it and traps where nothing is left. Calls nothing, since V8 unrolls no loop that does. */
  private trapAtZero(): void {
    const { w, context } = this;
    w.bytes([I64_CONST, 0, I64_GE_S]);
    w.unlikely();
    w.getGlobal(context.exhausted);
    w.setGlobal(context.fuel);
    w.bytes([UNREACHABLE, END]);
  }

  /** Pays for the length that stands on the stack, and leaves it there. */
  bulk(form: number): void {
    if (!this.exact && this.since > BETWEEN_CHECKS) this.check();
    this.w.getLocal(this.counter);
    this.w.call(this.context.payLength.get(form) as number);
    this.w.setLocal(this.counter);
    if (this.exact) this.share();
    this.since = 0;
  }

  /**
   * Before the outermost loop without calls that dispatches by `br_table`: a check that may go on stands in the way of
   * V8's unrolling (the kernel `interpreter` takes half as long again); one that traps or does nothing needs the
   * counter in the global.
   */
  enterRegion(label: number): void {
    this.region = label;
    this.exact = true;
    this.share();
  }

  leaveRegion(): void {
    this.region = -1;
    if (this.exact && !this.always) {
      this.exact = false;
      this.since = Infinity;
    }
  }

  /** Before `unreachable`. */
  traps(): void {
    if (!this.exact && this.plan.convention !== CONVENTION.none) this.share();
  }

  /** Before a call that so many units are charged for: the callee finds the counter, and the stack that is left. */
  beforeCall(callee: number, units: number): void {
    const { context } = this;
    const convention = context.convention(callee);
    if (convention === CONVENTION.none) return this.charge(units);
    const passed = convention === CONVENTION.passed;
    const depth = context.asksDepth(callee);
    if (passed && depth) this.w.getLocal(this.stack);
    this.charge(units);
    if (convention === CONVENTION.shared) {
      this.checkLong();
      this.share();
    } else {
      if (this.exact && !context.exactTraps) this.settle();
      else if (this.since > BETWEEN_CHECKS) this.check();
      this.w.lastLocal(this.counter);
      if (!passed) this.w.setGlobal(context.handover);
    }
    if (depth && !passed) {
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
      this.take();
      return;
    }
    if (convention === CONVENTION.handedOver) this.w.getGlobal(context.handover);
    this.w.setLocal(this.counter);
    if (this.exact && !context.exactTraps) this.share();
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
  }

  /** Before the end of the function, and before `return`: the caller finds the counter, and its stack as it was. */
  exit(live: boolean): void {
    const { plan, context } = this;
    const { convention, depth } = plan;
    if (convention === CONVENTION.none) return;
    if (live && convention !== CONVENTION.shared) {
      // Others than exact functions expect the global, which holds the counter, ahead.
      if (this.exact && !context.exactTraps) this.settle();
      else {
        if (this.since > (plan.leftKnown ? 2 * AT_EXIT : AT_EXIT)) this.check();
        this.left = Math.max(this.left, this.since);
      }
    }
    if (convention === CONVENTION.passed) return this.w.lastLocal(this.counter);
    if (!live) return;
    if (convention === CONVENTION.shared) {
      this.checkLong();
      this.share();
    } else {
      this.w.getLocal(this.counter);
      this.w.setGlobal(context.handover);
    }
    if (depth) {
      this.w.getLocal(this.saved);
      this.w.setGlobal(context.depth);
    }
  }

  /** Before `throw`. */
  throws(): void {
    this.checkLong();
    this.share();
  }

  /** Writes the counter to the global, where the host, other modules and landing pads find it. */
  private share(): void {
    this.w.getLocal(this.counter);
    this.w.setGlobal(this.context.fuel);
  }

  /** Reads the counter that the host, another module or an open table left, and sets the global ahead. */
  private take(): void {
    if (this.exact) return this.land();
    this.w.call(this.context.take);
    this.w.setLocal(this.counter);
    this.since = 0;
  }

  /** Reads the counter at a landing pad: whoever threw has shared it, and may have left any number of frames. */
  land(): void {
    this.w.getGlobal(this.context.fuel);
    this.w.setLocal(this.counter);
    this.since = Infinity;
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
