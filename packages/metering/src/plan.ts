import { EV, FLAG, LABEL, type EventLog, type LabelLog } from './events.ts';
import type { FunctionScan } from './function-scan.ts';

/**
 * Where a function pays. One pass from the last event to the first gives every point a *potential*: the units that
 * whoever stands there has already paid, up to the end of the acyclic region. Where two paths meet or part with
 * different potentials, the difference is charged (or given back) on one of them, so that every path pays exactly
 * its own cost. Loop headers and the function's end have potential 0.
 */
export interface PlanContext {
  readonly events: EventLog;
  readonly labels: LabelLog;
  /** Some module of the component handles exceptions: no path is paid across a call, which may not return. */
  readonly exceptions: boolean;
  /** Whether a call leaves the counter as it is. */
  keepsCounter(callee: number): boolean;
  /** Whether a call cannot end by an exception. */
  returns(callee: number): boolean;
  readonly arms: Arms;
  /** Units that the caller pays for a callee. */
  prepaid(callee: number): number;
}

/**
 * A path that ends in `unreachable` accepts whatever the other side paid: it is represented by a potential far below
 * any real one, which still counts up, so that long doomed paths pay after all.
 */
const ANY = -1_000_000_000;
const ANY_MAX = -500_000_000;
const DOOMED_FREE = 64;

const isAny = (p: number): boolean => p < ANY_MAX;
const concrete = (p: number): number => (p < ANY_MAX ? p - ANY : p);

/** Per-label scratch of one function; indexed by label minus the function's first, and reused from one to the next. */
export interface Arms {
  readonly elseUnits: number[];
  readonly elseEvent: number[];
  readonly thenLive: boolean[];
  readonly elseLive: boolean[];
  readonly heavyAtEnd: number[];
  readonly blockersAtEnd: number[];
  readonly end: number[];
  readonly tablesAtEnd: number[];
  /** The `end` of an `if` without `else`, and whether the arm goes on with a loop around it. */
  readonly endEvent: number[];
  readonly continues: boolean[];
}

export const newArms = (): Arms => ({
  elseUnits: [],
  elseEvent: [],
  thenLive: [],
  elseLive: [],
  heavyAtEnd: [],
  blockersAtEnd: [],
  end: [],
  tablesAtEnd: [],
  endEvent: [],
  continues: [],
});

/** Fills `charge` and `edge` of the function's events; returns the units to be charged at its entry. */
export function planFunction(fn: FunctionScan, context: PlanContext): number {
  const { events, labels, exceptions } = context;
  const { kind, flags, cost, a, charge, edge } = events;
  const base = fn.label;
  const { arms } = context;
  let heavy = 0;
  /** Events that keep a loop around them from being copied. */
  let blockers = 0;
  let tables = 0;
  let p = 0;

  for (let i = fn.endEvent - 1; i >= fn.firstEvent; i--) {
    const f = flags[i] as number;
    const k = kind[i] as number;
    const units = cost[i] as number;
    const label = a[i] as number;
    charge[i] = 0;
    edge[i] = 0;
    if (f & FLAG.leaves && (f & FLAG.splittable) === 0 && k !== EV.br) blockers++;
    if ((f & FLAG.live) === 0 && k !== EV.end && k !== EV.else && k !== EV.catch) continue;
    switch (k) {
      case EV.end:
        if (f & FLAG.loopEnd) {
          arms.heavyAtEnd[label - base] = heavy;
          arms.blockersAtEnd[label - base] = fn.hasPads ? -1 : blockers;
          arms.end[label - base] = i;
          arms.tablesAtEnd[label - base] = tables;
        } else {
          p = endOfBlock(i, f, p, context, arms, base);
        }
        break;
      case EV.else:
        arms.elseUnits[label - base] = p;
        arms.elseEvent[label - base] = i;
        arms.thenLive[label - base] = (f & FLAG.fallsThrough) !== 0;
        p = labels.paid(label);
        break;
      case EV.catch:
        if (f & FLAG.live) charge[i] = concrete(p);
        p = labels.paid(label);
        break;
      case EV.if:
        p = splitIf(i, p, context, arms, label - base);
        break;
      case EV.loop:
        if (!fn.hasPads && heavy === arms.heavyAtEnd[label - base]) {
          const switches = tables !== arms.tablesAtEnd[label - base];
          if (switches && labels.loops[label] === 1) {
            labels.flags[label] = (labels.flags[label] as number) | LABEL.region;
          }
          if (blockers === arms.blockersAtEnd[label - base]) {
            const end = arms.end[label - base] as number;
            edge[i] = copies(i, end, concrete(p), context);
            if (edge[i] !== 0) context.events.copied.set(i, end);
          }
        }
        charge[i] = concrete(p);
        p = 0;
        blockers++;
        break;
      case EV.br:
        p = labels.paid(label);
        break;
      case EV.brTable:
        tables++;
        p = labels.paid(label);
        break;
      case EV.brIf:
        p = splitBranch(i, f, p, labels.paid(label), events);
        break;
      case EV.trap:
        p = exceptions ? 0 : ANY;
        break;
      case EV.return:
      case EV.throw:
        if (k === EV.throw) blockers++;
        p = 0;
        break;
      case EV.tailCall:
        p = context.prepaid(label);
        break;
      case EV.call:
        if (!context.keepsCounter(label)) heavy++;
        // Nor does a call wait for what is paid behind it: every frame of a recursion would owe it.
        if ((exceptions && !context.returns(label)) || (p < 0 && !isAny(p))) {
          charge[i] = concrete(p);
          p = 0;
        }
        p += context.prepaid(label);
        break;
      case EV.memoryGrow:
      case EV.tableGrow:
        heavy++;
        break;
    }
    p += units;
    if (isAny(p) && p - ANY > DOOMED_FREE) p -= ANY;
  }
  return concrete(p);
}

