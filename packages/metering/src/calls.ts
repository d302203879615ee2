import type { CallGraph } from './call-graph.ts';
import {
  chooseConventions,
  CONVENTION,
  mayPass,
  tailCalls,
  type Conventions,
} from './conventions.ts';
import { EV, FLAG, type EventLog } from './events.ts';
import { narrowFrame, type Narrow } from './narrow.ts';
import { newArms, planFunction, type PlanContext } from './plan.ts';
import type { FunctionScan, Scanner } from './scan.ts';
import { mayNarrow, type StackPlan } from './stack.ts';
import { TypePlan } from './type-plan.ts';
import type { Module } from './module.ts';

/** Most units that callers pay for a function ahead. Beyond it, sums over chains of calls would grow without bound. */
const PREPAID_UNITS = 256;
/** Most units that a function may spend, with what it calls, before someone checks. See {@link SLACK}. */
export const UNCHECKED_UNITS = 512;

/** The same for one that tables call. */
export const INDIRECT_UNITS = 64;

/** How each function pays, found in one pass from callees to callers. */
export interface CallPlan {
  /** Units charged at a function's own entry. */
  readonly entry: Int32Array;
  /** 1: the function checks the counter at its entry. */
  readonly check: Uint8Array;
  /** 1: a call to the function leaves the counter as it is. */
  readonly silent: Uint8Array;
  /** Most units that a function without a check at its entry charges before someone checks. */
  readonly drift: Float64Array;
  readonly conventions: Conventions;
  /** Where the frame counts, if not from the entry to all exits. */
  readonly narrow: readonly (Narrow | undefined)[];
  /** Own functions whose exports pay the given units before they call them. */
  readonly doors: ReadonlyMap<number, number>;
}

/**
 * Plans every function. One that is reached by direct calls alone is paid for by its callers up to its first branch,
 * since all of them are known; its own entry then costs nothing. Where it is exported as well, the export becomes a
 * function of its own, which pays and calls it. Small ones need no check either: whoever calls them
 * in a loop, or in a cycle of calls, checks.
 */
export function planCalls(
  module: Module,
  scanner: Scanner,
  graph: CallGraph,
  { frames, order, cut }: StackPlan,
  exceptions: boolean,
): CallPlan {
  const { functions, events, labels } = scanner;
  const count = functions.length;
  const own = (callee: number): number => callee - module.importedFunctions;
  const entry = new Int32Array(count);
  const prepaid = new Int32Array(count);
  const check = new Uint8Array(count).fill(1);
  const silent = new Uint8Array(count);
  const nothrow = new Uint8Array(count);
  const unchecked = new Float64Array(count);
  const drift = new Float64Array(count);
  const narrow: (Narrow | undefined)[] = Array.from({ length: count });
  const narrowed = (i: number, fn: FunctionScan): Narrow | undefined =>
    (frames[i] as number) > 0 && mayNarrow(fn) ? narrowFrame(fn, events, labels) : undefined;
  const types = new TypePlan(graph, count);
  const context: PlanContext = {
    events,
    labels,
    exceptions,
    arms: newArms(),
    prepaid: (callee) => (callee < 0 ? types.price(callee) : prepaid[own(callee)]) ?? 0,
    keepsCounter: (callee) => (callee < 0 ? types.isQuiet(callee) : silent[own(callee)] === 1),
    returns: (callee) => nothrow[own(callee)] === 1,
  };
  const called = new Set(graph.edges.subarray(0, graph.starts[count]));
  const tails = tailCalls(module, functions, events);
  /** Whether all callers are known: what they pay, and what they pass. */
  const knows = Uint8Array.from(functions, (fn, i) =>
    !module.referenced.has(fn.index) &&
    tails[i] === 0 &&
    mayPass(module, fn) &&
    (!module.exported.has(fn.index) || called.has(i))
      ? 1
      : 0,
  );
  const known = ({ index }: FunctionScan): boolean => knows[own(index)] === 1;
  /** Nobody but this module calls it, and it calls nothing: whoever calls it in a loop checks. */
  const isLeaf = (i: number, fn: FunctionScan): boolean =>
    graph.closed && tails[i] === 0 && !fn.hasLoops && graph.starts[i] === graph.starts[i + 1];
  // Some callers of these are planned before them. Any price does, since the rest is charged at the entry.
  for (const [i, fn] of functions.entries()) {
    if (cut[i] === 0 || !known(fn)) continue;
    const part = narrowed(i, fn);
    if (part === undefined) continue;
    prepaid[i] = Math.min(planFunction(fn, context), PREPAID_UNITS);
    const around = costAround(fn, part, events);
    if (around <= UNCHECKED_UNITS) unchecked[i] = drift[i] = around;
  }
  const driftBy = (callee: number): number => {
    if (callee < 0) return context.keepsCounter(callee) ? 0 : INDIRECT_UNITS;
    return drift[own(callee)] ?? 0;
  };
  /** A leaf that does nothing to the counter but pay at its entry. */
  const payOnce = new Uint8Array(count);
  const planned = new Uint8Array(count);
  const tablesPay = graph.closed && !tails.includes(1);
  /** What all functions of one type cost that only tables call is paid by whoever calls the table. */
  const planType = (node: number): void => {
    const members = graph.edges.subarray(graph.starts[node], graph.starts[node + 1]);
    const calledByTablesAlone = (i: number): boolean =>
      planned[i] === 1 && cut[i] === 0 && !called.has(i);
    const foreign = graph.foreign[node - count] === 1;
    if (!tablesPay || foreign || types.asked(node) || !members.every(calledByTablesAlone)) return;
    const least = members.reduce((sum, i) => Math.min(sum, entry[i] as number), PREPAID_UNITS);
    for (const i of members) {
      prepaid[i] = least;
      entry[i] = (entry[i] as number) - least;
      if (payOnce[i] === 1 && entry[i] === 0) silent[i] = 1;
    }
    types.set(
      node,
      members.length === 0 ? 0 : least,
      members.every((i) => silent[i] === 1),
    );
  };
  for (const i of order) {
    const fn = functions[i];
    if (fn === undefined) {
      planType(i);
      continue;
    }
    planned[i] = 1;
    const units = planFunction(fn, context);
    narrow[i] = narrowed(i, fn);
    if (known(fn) && cut[i] === 0 && units <= PREPAID_UNITS) prepaid[i] = units;
    entry[i] = units - (prepaid[i] as number);
    const summary = summarise(fn, events, own, { nothrow, unchecked, keeps: context.keepsCounter });
    nothrow[i] = summary.throws || graph.callsOut[i] === 1 ? 0 : 1;
    const part = narrow[i];
    if (part !== undefined && known(fn)) {
      const around = costAround(fn, part, events);
      if (around <= UNCHECKED_UNITS) {
        check[i] = 0;
        unchecked[i] = around;
        drift[i] = (entry[i] as number) + driftOf(fn, events, driftBy, part);
      }
    }
    const most = known(fn) ? UNCHECKED_UNITS : isLeaf(i, fn) ? INDIRECT_UNITS : 0;
    if ((frames[i] as number) > 0 || summary.unchecked > most) continue;
    check[i] = 0;
    drift[i] = (entry[i] as number) + driftOf(fn, events, driftBy);
    if (!known(fn)) {
      payOnce[i] = summary.silent && !fn.hasLoops ? 1 : 0;
      continue;
    }
    unchecked[i] = summary.unchecked;
    silent[i] = summary.silent && entry[i] === 0 && !fn.hasLoops ? 1 : 0;
  }
  const conventions = chooseConventions(module, graph, frames, {
    passes: knows,
    silent,
    quiet: types.quiet,
    tails,
  });
  const doors = new Map<number, number>();
  for (const index of new Set([...module.exported, module.started])) {
    const i = own(index);
    const convention = conventions.own[i];
    const paid = convention === CONVENTION.none && (prepaid[i] !== 0 || check[i] === 0);
    if (paid || convention === CONVENTION.passed || convention === CONVENTION.handedOver) {
      doors.set(i, prepaid[i] as number);
    }
  }
  return { entry, check, silent, drift, conventions, narrow, doors };
}

