import type { CallGraph } from './call-graph.ts';
import { EV, FLAG, type EventLog } from './events.ts';
import { narrowFrame, type Narrow } from './narrow.ts';
import { newArms, planFunction, type PlanContext } from './plan.ts';
import type { FunctionScan, Scanner } from './scan.ts';
import { mayNarrow, type StackPlan } from './stack.ts';
import type { Module } from './module.ts';

/** Most units that callers pay for a function ahead. Beyond it, sums over chains of calls would grow without bound. */
const PREPAID_UNITS = 256;
/** Most parameters of an exported function whose export is a function of its own. */
const DOOR_PARAMS = 16;
/** Most units that a function may spend, with what it calls, before someone checks. */
const UNCHECKED_UNITS = 2000;

/** How each function pays, found in one pass from callees to callers. */
export interface CallPlan {
  /** Units charged at a function's own entry. */
  readonly entry: Int32Array;
  /** 1: the function checks the counter at its entry. */
  readonly check: Uint8Array;
  /** 1: a call to the function leaves the counter as it is. */
  readonly silent: Uint8Array;
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
  const narrow: (Narrow | undefined)[] = Array.from({ length: count });
  const narrowed = (i: number, fn: FunctionScan): Narrow | undefined =>
    (frames[i] as number) > 0 && mayNarrow(fn) ? narrowFrame(fn, events, labels) : undefined;
  const context: PlanContext = {
    events,
    labels,
    exceptions,
    arms: newArms(),
    prepaid: (callee) => prepaid[own(callee)] ?? 0,
    keepsCounter: (callee) => silent[own(callee)] === 1,
    returns: (callee) => nothrow[own(callee)] === 1,
  };
  const called = new Set(graph.edges.subarray(0, graph.starts[count]));
  const known = ({ index }: FunctionScan): boolean => {
    if (module.referenced.has(index)) return false;
    if (!module.exported.has(index)) return true;
    const type = module.types[module.functions[index] as number];
    return called.has(own(index)) && type !== undefined && type.params <= DOOR_PARAMS;
  };
  // Some callers of these are planned before them. Any price does, since the rest is charged at the entry.
  for (const [i, fn] of functions.entries()) {
    if (cut[i] === 0 || !known(fn) || narrowed(i, fn) === undefined) continue;
    prepaid[i] = Math.min(planFunction(fn, context), PREPAID_UNITS);
  }
  for (const i of order) {
    const fn = functions[i];
    if (fn === undefined) continue;
    const units = planFunction(fn, context);
    narrow[i] = narrowed(i, fn);
    if (known(fn) && cut[i] === 0 && units <= PREPAID_UNITS) prepaid[i] = units;
    entry[i] = units - (prepaid[i] as number);
    const summary = summarise(fn, events, own, { silent, nothrow, unchecked });
    nothrow[i] = summary.throws || graph.callsOut[i] === 1 ? 0 : 1;
    const part = narrow[i];
    if (part !== undefined && known(fn)) {
      check[i] = 0;
      unchecked[i] = costAround(fn, part, events);
    }
    if (!known(fn) || (frames[i] as number) > 0 || summary.unchecked > UNCHECKED_UNITS) continue;
    check[i] = 0;
    unchecked[i] = summary.unchecked;
    silent[i] = summary.silent && entry[i] === 0 && !fn.hasLoops ? 1 : 0;
  }
  const doors = new Map<number, number>();
  for (const index of module.exported) {
    const i = own(index);
    const fn = functions[i];
    if (fn !== undefined && known(fn) && (prepaid[i] !== 0 || check[i] === 0)) {
      doors.set(i, prepaid[i] as number);
    }
  }
  return { entry, check, silent, narrow, doors };
}

/** Units of what a function may spend before and behind the part that checks. */
function costAround(fn: FunctionScan, { from, until }: Narrow, { cost }: EventLog): number {
  let units = 0;
  for (let e = fn.firstEvent; e < fn.endEvent; e++) {
    if (e <= from || e > until) units += cost[e] as number;
  }
  return units;
}

interface Known {
  readonly silent: Uint8Array;
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
        const callee = own(events.a[e] as number);
        if (known.silent[callee] !== 1) silent = false;
        if (known.nothrow[callee] !== 1) throws = true;
        unchecked += known.unchecked[callee] ?? 0;
        break;
      }
      case EV.bulk:
      case EV.memoryGrow:
      case EV.tableGrow:
        silent = false;
        break;
      case EV.throw:
        throws = true;
        break;
    }
  }
  return { silent, throws, unchecked };
}
