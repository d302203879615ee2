import type { CodeWriter } from './code.ts';
import type { EmitContext, FunctionPlan } from './context.ts';
import { CONVENTION } from './conventions.ts';
import { CopiedLoop, COPY_NESTING } from './copied-loop.ts';
import { Counter } from './counter.ts';
import { EV, FLAG, LABEL } from './events.ts';
import { FrameEmitter } from './frame.ts';
import type { FunctionScan } from './function-scan.ts';
import { GuestBytes } from './guest-bytes.ts';
import { Joins } from './joins.ts';

const BLOCK_TYPE_EMPTY = 0x40;
const BLOCK = 0x02;
const IF = 0x04;
const ELSE = 0x05;
const END = 0x0b;
const BR = 0x0c;

/** Writes one function body (without its size) to `w`. */
export class FunctionEmitter {
  private readonly context: EmitContext;
  private readonly w: CodeWriter;
  private readonly counter: Counter;
  private readonly frame: FrameEmitter;
  private readonly guest: GuestBytes;
  private readonly joins: Joins;
  private readonly copied: CopiedLoop;

  constructor(context: EmitContext, w: CodeWriter) {
    const { bytes, events, labels } = context;
    this.context = context;
    this.w = w;
    this.counter = new Counter(context, w);
    this.frame = new FrameEmitter(context, w, this.counter);
    this.guest = new GuestBytes(bytes, events, w);
    this.joins = new Joins(labels, this.counter);
    this.copied = new CopiedLoop(w, this.counter, this.guest, events);
  }

  /** Returns the most units that it leaves unchecked behind its last check. */
  emit(fn: FunctionScan, plan: FunctionPlan): number {
    const { context, w, counter, frame, guest, joins, copied } = this;
    const { bytes, events, labels } = context;
    const { memoryGrow, tableGrow } = context.functions;
    const { kind: kinds, flags: allFlags, pos, next: nexts, a: operands, charge: charges } = events;
    w.reserve((fn.end - fn.declarations) * 2 + 256);
    frame.open(fn, plan);
    guest.open(fn, frame.shift);
    const narrow = plan.narrow === undefined ? -1 : plan.narrow.from;
    /** A branch to the function's end comes to where the counter is given back. */
    const wrapped = plan.convention !== CONVENTION.none && fn.rootNamed;
    if (wrapped) {
      w.u8(BLOCK);
      w.bytes(context.resultBlock(fn));
    }
    const last = fn.endEvent - 1;
    for (let i = fn.firstEvent; i < last; i++) {
      const flags = allFlags[i] as number;
      const at = pos[i] as number;
      const next = nexts[i] as number;
      const a = operands[i] as number;
      const live = (flags & FLAG.live) !== 0;
      switch (kinds[i]) {
        case EV.loop:
          if (live) this.loop(i, a, at, next);
          continue;
        case EV.end:
          if (a === copied.label) {
            guest.copyTo(at);
            if (copied.close((flags & FLAG.fallsThrough) !== 0)) {
              joins.land(a, false);
              i = copied.event;
              guest.skipTo(nexts[i] as number);
              continue;
            }
            guest.skipTo(next);
          }
          if (a === counter.region) counter.leaveRegion();
          if ((flags & FLAG.loopEnd) === 0) this.end(i, a, flags, at, next);
          break;
        case EV.if:
          joins.open(a);
          break;
        case EV.else:
          if (flags & FLAG.fallsThrough) joins.branch(a);
          joins.other(a);
          break;
        case EV.brTable:
          if (live) joins.table(a);
          break;
        case EV.call:
          guest.copyTo(at);
          if (live) frame.beforeCall(a, events.edge[i] as number);
          else frame.beforeDeadCall(a);
          guest.copyTo(next);
          if (live) frame.afterCall(a);
          else frame.afterDeadCall(a);
          break;
        case EV.catch:
          if (flags & FLAG.fallsThrough) joins.branch(a);
          if (live) {
            guest.copyTo(next);
            counter.land();
          }
          break;
        case EV.return:
          guest.copyTo(at);
          if (live) counter.charge((events.edge[i] as number) - copied.prepaid);
          frame.exit(live);
          break;
        case EV.tailCall:
          if (!live) break;
          guest.copyTo(at);
          counter.charge(-copied.prepaid);
          frame.exit(true);
          break;
        case EV.trap:
          if (!live) break;
          guest.copyTo(at);
          frame.traps();
          break;
        case EV.throw:
          if (!live) break;
          guest.copyTo(at);
          frame.throws();
          break;
        case EV.br:
          if (a < copied.label) {
            guest.copyTo(at);
            guest.skipTo(next);
            if (live) counter.charge(-copied.prepaid);
            guest.branch(BR, at, COPY_NESTING);
          }
          if (live) joins.branch(a);
          break;
        case EV.brIf:
          this.branchIf(i, a, live, at, next);
          break;
        case EV.global:
          guest.copyTo(at);
          guest.skipTo(next);
          w.u8(bytes[at] as number);
          w.u32(a + context.globalShift);
          break;
        case EV.bulk:
          if (!live) continue;
          guest.copyTo(at);
          frame.bulk(a);
          break;
        case EV.memoryGrow:
        case EV.tableGrow: {
          guest.copyTo(at);
          guest.skipTo(next);
          const grow = kinds[i] === EV.memoryGrow ? memoryGrow : tableGrow;
          frame.grow(grow.get(a) as number, live);
          break;
        }
      }
      const units = charges[i] as number;
      if (units !== 0 || i === narrow) {
        guest.copyTo(next);
        if (i === narrow) frame.enter(units);
        else counter.charge(units);
      }
    }
    this.close(last, plan, wrapped, labels.flags[fn.label] as number);
    return frame.left;
  }