function endOfBlock(
  i: number,
  f: number,
  p: number,
  { events, labels }: PlanContext,
  arms: Arms,
  base: number,
): number {
  const label = events.a[i] as number;
  let paid = p;
  if (f & FLAG.live) {
    if ((labels.flags[label] as number) & LABEL.pinned) {
      paid = labels.paid(label);
      events.charge[i] = isAny(p) ? 0 : p - paid;
    } else labels.potential[label] = p;
  } else if (((labels.flags[label] as number) & LABEL.pinned) === 0) labels.potential[label] = 0;
  if (f & FLAG.oneArmed) {
    arms.elseUnits[label - base] = paid;
    arms.elseEvent[label - base] = -1;
    arms.endEvent[label - base] = i;
    arms.continues[label - base] =
      (f & FLAG.fallsThrough) === 0 &&
      events.kind[i - 1] === EV.br &&
      ((labels.flags[events.a[i - 1] as number] as number) & LABEL.loop) !== 0;
  } else if (f & FLAG.twoArmed) arms.elseLive[label - base] = (f & FLAG.fallsThrough) !== 0;
  return paid;
}

function splitIf(
  i: number,
  thenUnits: number,
  { events }: PlanContext,
  arms: Arms,
  slot: number,
): number {
  const elseUnits = arms.elseUnits[slot] as number;
  const elseEvent = arms.elseEvent[slot] as number;
  if (isAny(thenUnits)) return elseUnits;
  if (elseEvent === -1) {
    if (isAny(elseUnits)) return thenUnits;
    if (arms.continues[slot] === true) {
      events.edge[arms.endEvent[slot] as number] = elseUnits - thenUnits;
      return thenUnits;
    }
    events.charge[i] = thenUnits - elseUnits;
    return elseUnits;
  }
  if (isAny(elseUnits)) return thenUnits;
  const thenLive = arms.thenLive[slot] as boolean;
  const elseLive = arms.elseLive[slot] as boolean;
  // The arm that goes on is the likelier one: the other leaves by a branch.
  const followThen = thenLive === elseLive ? thenUnits <= elseUnits : thenLive;
  if (followThen) {
    events.charge[elseEvent] = elseUnits - thenUnits;
    return thenUnits;
  }
  events.charge[i] = thenUnits - elseUnits;
  return elseUnits;
}

function splitBranch(i: number, f: number, stays: number, taken: number, events: EventLog): number {
  if (isAny(taken)) return stays;
  if (isAny(stays)) return taken;
  if (f & FLAG.splittable && stays !== taken) {
    events.edge[i] = taken - stays;
    return stays;
  }
  events.charge[i] = stays - taken;
  return taken;
}

const MOST_COPIES = 8;
/** Longest body of a loop, in bytes, that is copied eight and four times. */
const COPY_EIGHT = 120;
const COPY_FOUR = 240;

/**
 * How many copies of a small innermost loop's body to make, so that one charge pays for all; 0 for none.
 * A loop without a price of its own has nothing to save.
 */
function copies(
  start: number,
  end: number,
  units: number,
  { events, labels }: PlanContext,
): number {
  const flags = labels.flags[events.a[start] as number] as number;
  if (((events.flags[end] as number) & FLAG.even) === 0) return 0;
  if (units <= 0 || (flags & LABEL.plain) === 0 || flags & LABEL.pad) return 0;
  const bytes = (events.pos[end] as number) - (events.next[start] as number);
  return bytes <= COPY_EIGHT ? MOST_COPIES : bytes <= COPY_FOUR ? 4 : 0;
}
