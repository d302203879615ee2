import { UNCHECKED_UNITS } from './calls.ts';
import type { CodeWriter } from './code.ts';
import type { EmitContext } from './context.ts';
import { BLOCK, SLACK } from './slack.ts';

const I64_CONST = 0x42;
const I64_AND = 0x83;
const I64_EQZ = 0x50;
const I64_GE_S = 0x59;
const END = 0x0b;
const UNREACHABLE = 0x00;

/** Widest window that is looked at: beyond, the global is set ahead whether the counter is in it or not. */
const WIDEST = BLOCK / 4;
/** Units that may be charged after a check until another one stands. */
const BETWEEN_CHECKS = SLACK - UNCHECKED_UNITS;

/**
 * Writes the code that counts within a function: charges and checks. One function at a time.
 *
 * The counter stands in a local and counts up to zero, where nothing is left. It goes from function to function as a
 * parameter and a result. The fuel global stands ahead of it: no charge writes there, only a check that finds the
 * counter in the window behind the start of a block of {@link BLOCK} units, which then sets the global to where that
 * block ends. No check can be passed by between two blocks, since no more is charged between two checks than the
 * window is wide.
 */
export class Counter {
  private readonly context: EmitContext;
  private readonly w: CodeWriter;
  private local = 0;
  /** … in the whole function. */
  private always = false;
  /** The label of the outermost loop around here that has no calls and dispatches by `br_table`. */
  region = -1;
  /** The global holds the counter after every charge. */
  exact = false;
  /** Most units charged since a check, or since the entry where that does not check. */
  since = 0;
  /** Most units that callers may have charged before: one that checks, and those without a check that it calls. */
  private before = 0;

  constructor(context: EmitContext, w: CodeWriter) {
    this.context = context;
    this.w = w;
  }

  /** Begins a function that has the counter in a local, before whose entry so many units may stand unchecked. */
  begin(local: number, always: boolean, before: number): void {
    this.local = local;
    this.always = always;
    this.exact = always;
    this.region = -1;
    this.since = 0;
    this.before = before;
  }

  /** The function has checked at its entry. */
  entered(): void {
    this.before = 0;
  }

  get(): void {
    this.w.getLocal(this.local);
  }

  /** Gets it where nobody gets it again before it is set. */
  getLast(): void {
    this.w.lastLocal(this.local);
  }

  set(): void {
    this.w.setLocal(this.local);
  }

  /** Charges `units`, or gives them back where they are negative. */
  charge(units: number): void {
    if (units === 0) return;
    this.w.addLocal(this.local, units);
    if (this.exact) this.share();
    if (units > 0 && (this.always || !this.exact)) {
      this.since += units;
      this.checkIfLong();
    }
  }

  /** `least`: units that may stand unchecked on ways that are not seen yet. */
  chargeAndCheck(units: number, least = 0): void {
    if (units !== 0) {
      this.w.addLocal(this.local, units);
      if (this.exact) this.share();
    }
    this.get();
    this.checkTop(Math.max(this.since + this.before, least) + units);
  }

  /** At a loop header, where the ways back from its body are yet to come. */
  enterLoop(units: number): void {
    this.chargeAndCheck(units, BETWEEN_CHECKS);
  }

  check(): void {
    this.get();
    this.checkTop(this.since + this.before);
  }

  /** Checks before more stands unchecked than may. */
  checkIfLong(): void {
    if (this.since > BETWEEN_CHECKS) this.check();
  }

  /** The same for the ways that do not know what they charged. */
  private checkIfUnknown(): void {
    if (this.sinceCheck > BETWEEN_CHECKS) this.check();
  }

  /** What a loop's header, or an operation that pays by length, could not check stands before it. */
  checkBefore(): void {
    if (!this.exact) this.checkIfLong();
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
    if (width > WIDEST) return w.call(context.functions.settle);
    w.constant(BLOCK - width);
    w.bytes([I64_AND, I64_EQZ]);
    w.unlikely();
    this.get();
    w.call(context.functions.settle);
    w.u8(END);
  }

  /** Consumes the counter; marks it and traps where nothing is left. Calls nothing, since V8 unrolls no loop that does. */
  private trapAtZero(): void {
    const { w, context } = this;
    w.bytes([I64_CONST, 0, I64_GE_S]);
    w.unlikely();
    w.getGlobal(context.globals.exhausted);
    w.setGlobal(context.globals.fuel);
    w.bytes([UNREACHABLE, END]);
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

  /** Writes the counter to the global, where the host, other modules and landing pads find it. */
  share(): void {
    this.get();
    this.w.setGlobal(this.context.globals.fuel);
  }

  /** The same, checked: far above zero it could be taken for {@link LAST}. */
  shareChecked(): void {
    this.checkIfUnknown();
    this.share();
  }

  /** Reads the counter that the host, another module or an open table left, and sets the global ahead. */
  take(): void {
    if (this.exact) return this.land();
    this.w.call(this.context.functions.take);
    this.set();
    this.since = 0;
  }

  /** Reads the counter at a landing pad: whoever threw has shared it, and may have left any number of frames. */
  land(): void {
    this.w.getGlobal(this.context.globals.fuel);
    this.set();
    this.since = Infinity;
  }

  settle(): void {
    this.get();
    this.w.call(this.context.functions.settle);
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