  private loop(i: number, label: number, at: number, next: number): void {
    const { context, counter, guest } = this;
    const { events, labels, bytes } = context;
    const flags = labels.flags[label] as number;
    guest.copyTo(at);
    counter.checkBefore();
    if (flags & LABEL.region) counter.enterRegion(label);
    if ((events.edge[i] as number) > 0) {
      guest.skipTo(next);
      this.copied.open(i, bytes);
      return;
    }
    guest.copyTo(next);
    if (flags & LABEL.pad) counter.land();
    counter.enterLoop(events.charge[i] as number);
  }

  /** The end of a block, an `if` or a `try`. */
  private end(i: number, label: number, flags: number, at: number, next: number): void {
    const { context, w, counter, guest, joins } = this;
    const around = context.events.edge[i] as number;
    const fallsThrough = (flags & FLAG.fallsThrough) !== 0;
    if (around !== 0) {
      guest.copyTo(at);
      if (fallsThrough) joins.branch(label);
      w.u8(ELSE);
      joins.other(label);
      counter.charge(around);
      joins.land(label, true);
    } else {
      joins.land(label, fallsThrough);
      if (flags & FLAG.oneArmed) joins.around(label);
    }
    if (flags & FLAG.live && (context.labels.flags[label] as number) & LABEL.pad) {
      guest.copyTo(next);
      counter.land();
    }
  }

  private branchIf(i: number, label: number, live: boolean, at: number, next: number): void {
    const { context, w, counter, guest, joins, copied } = this;
    const outside = label < copied.label;
    const edge = (context.events.edge[i] as number) - (outside && live ? copied.prepaid : 0);
    const further = outside ? COPY_NESTING : 0;
    if (edge === 0) {
      if (live) joins.branch(label);
      if (!outside) return;
      guest.copyTo(at);
      guest.skipTo(next);
      guest.branch(context.bytes[at] as number, at, further);
      return;
    }
    guest.copyTo(at);
    guest.skipTo(next);
    w.bytes([IF, BLOCK_TYPE_EMPTY]);
    const since = counter.sinceCheck;
    counter.charge(edge);
    if (live) joins.branch(label);
    counter.arrive(since);
    guest.branch(BR, at, further + 1);
    w.u8(END);
  }

  /** The end of the function. */
  private close(last: number, plan: FunctionPlan, wrapped: boolean, labelFlags: number): void {
    const { context, w, counter, guest, joins, frame } = this;
    const { pos, next, a, flags, edge } = context.events;
    const f = flags[last] as number;
    if (plan.convention === CONVENTION.none) return guest.copyTo(next[last] as number);
    guest.copyTo((wrapped ? next : pos)[last] as number);
    if (wrapped) {
      joins.land(a[last] as number, (f & FLAG.fallsThrough) !== 0);
      if (labelFlags & LABEL.pad) counter.land();
    }
    counter.charge(edge[last] as number);
    frame.exit((f & FLAG.live) !== 0);
    w.u8(END);
  }
}
