import type { CodeWriter } from './code.ts';
import type { EmitContext, FunctionPlan } from './context.ts';
import { CONVENTION } from './conventions.ts';
import type { Counter } from './counter.ts';
import type { FunctionScan } from './function-scan.ts';
import { SLACK } from './slack.ts';

const DROP = 0x1a;
const I64 = 0x7e;
const I64_CONST = 0x42;
const I64_LT_S = 0x53;
const I64_SUB = 0x7d;
const END = 0x0b;
const UNREACHABLE = 0x00;

/**
 * Units that a function may leave unchecked when it returns, where its callers do not know how many; twice as many
 * where they do.
 */
const AT_EXIT = SLACK / 4;

/** Writes how a function gets the counter and the depth, hands them to those that it calls, and gives them back. */
export class FrameEmitter {
  private readonly context: EmitContext;
  private readonly w: CodeWriter;
  private readonly counter: Counter;
  private plan!: FunctionPlan;
  private stack = 0;
  private saved = 0;
  /** Most units that some exit leaves unchecked. */
  left = 0;
  /** How far the guest's declared locals move. */
  shift = 0;

  constructor(context: EmitContext, w: CodeWriter, counter: Counter) {
    this.context = context;
    this.w = w;
    this.counter = counter;
  }

  /** Starts a function: its locals and its entry. */
  open(fn: FunctionScan, plan: FunctionPlan): void {
    this.plan = plan;
    this.left = 0;
    const always = fn.hasPads || this.context.exactTraps;
    this.counter.begin(this.locals(fn), always, plan.convention === CONVENTION.shared ? 0 : SLACK);
    if (plan.convention !== CONVENTION.none) this.entry();
  }

  /** Declares the meter's locals behind the guest's. Returns which one is the counter. */
  private locals(fn: FunctionScan): number {
    const { w, plan } = this;
    const { convention, depth, frame } = plan;
    const passed = convention === CONVENTION.passed;
    this.shift = passed ? (depth ? 2 : 1) : 0;
    this.stack = fn.params;
    let counter = fn.params + this.shift - 1;
    let added = 0;
    if (!passed && convention !== CONVENTION.none) {
      counter = fn.locals;
      added = 1;
      if (depth) this.stack = counter + added++;
      this.saved = depth && frame > 0 ? counter + added++ : this.stack;
    }
    w.u32(fn.localGroups + (added > 0 ? 1 : 0));
    w.copy(this.context.bytes, fn.declarations, fn.code);
    if (added > 0) {
      w.u32(added);
      w.u8(I64);
    }
    return counter;
  }

  private entry(): void {
    const { plan, context, counter } = this;
    const { convention, entry, frame, narrow, check, depth } = plan;
    if (convention === CONVENTION.handedOver) {
      this.w.getGlobal(context.globals.handover);
      counter.set();
    } else if (convention === CONVENTION.shared) counter.take();
    if (depth && convention !== CONVENTION.passed) {
      this.w.getGlobal(context.globals.depth);
      this.w.setLocal(this.stack);
      if (this.saved !== this.stack) {
        this.w.getLocal(this.stack);
        this.w.setLocal(this.saved);
      }
    }
    if (frame > 0 && narrow === undefined) this.debit();
    else if (!check && convention !== CONVENTION.shared) return counter.charge(entry);
    // Landing pads read the global, which callers left ahead.
    if (counter.exact && entry === 0 && convention !== CONVENTION.shared) counter.share();
    // Whoever takes the counter out of the global has checked it.
    if (convention === CONVENTION.shared && !counter.exact) counter.charge(entry);
    else counter.chargeAndCheck(entry);
    counter.entered();
  }

  /** Debits the frame, charges, and checks both counters. */
  enter(units: number): void {
    this.debit();
    this.counter.chargeAndCheck(units);
  }

  private debit(): void {
    const { w, context, plan } = this;
    w.getLocal(this.stack);
    w.constant(plan.frame);
    w.u8(I64_SUB);
    w.teeLocal(this.stack);
    w.bytes([I64_CONST, 0, I64_LT_S]);
    w.unlikely();
    this.counter.get();
    w.call(context.functions.overflow);
    w.bytes([UNREACHABLE, END]);
  }