/** Units of what a function may spend before and behind the part that checks. */
function costAround(fn: FunctionScan, { from, until }: Narrow, { cost }: EventLog): number {
  let units = 0;
  for (let e = fn.firstEvent; e < fn.endEvent; e++) {
    if (e <= from || e > until) units += cost[e] as number;
  }
  return units;
}

/** Most units that a function charges beyond its entry until it checks: outside of loops, and of a part that checks. */
function driftOf(
  fn: FunctionScan,
  { kind, flags, charge, edge, a }: EventLog,
  driftBy: (callee: number) => number,
  checked: Narrow | undefined = undefined,
): number {
  let units = 0;
  let loops = 0;
  for (let e = fn.firstEvent; e < fn.endEvent; e++) {
    if (kind[e] === EV.loop) loops++;
    else if (kind[e] === EV.end && (flags[e] as number) & FLAG.loopEnd) loops--;
    if (loops > 0 || ((flags[e] as number) & FLAG.live) === 0) continue;
    if (checked !== undefined && e > checked.from && e <= checked.until) continue;
    // The charge at the beginning of a checked part stands before its check.
    if (e !== checked?.from) units += Math.max(0, charge[e] as number);
    units += Math.max(0, edge[e] as number);
    if (kind[e] === EV.call) units += driftBy(a[e] as number);
  }
  return units;
}

interface Known {
  readonly keeps: (callee: number) => boolean;
  readonly nothrow: Uint8Array;
  readonly unchecked: Float64Array;
}

/** What a planned function does to the counter, and to whoever waits for it to return. */
function summarise(
  fn: FunctionScan,
  events: EventLog,
  own: (callee: number) => number,
  known: Known,
): { silent: boolean; throws: boolean; unchecked: number } {
  let silent = true;
  let throws = fn.hasPads;
  let unchecked = 0;
  for (let e = fn.firstEvent; e < fn.endEvent; e++) {
    unchecked += events.cost[e] as number;
    if (((events.flags[e] as number) & FLAG.live) === 0) continue;
    if (events.charge[e] !== 0 || events.edge[e] !== 0) silent = false;
    switch (events.kind[e]) {
      case EV.call:
      case EV.tailCall: {
        const callee = events.a[e] as number;
        const keeps = known.keeps(callee);
        if (!keeps) silent = false;
        if (known.nothrow[own(callee)] !== 1) throws = true;
        if (callee >= 0) unchecked += known.unchecked[own(callee)] ?? 0;
        else if (!keeps) unchecked += INDIRECT_UNITS;
        break;
      }
      case EV.bulk:
      case EV.memoryGrow:
      case EV.tableGrow:
        silent = false;
        break;
      case EV.throw:
        // Whoever throws leaves the counter where a landing pad finds it.
        silent = false;
        throws = true;
        break;
    }
  }
  return { silent, throws, unchecked };
}
