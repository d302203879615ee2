import { BULK, EV, FLAG, LABEL, type EventLog, type LabelLog } from './events.ts';
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
  /** Encoded type of a block that has this function's results. */
  /** Whether a call leaves the counter as it is. */
  readonly keepsCounter: (callee: number) => boolean;
  readonly resultBlock: (fn: FunctionScan) => Uint8Array;
}

/** What is emitted for one function. */
export interface FunctionPlan {
  readonly entry: number;
  /** Check the counter at the entry. */
  readonly check: boolean;
  /** Bytes of stack that one frame is taken for, or 0 where the depth is not counted. */
  readonly frame: number;
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
/** Blocks that stand around a copied body beyond the loop itself. */
const COPY_NESTING = 2;

interface Copied {
  readonly label: number;
  readonly event: number;
  /** Price of one copy. */
  readonly units: number;
  /** Copies still to come. */
  left: number;
}

const NOT_COPIED: Copied = { label: -1, event: -1, units: 0, left: 0 };

/** Writes one function body (without its size) to `w`. */
export class FunctionEmitter {
  private readonly context: EmitContext;
  private readonly w: Writer;
  private counter = 0;
  private saved = 0;
  private limit = 0;
  private length64 = 0;
  private length32 = 0;
  /** The local holds what the global holds: no callee can have changed it since. */
  private valid = false;
  /** The label of the outermost loop without calls around here: in it the local must stay true. */
  private region = -1;
  /** In it, the global is written where it is left, and once per lease. */
  private deferred = false;
  /** Event at hand. */
  private at = 0;
  private last = 0;
  /** Whether it does at the labels that are open, and at the `else` that is still to come. */
  private readonly validAt: boolean[] = [];
  private readonly validAtElse: boolean[] = [];
  /** The loop whose body is being copied. */
  private copied: Copied = NOT_COPIED;

  constructor(context: EmitContext, w: Writer) {
    this.context = context;
    this.w = w;
  }

