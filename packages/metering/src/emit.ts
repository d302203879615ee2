import { CONVENTION } from './conventions.ts';
import type { CodeWriter } from './code.ts';
import type { EmitContext, FunctionPlan } from './context.ts';
import { CounterEmitter } from './counter.ts';
import { EV, FLAG, LABEL } from './events.ts';
import type { FunctionScan } from './scan.ts';

/** Blocks that stand around a copied body beyond the loop itself. */
const COPY_NESTING = 2;

interface Copied {
  readonly label: number;
  readonly event: number;
  /** Price of one copy. */
  readonly units: number;
  /** First use of a declared local in it. */
  readonly use: number;
  /** Copies still to come. */
  left: number;
  /** Units that may be charged without a check where some copy leaves the loop by its end. */
  since: number;
}

const NOT_COPIED: Copied = { label: -1, event: -1, units: 0, use: 0, left: 0, since: 0 };

/** Writes one function body (without its size) to `w`. */
export class FunctionEmitter {
  private readonly context: EmitContext;
  private readonly w: CodeWriter;
  private readonly counter: CounterEmitter;
  /**
   * Units that may be charged without a check where a label is reached, by a branch or by the `br_table` whose labels
   * are joined with it, and where an `else` is that is still to come.
   */
  private readonly sinceAt: Float64Array;
  private readonly sinceAtTable: Float64Array;
  private readonly sinceAtElse: Float64Array;
  /** The loop whose body is being copied. */
  private copied: Copied = NOT_COPIED;
  /** Next use of a declared local. */
  private use = 0;
  private endUse = 0;

  constructor(context: EmitContext, w: CodeWriter) {
    this.context = context;
    this.w = w;
    this.counter = new CounterEmitter(context, w);
    this.sinceAt = new Float64Array(context.labels.length);
    this.sinceAtTable = new Float64Array(context.labels.length);
    this.sinceAtElse = new Float64Array(context.labels.length);
  }

  /** Returns the most units that it leaves unchecked behind its last check. */
  emit(fn: FunctionScan, plan: FunctionPlan): number {
    const { bytes, events, labels } = this.context;
    const { kind: kinds, flags: allFlags, pos, next: nexts, a: operands, charge: charges } = events;
    const { w, counter: c } = this;
    w.reserve((fn.end - fn.declarations) * 2 + 256);
    this.use = fn.firstUse;
    this.endUse = fn.endUse;
    c.open(fn, plan);
    const { narrow } = plan;
    /** A branch to the function's end comes to where the counter is given back. */
    const wrapped = plan.convention !== CONVENTION.none && fn.rootNamed;
    if (wrapped) {
      w.u8(0x02);
      w.bytes(this.context.resultBlock(fn));
    }
    let copied = fn.code;
    const last = fn.endEvent - 1;
    for (let i = fn.firstEvent; i <= last; i++) {
      const kind = kinds[i] as number;
      const flags = allFlags[i] as number;
      const at = pos[i] as number;
      const next = nexts[i] as number;
      const a = operands[i] as number;
      const live = (flags & FLAG.live) !== 0;
      switch (kind) {
        case EV.loop: {
          if (!live) continue;
          const labelFlags = labels.flags[a] as number;
          this.copy(copied, at);
          copied = at;
          c.beforeLoop();
          if (labelFlags & LABEL.region) c.enterRegion(a);
          if ((events.edge[i] as number) > 0) {
            copied = next;
            this.openCopies(i);
            continue;
          }
          this.copy(copied, next);
          copied = next;
          if (labelFlags & LABEL.pad) c.land();
          c.enterLoop(events.charge[i] as number);
          continue;
        }
        case EV.end:
          if (i === last) {
            if (plan.convention === CONVENTION.none) this.copy(copied, next);
            else {
              this.copy(copied, wrapped ? next : at);
              if (wrapped) {
                this.land(a, (flags & FLAG.fallsThrough) !== 0);
                if ((labels.flags[a] as number) & LABEL.pad) c.land();
              }
              c.charge(events.edge[i] as number);
              c.exit((flags & FLAG.live) !== 0);
              w.u8(0x0b);
            }
            continue;
          }
          if (a === this.copied.label) {
            this.copy(copied, at);
            if (this.closeCopy((flags & FLAG.fallsThrough) !== 0)) {
              this.land(a, false);
              i = this.copied.event;
              copied = events.next[i] as number;
              continue;
            }
            copied = next;
          }
          if (a === c.region) c.leaveRegion();
          if ((flags & FLAG.loopEnd) === 0) {
            const around = events.edge[i] as number;
            if (around !== 0) {
              this.copy(copied, at);
              copied = at;
              if (flags & FLAG.fallsThrough) this.reach(a);
              w.u8(0x05);
              c.arrive(this.sinceAtElse[a] as number);
              c.charge(around);
              this.land(a, true);
            } else {
              this.land(a, (flags & FLAG.fallsThrough) !== 0);
              if (flags & FLAG.oneArmed) {
                c.arrive(Math.max(c.sinceCheck, this.sinceAtElse[a] as number));
              }
            }
            if (live && (labels.flags[a] as number) & LABEL.pad) {
              this.copy(copied, next);
              copied = next;
              c.land();
            }
          }
          break;
        case EV.if:
          this.sinceAtElse[a] = c.sinceCheck;
          break;
        case EV.else:
          if (flags & FLAG.fallsThrough) this.reach(a);
          c.arrive(this.sinceAtElse[a] as number);
          break;
        case EV.brTable:
          if (live) this.reach(labels.find(a), this.sinceAtTable);
          break;
        case EV.call:
          this.copy(copied, at);
          copied = next;
          if (live) {
            c.beforeCall(a, events.edge[i] as number);
            this.copy(at, next);
            c.afterCall(a);
          } else c.deadCall(a, () => this.copy(at, next));
          break;
        case EV.catch:
          if (flags & FLAG.fallsThrough) this.reach(a);
          if (live) {
            this.copy(copied, next);
            copied = next;
            c.land();
          }
          break;
        case EV.return:
          this.copy(copied, at);
          copied = at;
          if (live) c.charge((events.edge[i] as number) - this.prepaid());
          c.exit(live);
          break;
        case EV.tailCall:
          if (!live) break;
          this.copy(copied, at);
          copied = at;
          c.charge(-this.prepaid());
          c.exit(true);
          break;
        case EV.trap:
          if (!live) break;
          this.copy(copied, at);
          copied = at;
          c.traps();
          break;
        case EV.throw:
          if (!live) break;
          this.copy(copied, at);
          copied = at;
          c.throws();
          break;
        case EV.br:
          if (a < this.copied.label) {
            this.copy(copied, at);
            copied = next;
            if (live) c.charge(-this.prepaid());
            this.branchFurther(0x0c, at, COPY_NESTING);
          }
          if (live) this.reach(a);
          break;
        case EV.brIf: {
          const outside = a < this.copied.label;
          const edge = (events.edge[i] as number) - (outside && live ? this.prepaid() : 0);
          if (live && edge === 0) this.reach(a);
          if (edge === 0 && !outside) break;
          this.copy(copied, at);
          copied = next;
          const further = outside ? COPY_NESTING : 0;
          if (edge === 0) {
            this.branchFurther(bytes[at] as number, at, further);
            break;
          }
          w.bytes([0x04, 0x40]);
          const since = c.sinceCheck;
          c.charge(edge);
          if (live) this.reach(a);
          c.arrive(since);
          this.branchFurther(0x0c, at, further + 1);
          w.u8(0x0b);
          break;
        }
        case EV.global:
          this.copy(copied, at);
          copied = next;
          w.u8(bytes[at] as number);
          w.u32(a + this.context.globalShift);
          break;
        case EV.bulk:
          if (!live) continue;
          this.copy(copied, at);
          copied = at;
          c.bulk(a);
          break;
        case EV.memoryGrow:
        case EV.tableGrow: {
          this.copy(copied, at);
          copied = next;
          const { memoryGrow, tableGrow } = this.context;
          c.grow((kind === EV.memoryGrow ? memoryGrow : tableGrow).get(a) as number, live);
          break;
        }
      }
      const units = charges[i] as number;
      if (units !== 0 || i === narrow?.from) {
        this.copy(copied, next);
        copied = next;
        if (i === narrow?.from) c.enterFrame(units);
        else c.charge(units);
      }
    }
    return c.left;
  }

