import { EV, FLAG, type EventLog, type LabelLog } from './events.ts';
import type { FunctionScan } from './function-scan.ts';

/** The part of a function in which its frame counts: it holds every call, and the paths around it pay for no frame. */
export interface Narrow {
  /** Event behind which the part begins. */
  readonly from: number;
  /** Event that ends it. */
  readonly until: number;
}

/**
 * Finds where a frame must be counted, for a function that returns early on some path without a call: the arm of an
 * `if` that has all calls, or what follows the last `end` on the function's own level before the first call.
 * Nothing where all paths call.
 */
export function narrowFrame(
  fn: FunctionScan,
  events: EventLog,
  labels: LabelLog,
): Narrow | undefined {
  if (fn.hasPads) return undefined;
  if (fn.firstCall === fn.endCall) return undefined;
  const first = events.calls[fn.firstCall] as number;
  const last = events.calls[fn.endCall - 1] as number;
  return arm(fn, events, labels, first, last) ?? tail(fn, events, first);
}

/** The innermost arm, outside of loops, that holds all calls. */
function arm(
  fn: FunctionScan,
  { kind, a }: EventLog,
  labels: LabelLog,
  first: number,
  last: number,
): Narrow | undefined {
  /** Arms that are open before the first call, outermost first. */
  const open: { from: number; label: number }[] = [];
  for (let i = fn.firstEvent; i < first; i++) {
    const label = a[i] as number;
    if (kind[i] === EV.if) open.push({ from: i, label });
    else if (kind[i] === EV.else) open[open.length - 1] = { from: i, label };
    else if (kind[i] === EV.end && open.at(-1)?.label === label) open.pop();
  }
  let until = first;
  for (const { from, label } of open.toReversed()) {
    if ((labels.loops[label] as number) > 0) continue;
    while ((kind[until] !== EV.end && kind[until] !== EV.else) || a[until] !== label) until++;
    if (until >= last) return { from, until };
  }
  return undefined;
}

/** The function behind an early return. */
function tail(fn: FunctionScan, { kind, flags, a }: EventLog, first: number): Narrow | undefined {
  let from = -1;
  let returns = false;
  for (let i = fn.firstEvent; i < first; i++) {
    const f = flags[i] as number;
    if ((f & FLAG.live) === 0) continue;
    const branches = kind[i] === EV.br || kind[i] === EV.brIf;
    if (kind[i] === EV.return || (branches && a[i] === fn.label)) returns = true;
    if (kind[i] === EV.end && returns && f & FLAG.outermost) from = i;
  }
  return from < 0 ? undefined : { from, until: fn.endEvent - 1 };
}