  /** Pays for the length that stands on the stack, and leaves it there. */
  bulk(form: number): void {
    const { w, context, counter } = this;
    counter.checkBefore();
    counter.get();
    w.call(context.functions.payLength.get(form) as number);
    counter.set();
    if (counter.exact) counter.share();
    counter.arrive(0);
  }

  /** Before `unreachable`. */
  traps(): void {
    const { plan, counter } = this;
    if (!counter.exact && plan.convention !== CONVENTION.none) counter.share();
  }

  /** Before `throw`. */
  throws(): void {
    this.counter.shareChecked();
  }

  /** Before a call that so many units are charged for: the callee finds the counter, and the stack that is left. */
  beforeCall(callee: number, units: number): void {
    const { context, counter, w } = this;
    const convention = context.convention(callee);
    if (convention === CONVENTION.none) return counter.charge(units);
    const passed = convention === CONVENTION.passed;
    const depth = context.asksDepth(callee);
    if (passed && depth) w.getLocal(this.stack);
    counter.charge(units);
    if (convention === CONVENTION.shared) counter.shareChecked();
    else {
      if (counter.exact && !context.exactTraps) counter.settle();
      else counter.checkIfLong();
      counter.getLast();
      if (!passed) w.setGlobal(context.globals.handover);
    }
    if (depth && !passed) {
      w.getLocal(this.stack);
      w.setGlobal(context.globals.depth);
    }
  }

  /** Behind a call. */
  afterCall(callee: number): void {
    const { context, counter } = this;
    const convention = context.convention(callee);
    if (convention === CONVENTION.none) return;
    if (convention === CONVENTION.shared) return counter.take();
    if (convention === CONVENTION.handedOver) this.w.getGlobal(context.globals.handover);
    counter.set();
    if (counter.exact && !context.exactTraps) counter.share();
    const drift = context.drift(callee);
    let left: number = AT_EXIT;
    if (convention === CONVENTION.passed) {
      left = context.left(callee);
      if (left < 0) left = AT_EXIT;
    }
    counter.arrive(drift < 0 ? left : Math.max(counter.since + drift, left));
    counter.checkIfLong();
  }

  /** A call that is never reached still has to be valid: before it, … */
  beforeDeadCall(callee: number): void {
    const { w, context } = this;
    if (context.convention(callee) !== CONVENTION.passed) return;
    w.bytes([I64_CONST, 0]);
    if (context.asksDepth(callee)) w.bytes([I64_CONST, 0]);
  }

  /** … and behind it. */
  afterDeadCall(callee: number): void {
    if (this.context.convention(callee) === CONVENTION.passed) this.w.u8(DROP);
  }

  /** Calls the function that grows instead of the guest. */
  grow(helper: number, live: boolean): void {
    const { w, counter } = this;
    if (live) counter.get();
    else w.bytes([I64_CONST, 0]);
    w.call(helper);
    if (!live) {
      w.u8(DROP);
      return;
    }
    counter.set();
    if (counter.exact) counter.share();
  }

  /** Before the end of the function, and before `return`: the caller finds the counter, and its stack as it was. */
  exit(live: boolean): void {
    const { plan, context, counter, w } = this;
    const { convention, depth } = plan;
    if (convention === CONVENTION.none) return;
    if (live && convention !== CONVENTION.shared) {
      // Others than exact functions expect the global, which holds the counter, ahead.
      if (counter.exact && !context.exactTraps) counter.settle();
      else {
        if (counter.since > (plan.leftKnown ? 2 * AT_EXIT : AT_EXIT)) counter.check();
        this.left = Math.max(this.left, counter.since);
      }
    }
    if (convention === CONVENTION.passed) return counter.getLast();
    if (!live) return;
    if (convention === CONVENTION.shared) counter.shareChecked();
    else {
      counter.get();
      w.setGlobal(context.globals.handover);
    }
    if (depth) {
      w.getLocal(this.saved);
      w.setGlobal(context.globals.depth);
    }
  }
}
