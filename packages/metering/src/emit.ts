import { CounterEmitter, type EmitContext, type FunctionPlan } from './counter.ts';
import { EV, FLAG, LABEL } from './events.ts';
import type { FunctionScan } from './scan.ts';
import type { Writer } from './writer.ts';

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
  private readonly counter: CounterEmitter;
  /** Whether the counter's local is true at the labels that are open, and at the `else` that is still to come. */
  private readonly validAt: boolean[] = [];
  private readonly validAtElse: boolean[] = [];
  /** The loop whose body is being copied. */
  private copied: Copied = NOT_COPIED;

  constructor(context: EmitContext, w: Writer) {
    this.context = context;
    this.w = w;
    this.counter = new CounterEmitter(context, w);
  }

  emit(fn: FunctionScan, plan: FunctionPlan): void {
    const { bytes, events, labels } = this.context;
    const { w, counter: c } = this;
    w.reserve((fn.end - fn.declarations) * 2 + 256);
    c.open(fn, plan);
    const { narrow } = plan;
    /** The frame counts in one arm of an `if`. */
    const arm = narrow !== undefined && narrow.label !== fn.label ? narrow : undefined;
    const wholly = plan.frame > 0 && arm === undefined;
    const wrapped = wholly && fn.rootTargeted;
    if (wrapped) {
      w.u8(0x02);
      w.bytes(this.context.resultBlock(fn));
    }
    let copied = fn.code;
    const base = fn.label;
    this.validAt.length = 0;
    this.validAtElse.length = 0;
    const last = fn.endEvent - 1;
    for (let i = fn.firstEvent; i <= last; i++) {
      c.at = i;
      const kind = events.kind[i] as number;
      const flags = events.flags[i] as number;
      const at = events.pos[i] as number;
      const next = events.next[i] as number;
      const a = events.a[i] as number;
      const live = (flags & FLAG.live) !== 0;
      const counted =
        plan.frame > 0 && (narrow === undefined || (i > narrow.from && i <= narrow.until));
      const leavesArm = arm !== undefined && counted && a <= arm.label;
      if (
        (i === arm?.until && flags & FLAG.fallsThrough) ||
        (kind === EV.br && live && leavesArm)
      ) {
        w.copy(bytes, copied, at);
        copied = at;
        c.restoreDepth();
      }
      switch (kind) {
        case EV.loop:
          if (!live) continue;
          if ((labels.flags[a] as number) & LABEL.region) {
            // No call inside: the local stays true all through the loop.
            if (!c.valid || c.region < 0) {
              w.copy(bytes, copied, at);
              copied = at;
              c.load();
            }
            if (c.region < 0) {
              c.region = a;
              if ((labels.flags[a] as number) & LABEL.deferred) c.defer();
            }
          } else c.valid = false;
          if ((events.edge[i] as number) > 0) {
            w.copy(bytes, copied, at);
            copied = next;
            this.openCopies(i);
            continue;
          }
          w.copy(bytes, copied, next);
          copied = next;
          if ((labels.flags[a] as number) & LABEL.pad) c.landing(plan);
          c.chargeAndCheck(events.charge[i] as number);
          continue;
        case EV.end:
          if (i === last) {
            if (wholly) {
              if (wrapped) {
                w.copy(bytes, copied, next);
                c.restoreDepth();
                w.u8(0x0b);
              } else {
                w.copy(bytes, copied, at);
                if (flags & FLAG.fallsThrough) c.restoreDepth();
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
          if (a === c.region) {
            c.region = -1;
            if (c.deferred && live) {
              w.copy(bytes, copied, next);
              copied = next;
              c.writeBack();
            }
            c.deferred = false;
          }
          if ((flags & FLAG.loopEnd) === 0) {
            c.valid =
              (c.valid || (flags & FLAG.fallsThrough) === 0) &&
              this.validAt[a - base] !== false &&
              this.validAt[labels.find(a) - base] !== false &&
              ((flags & FLAG.oneArmed) === 0 || this.validAtElse[a - base] !== false);
          }
          if (live && (labels.flags[a] as number) & LABEL.pad && (flags & FLAG.loopEnd) === 0) {
            w.copy(bytes, copied, next);
            copied = next;
            c.landing(plan);
            c.valid = false;
          }
          break;
        case EV.if:
          this.validAtElse[a - base] = c.valid;
          break;
        case EV.else:
          if (flags & FLAG.fallsThrough) this.reach(a - base);
          c.valid = this.validAtElse[a - base] ?? false;
          break;
        case EV.brTable:
          if (live) this.reach(labels.find(a) - base);
          break;
        case EV.call:
          if (live) c.valid &&= this.context.keepsCounter(a);
          break;
        case EV.catch:
          if (flags & FLAG.fallsThrough) this.reach(a - base);
          c.valid = false;
          if (live) {
            w.copy(bytes, copied, next);
            copied = next;
            c.landing(plan);
          }
          break;
        case EV.return:
        case EV.tailCall:
        case EV.throw:
          if (!live) break;
          if (counted || this.copied.label >= 0 || c.deferred) {
            w.copy(bytes, copied, at);
            copied = at;
            c.charge(-this.prepaid());
            if (c.deferred) c.writeBack();
            if (kind === EV.throw) break;
            if (counted) c.restoreDepth();
          }
          break;
        case EV.br:
          if (live) this.reach(a - base);
          if (a < this.copied.label) {
            w.copy(bytes, copied, at);
            copied = next;
            if (live) c.charge(-this.prepaid());
            if (live && c.deferred && a < c.region) c.writeBack();
            this.branchFurther(0x0c, at, COPY_NESTING);
          } else if (live && c.deferred && a < c.region) {
            w.copy(bytes, copied, at);
            copied = at;
            c.writeBack();
          }
          break;
        case EV.brIf: {
          const outside = a < this.copied.label;
          const edge = (events.edge[i] as number) - (outside && live ? this.prepaid() : 0);
          const leavesRegion = live && c.deferred && a < c.region;
          const restores = live && leavesArm;
          if (edge === 0 && !outside && !leavesRegion && !restores) {
            if (live) this.reach(a - base);
            break;
          }
          w.copy(bytes, copied, at);
          copied = next;
          const further = outside ? COPY_NESTING : 0;
          if (edge === 0 && !leavesRegion && !restores)
            this.branchFurther(bytes[at] as number, at, further);
          else {
            w.bytes([0x04, 0x40]);
            const { valid } = c;
            c.charge(edge);
            if (leavesRegion) c.writeBack();
            if (restores) c.restoreDepth();
            if (live) this.reach(a - base);
            c.valid = valid;
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
          c.bulk(a);
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
          if (live) c.valid = false;
          break;
      }
      const units = events.charge[i] as number;
      if (units !== 0 || i === narrow?.from) {
        w.copy(bytes, copied, next);
        copied = next;
        if (i === narrow?.from) c.enterFrame(units, plan.frame);
        else c.charge(units);
      }
    }
  }

  /** A branch goes to a label with the local as it is now. */
  private reach(label: number): void {
    if (!this.counter.valid) this.validAt[label] = false;
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
    w.u8(0x02);
    w.copy(bytes, (events.pos[event] as number) + 1, events.next[event] as number);
    w.bytes([0x03, 0x40]);
    this.counter.chargeAndCheck(units * count);
    w.bytes([0x02, 0x40]);
  }

  /** Ends one copy; true where another one follows. */
  private closeCopy(fallsThrough: boolean): boolean {
    const { w } = this;
    if (fallsThrough) {
      this.counter.charge(-this.prepaid());
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
}
