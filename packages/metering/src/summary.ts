import { EV, FLAG, type EventLog } from './events.ts';
import type { Narrow } from './narrow.ts';
import type { FunctionScan } from './function-scan.ts';

const { loop: LOOP, end: END, call: CALL } = EV;
const { live: LIVE, loopEnd: LOOP_END } = FLAG;

/** What is known of those that a function calls, by their indices; below zero, of what a table may hold of a type. */
export interface Callees {
  /** Whether a call leaves the counter as it is. */
  keepsCounter(callee: number): boolean;
  /** Whether a call cannot end by an exception. */
  returns(callee: number): boolean;
  /** Most units that a call spends without a check. */
  uncheckedBy(callee: number): number;
  /** Most units that a call charges before someone checks. */
  driftBy(callee: number): number;
}

/** What a planned function does to the counter, and to whoever waits for it to return. */
export interface Summary {
  readonly silent: boolean;
  readonly throws: boolean;
  /** Units that it spends on its longest way without a check, and more. */
  readonly unchecked: number;
}

export function summarise(fn: FunctionScan, events: EventLog, callees: Callees): Summary {
  const { a, calls, charge, edge } = events;
  // Whoever throws leaves the counter where a landing pad finds it.
  let silent = !fn.spends && !fn.throws;
  let throws = fn.hasPads || fn.throws;
  let unchecked = fn.units;
  for (let c = fn.firstCall; c < fn.endCall; c++) {
    const callee = a[calls[c] as number] as number;
    if (!callees.keepsCounter(callee)) silent = false;
    if (!callees.returns(callee)) throws = true;
    unchecked += callees.uncheckedBy(callee);
  }
  for (let e = fn.firstEvent; silent && e < fn.endEvent; e++) {
    // Before a trap the counter is shared.
    const traps = events.kind[e] === EV.trap && ((events.flags[e] as number) & LIVE) !== 0;
    silent = charge[e] === 0 && edge[e] === 0 && !traps;
  }
  return { silent, throws, unchecked };
}

/** Units of what a function may spend before and behind the part that checks. */
export function costAround(fn: FunctionScan, { from, until }: Narrow, { cost }: EventLog): number {
  let { units } = fn;
  for (let e = from + 1; e <= until; e++) units -= cost[e] as number;
  return units;
}

/** Most units that a function charges beyond its entry until it checks: outside of loops, and of a part that checks. */
export function driftOf(
  fn: FunctionScan,
  { kind, flags, charge, edge, a }: EventLog,
  callees: Callees,
  checked: Narrow | undefined,
): number {
  const from = checked === undefined ? -1 : checked.from;
  const until = checked === undefined ? -1 : checked.until;
  let units = 0;
  let loops = 0;
  for (let e = fn.firstEvent; e < fn.endEvent; e++) {
    const k = kind[e] as number;
    const f = flags[e] as number;
    if (k === LOOP) loops++;
    else if (k === END && f & LOOP_END) loops--;
    if (loops > 0 || (f & LIVE) === 0) continue;
    if (e > from && e <= until) continue;
    // The charge at the beginning of a checked part stands before its check.
    if (e !== from) units += Math.max(0, charge[e] as number);
    units += Math.max(0, edge[e] as number);
    if (k === CALL) units += callees.driftBy(a[e] as number);
  }
  return units;
}