  /** Copies the guest's bytes [start, end), in which declared locals move behind the meter's parameters. */
  private copy(start: number, end: number): void {
    const { w } = this;
    const { bytes, events } = this.context;
    const { shift } = this.counter;
    if (shift === 0) return w.copy(bytes, start, end);
    const { uses } = events;
    const moved = w.len - start;
    w.copy(bytes, start, end);
    for (; this.use < this.endUse; this.use++) {
      const pos = uses[this.use] as number;
      if (pos >= end) return;
      const index = bytes[pos] as number;
      if (index < 0x80 - shift) {
        w.buf[pos + moved] = index + shift;
        continue;
      }
      w.len = pos + moved;
      return this.copyLong(pos, end);
    }
  }

  /** The same from an index on that is longer now, or written in more than one byte: use by use. */
  private copyLong(start: number, end: number): void {
    const { w } = this;
    const { bytes, events } = this.context;
    const { shift } = this.counter;
    let from = start;
    for (; this.use < this.endUse; this.use++) {
      const pos = events.uses[this.use] as number;
      if (pos >= end) break;
      w.copy(bytes, from, pos);
      from = pos;
      let local = 0;
      for (let scale = 1; ; scale *= 128) {
        const byte = bytes[from++] as number;
        local += (byte & 0x7f) * scale;
        if (byte < 0x80) break;
      }
      w.u32(local + shift);
    }
    w.copy(bytes, from, end);
  }

  /** A branch goes to a label. */
  private reach(label: number, sinceAt = this.sinceAt): void {
    sinceAt[label] = Math.max(sinceAt[label] as number, this.counter.sinceCheck);
  }

  /** Comes to the end of a block, from its inside and by branches. */
  private land(label: number, fallsThrough: boolean): void {
    const root = this.context.labels.find(label);
    this.counter.arrive(
      Math.max(
        fallsThrough ? this.counter.sinceCheck : 0,
        this.sinceAt[label] as number,
        this.sinceAtTable[root] as number,
      ),
    );
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
    this.copied = {
      label: events.a[event] as number,
      event,
      units,
      use: this.use,
      left: count - 1,
      since: 0,
    };
    w.u8(0x02);
    w.copy(bytes, (events.pos[event] as number) + 1, events.next[event] as number);
    w.bytes([0x03, 0x40]);
    this.counter.enterLoop(units * count);
    w.bytes([0x02, 0x40]);
  }

  /** Ends one copy; true where another one follows. */
  private closeCopy(fallsThrough: boolean): boolean {
    const { w, copied, counter: c } = this;
    if (fallsThrough) {
      c.charge(-this.prepaid());
      copied.since = Math.max(copied.since, c.sinceCheck);
      w.bytes([0x0c, COPY_NESTING]);
    }
    w.u8(0x0b);
    if (copied.left > 0) {
      copied.left--;
      this.use = copied.use;
      w.bytes([0x02, 0x40]);
      return true;
    }
    w.bytes([0x0c, 0x00, 0x0b, 0x00, 0x0b]);
    c.arrive(copied.since);
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