  emit(fn: FunctionScan, plan: FunctionPlan): void {
    const { bytes, events, labels } = this.context;
    const { w } = this;
    w.reserve((fn.end - fn.declarations) * 2 + 256);
    this.locals(fn, plan);
    this.entry(plan);
    const wrapped = plan.frame > 0 && fn.rootTargeted;
    if (wrapped) {
      w.u8(0x02);
      w.bytes(this.context.resultBlock(fn));
    }
    let copied = fn.code;
    const base = fn.label;
    this.validAt.length = 0;
    this.validAtElse.length = 0;
    const last = fn.endEvent - 1;
    this.region = -1;
    this.deferred = false;
    this.last = last;
    for (let i = fn.firstEvent; i <= last; i++) {
      this.at = i;
      const kind = events.kind[i] as number;
      const flags = events.flags[i] as number;
      const at = events.pos[i] as number;
      const next = events.next[i] as number;
      const a = events.a[i] as number;
      const live = (flags & FLAG.live) !== 0;
      switch (kind) {
        case EV.loop:
          if (!live) continue;
          if ((labels.flags[a] as number) & LABEL.region) {
            // No call inside: the local stays true all through the loop.
            if (!this.valid) {
              w.copy(bytes, copied, at);
              copied = at;
              this.getGlobal(this.context.fuel);
              w.u8(LOCAL_SET);
              w.u32(this.counter);
              this.valid = true;
            }
            if (this.region < 0) {
              this.region = a;
              this.deferred = ((labels.flags[a] as number) & LABEL.deferred) !== 0;
              if (this.deferred) {
                w.copy(bytes, copied, at);
                copied = at;
                this.getLocal(this.counter);
                w.u8(LOCAL_SET);
                w.u32(this.limit);
              }
            }
          } else this.valid = false;
          if ((events.edge[i] as number) > 0) {
            w.copy(bytes, copied, at);
            copied = next;
            this.openCopies(i);
            continue;
          }
          w.copy(bytes, copied, next);
          copied = next;
          if ((labels.flags[a] as number) & LABEL.pad) this.landing(plan);
          this.chargeAndCheck(events.charge[i] as number);
          continue;
        case EV.end:
          if (i === last) {
            if (plan.frame > 0) {
              if (wrapped) {
                w.copy(bytes, copied, next);
                this.restoreDepth();
                w.u8(0x0b);
              } else {
                w.copy(bytes, copied, at);
                if (flags & FLAG.fallsThrough) this.restoreDepth();
                w.u8(0x0b);
              }
            } else w.copy(bytes, copied, next);
            copied = next;
            continue;
          }
          if (a === this.copied.label) {
            w.copy(bytes, copied, at);
            if (this.closeCopy((flags & FLAG.fallsThrough) !== 0)) {
              i = this.copied.event;
              copied = events.next[i] as number;
              continue;
            }
            copied = next;
          }
          if (a === this.region) {
            this.region = -1;
            if (this.deferred && live) {
              w.copy(bytes, copied, next);
              copied = next;
              this.writeBack();
            }
            this.deferred = false;
          }
          if ((flags & FLAG.loopEnd) === 0) {
            this.valid =
              (this.valid || (flags & FLAG.fallsThrough) === 0) &&
              this.validAt[a - base] !== false &&
              this.validAt[labels.find(a) - base] !== false &&
              ((flags & FLAG.oneArmed) === 0 || this.validAtElse[a - base] !== false);
          }
          if (live && (labels.flags[a] as number) & LABEL.pad && (flags & FLAG.loopEnd) === 0) {
            w.copy(bytes, copied, next);
            copied = next;
            this.landing(plan);
            this.valid = false;
          }
          break;
        case EV.if:
          this.validAtElse[a - base] = this.valid;
          break;
        case EV.else:
          if (flags & FLAG.fallsThrough) this.reach(a - base);
          this.valid = this.validAtElse[a - base] ?? false;
          break;
        case EV.brTable:
          if (live) this.reach(labels.find(a) - base);
          break;
        case EV.call:
          this.valid &&= this.context.keepsCounter(a);
          break;
        case EV.catch:
          if (flags & FLAG.fallsThrough) this.reach(a - base);
          this.valid = false;
          if (live) {
            w.copy(bytes, copied, next);
            copied = next;
            this.landing(plan);
          }
          break;
        case EV.return:
        case EV.tailCall:
        case EV.throw:
          if (!live) break;
          if (plan.frame > 0 || this.copied.label >= 0 || this.deferred) {
            w.copy(bytes, copied, at);
            copied = at;
            this.charge(-this.prepaid());
            if (this.deferred) this.writeBack();
            if (kind === EV.throw) break;
            if (plan.frame > 0) this.restoreDepth();
          }
          break;
        case EV.br:
          if (live) this.reach(a - base);
          if (a < this.copied.label) {
            w.copy(bytes, copied, at);
            copied = next;
            if (live) this.charge(-this.prepaid());
            if (live && this.deferred && a < this.region) this.writeBack();
            this.branchFurther(0x0c, at, COPY_NESTING);
          } else if (live && this.deferred && a < this.region) {
            w.copy(bytes, copied, at);
            copied = at;
            this.writeBack();
          }
          break;
        case EV.brIf: {
          const outside = a < this.copied.label;
          const edge = (events.edge[i] as number) - (outside && live ? this.prepaid() : 0);
          const leavesRegion = live && this.deferred && a < this.region;
          if (edge === 0 && !outside && !leavesRegion) {
            if (live) this.reach(a - base);
            break;
          }
          w.copy(bytes, copied, at);
          copied = next;
          const further = outside ? COPY_NESTING : 0;
          if (edge === 0 && !leavesRegion) this.branchFurther(bytes[at] as number, at, further);
          else {
            w.bytes([0x04, 0x40]);
            const { valid } = this;
            this.charge(edge);
            if (leavesRegion) this.writeBack();
            if (live) this.reach(a - base);
            this.valid = valid;
            this.branchFurther(0x0c, at, further + 1);
            w.u8(0x0b);
            break;
          }
          if (live) this.reach(a - base);
          break;
        }
        case EV.global:
          w.copy(bytes, copied, at);
          copied = next;
          w.u8(bytes[at] as number);
          w.u32(a + this.context.globalShift);
          break;
        case EV.bulk:
          if (!live) continue;
          w.copy(bytes, copied, at);
          copied = at;
          this.bulk(a);
          break;
        case EV.memoryGrow:
        case EV.tableGrow:
          w.copy(bytes, copied, at);
          copied = next;
          w.u8(0x10);
          w.u32(
            (kind === EV.memoryGrow ? this.context.memoryGrow : this.context.tableGrow).get(
              a,
            ) as number,
          );
          this.valid = false;
          break;
      }
      const units = events.charge[i] as number;
      if (units !== 0) {
        w.copy(bytes, copied, next);
        copied = next;
        this.charge(units);
      }
    }
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
    const { w, context } = this;
    this.valid = false;
    if (plan.frame === 0) {
      if (plan.check) this.chargeAndCheck(plan.entry);
      else this.charge(plan.entry);
      return;
    }
    this.getGlobal(context.fuel);
    if (plan.entry !== 0) {
      this.constant(plan.entry);
      w.u8(I64_SUB);
    }
    w.u8(LOCAL_TEE);
    w.u32(this.counter);
    if (plan.entry === 0) w.u8(0x1a);
    else this.setGlobal(context.fuel);
    this.valid = true;
    this.getGlobal(context.depth);
    w.u8(LOCAL_TEE);
    w.u32(this.saved);
    this.constant(plan.frame);
    w.u8(I64_SUB);
    this.setGlobal(context.depth);
    this.getLocal(this.counter);
    this.getLocal(this.saved);
    this.constant(plan.frame);
    w.bytes([I64_SUB, I64_OR, I64_CONST, 0, I64_LT_S, 0x04, 0x40, 0x10]);
    w.u32(context.halt);
    w.bytes([0x00, 0x0b]);
  }

  /** Subtracts `units`, which may be negative, from the counter: in its local, where it is read again, and the global. */
  private charge(units: number): void {
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

  private chargeAndCheck(units: number): void {
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
    if (this.valid) this.getLocal(this.counter);
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
  private writeBack(): void {
    this.getLocal(this.counter);
    this.setGlobal(this.context.fuel);
  }

  /** A branch goes to a label with the local as it is now. */
  private reach(label: number): void {
    if (!this.valid) this.validAt[label] = false;
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
  private bulk(form: number): void {
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
  private landing(plan: FunctionPlan): void {
    if (plan.frame === 0) return;
    this.getLocal(this.saved);
    this.constant(plan.frame);
    this.w.u8(I64_SUB);
    this.setGlobal(this.context.depth);
  }

  private restoreDepth(): void {
    this.getLocal(this.saved);
    this.setGlobal(this.context.depth);
  }

  /**
   * Opens a loop whose body is copied: one charge pays for all copies, and whoever leaves earlier gets the rest back.
   *
   *     block $exit
   *       loop
   *         block $next BODY-1 refund br $exit end
   *         …
   *         block $next BODY-n br $exit end
   *         br 0
   *       end
   *       unreachable
   *     end
   *
   * A branch to the loop goes to the end of its copy, by the same number of steps.
   */
  private openCopies(event: number): void {
    const { bytes, events } = this.context;
    const { w } = this;
    const units = events.charge[event] as number;
    const count = events.edge[event] as number;
    this.copied = { label: events.a[event] as number, event, units, left: count - 1 };
    w.reserve(count * ((events.next[event] as number) + 512));
    w.u8(0x02);
    w.copy(bytes, (events.pos[event] as number) + 1, events.next[event] as number);
    w.bytes([0x03, 0x40]);
    this.chargeAndCheck(units * count);
    w.bytes([0x02, 0x40]);
  }

  /** Ends one copy; true where another one follows. */
  private closeCopy(fallsThrough: boolean): boolean {
    const { w } = this;
    if (fallsThrough) {
      this.charge(-this.prepaid());
      w.bytes([0x0c, COPY_NESTING]);
    }
    w.u8(0x0b);
    if (this.copied.left > 0) {
      this.copied.left--;
      w.bytes([0x02, 0x40]);
      return true;
    }
    w.bytes([0x0c, 0x00, 0x0b, 0x00, 0x0b]);
    this.copied = NOT_COPIED;
    return false;
  }

  /** Units that were paid for copies still to come. */
  private prepaid(): number {
    return this.copied.units * this.copied.left;
  }

  /** A branch to the target of the one at `at`, from inside `further` more blocks. */
  private branchFurther(opcode: number, at: number, further: number): void {
    const { bytes } = this.context;
    let target = 0;
    let scale = 1;
    let pos = at + 1;
    for (;;) {
      const byte = bytes[pos++] as number;
      target += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 128;
    }
    this.w.u8(opcode);
    this.w.u32(target + further);
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
