import { EV, FLAG, LABEL, type EventLog, type LabelLog } from './events.ts';
import { DOOMED, DOOMED_FREE, FlowGraph, RANK } from './flow-graph.ts';
import type { FunctionScan } from './function-scan.ts';

export interface RewriteOptions {
  /** Some module of the component handles exceptions: no path is paid across a call, which may not return. */
  readonly exceptions: boolean;
  readonly exactTraps: boolean;
}

export interface PlanContext extends RewriteOptions {
  readonly events: EventLog;
  readonly labels: LabelLog;
  /** Whether a call leaves the counter as it is. */
  keepsCounter(callee: number): boolean;
  /** Whether a call cannot end by an exception. */
  returns(callee: number): boolean;
  readonly flow: Flow;
  /** Units that the caller pays for a callee. */
  prepaid(callee: number): number;
}

/** Per-label scratch of one function; indexed by label minus the function's first, and reused from one to the next. */
export interface Flow {
  readonly graph: FlowGraph;
  /** Units from the label to the trap that it is doomed to, or -1. */
  readonly doomed: Int32Array;
  /** The line that begins behind an `else`; where there is none, -1 minus the event that ends the `if`. */
  readonly other: Int32Array;
  readonly heavyAtEnd: Int32Array;
  readonly blockersAtEnd: Int32Array;
  readonly end: Int32Array;
  readonly tablesAtEnd: Int32Array;
}

/** `labels`: most that a function has. */
export const newFlow = (labels: number): Flow => ({
  graph: new FlowGraph(),
  doomed: new Int32Array(labels),
  other: new Int32Array(labels),
  heavyAtEnd: new Int32Array(labels),
  blockersAtEnd: new Int32Array(labels),
  end: new Int32Array(labels),
  tablesAtEnd: new Int32Array(labels),
});

/**
 * A label that so many branches go to is mostly where errors and other exceptions end: of those, a quarter to a third
 * are taken when they are passed, of others almost half (counted in three large modules).
 */
const SELDOM = 4;

/**
 * Where a function pays: reads its events from the last to the first into a {@link FlowGraph}, and has that fill their
 * `charge` and `edge`. Returns the units to be charged at the entry.
 *
 * @param checked the event behind which it checks, if not at its entry; else -1
 */
export function planFunction(fn: FunctionScan, context: PlanContext, checked = -1): number {
  const { events, labels, exceptions, flow } = context;
  const { graph, doomed, other } = flow;
  const { kind, flags, cost, a, charge, edge } = events;
  const base = fn.label;
  const last = fn.endEvent - 1;
  let heavy = 0;
  /** Events that keep a loop around them from being copied. */
  let blockers = 0;
  let tables = 0;
  graph.begin(fn, labels);
  graph.checked = checked;
  // Where a trap finds the counter itself, not the end of its block, nothing may be owed.
  if (fn.hasPads || context.exactTraps) graph.owed = 0;
  const exit = graph.node(base);

  for (let i = last; i >= fn.firstEvent; i--) {
    const f = flags[i] as number;
    const k = kind[i] as number;
    const label = a[i] as number;
    const at = label - base;
    charge[i] = 0;
    edge[i] = 0;
    if (f & FLAG.leaves && (f & FLAG.splittable) === 0 && k !== EV.br) blockers++;
    if (k === EV.loop) graph.depth = (labels.loops[label] as number) - 1;
    if ((f & FLAG.live) === 0 && k !== EV.end && k !== EV.else && k !== EV.catch) continue;
    switch (k) {
      case EV.end:
        doomed[at] = -1;
        if ((labels.flags[label] as number) & LABEL.pad) {
          graph.potentials.unite(graph.node(label), exit, 0);
        }
        if (f & FLAG.loopEnd) {
          graph.depth = labels.loops[label] as number;
          flow.heavyAtEnd[at] = heavy;
          flow.blockersAtEnd[at] = fn.hasPads ? -1 : blockers;
          flow.end[at] = i;
          flow.tablesAtEnd[at] = tables;
        } else if (i < last) {
          other[at] = -1 - i;
          if ((f & FLAG.live) === 0) doomed[at] = 0;
          else if (graph.to === DOOMED) doomed[at] = graph.units;
          else graph.close(graph.node(label), i);
          leadTo(label, at, flow);
        } else if (!fn.rootNamed) graph.passExit(i);
        break;
      case EV.else:
        if (f & FLAG.live) other[at] = graph.close(-1, i);
        leadTo(label, at, flow);
        break;
      case EV.catch:
        if (f & FLAG.live) graph.close(exit, i);
        leadTo(label, at, flow);
        break;
      case EV.if:
        splitIf(i, label, at, context);
        break;
      case EV.loop: {
        let copied = 0;
        if (!fn.hasPads && heavy === flow.heavyAtEnd[at]) {
          const switches = tables !== flow.tablesAtEnd[at];
          if (switches && labels.loops[label] === 1) {
            labels.flags[label] = (labels.flags[label] as number) | LABEL.region;
            graph.owed = 0;
          }
          if (blockers === flow.blockersAtEnd[at]) {
            copied = copies(i, flow.end[at] as number, context);
          }
        }
        blockers++;
        if (graph.to === DOOMED) break;
        if (copied > 0) events.copies(i, flow.end[at] as number);
        edge[i] = copied;
        const rank = copied > 0 ? RANK.copied : graph.dispatches() ? RANK.dispatch : RANK.header;
        graph.close(graph.node(label), i, rank);
        graph.open(graph.node(label));
        break;
      }
      case EV.br:
        leadTo(label, at, flow);
        break;
      case EV.brTable:
        tables++;
        graph.open(graph.node(label));
        break;
      case EV.brIf:
        splitBranch(i, label, at, context);
        break;
      case EV.trap:
        graph.open(exceptions ? exit : DOOMED);
        break;
      case EV.return:
        graph.open(exit);
        graph.passExit(i);
        break;
      case EV.throw:
        blockers++;
        graph.open(exit);
        break;
      case EV.tailCall:
        graph.open(exit, context.prepaid(label));
        break;
      case EV.call: {
        const keeps = context.keepsCounter(label);
        const prepaid = context.prepaid(label);
        if (!keeps) heavy++;
        if (exceptions && !context.returns(label)) {
          graph.close(exit, i);
          graph.open(exit);
          graph.passExit(i, prepaid);
        } else if (!keeps) graph.passCall(i, prepaid);
        graph.units += prepaid;
        break;
      }
      case EV.memoryGrow:
      case EV.tableGrow:
        heavy++;
        break;
    }
    graph.units += cost[i] as number;
    if (graph.to === DOOMED && graph.units > DOOMED_FREE) graph.to = exit;
  }
  return graph.solve(events);
}

/** Opens a line that leads to a label. */
function leadTo(label: number, at: number, { graph, doomed }: Flow): void {
  const units = doomed[at] as number;
  if (units < 0) graph.open(graph.node(label));
  else graph.open(DOOMED, units);
}

function splitIf(i: number, label: number, at: number, context: PlanContext): void {
  const { graph, doomed, other } = context.flow;
  const line = other[at] as number;
  if (line < 0) {
    const around = doomed[at] as number;
    if (around >= 0) graph.passDoomed(around);
    else if (graph.to === DOOMED) graph.open(graph.node(label));
    else {
      const node = graph.split();
      graph.close(node, i);
      const end = -1 - line;
      const rank = continues(end, context) ? RANK.joining : RANK.around;
      graph.edge(node, graph.node(label), end, rank);
      graph.open(node);
    }
  } else if (graph.isDoomed(line)) graph.passDoomed(graph.discard(line));
  else if (graph.to === DOOMED) graph.reopen(line);
  else {
    const node = graph.split();
    graph.close(node, i);
    graph.attach(line, node);
    graph.open(node);
  }
}

/** Whether the arm that comes to its end here goes on with a loop around it, as a `while` is written. */
function continues(end: number, { events: { kind, flags, a }, labels }: PlanContext): boolean {
  if ((flags[end] as number) & FLAG.fallsThrough || kind[end - 1] !== EV.br) return false;
  return ((labels.flags[a[end - 1] as number] as number) & LABEL.loop) !== 0;
}

function splitBranch(i: number, label: number, at: number, context: PlanContext): void {
  const { flow, events, labels } = context;
  const { graph, doomed } = flow;
  const units = doomed[at] as number;
  if (units >= 0) return graph.passDoomed(units);
  const target = graph.node(label);
  if (graph.to === DOOMED) return graph.open(target);
  const f = events.flags[i] as number;
  let node = target;
  if (f & FLAG.conditional && (labels.flags[label] as number) & LABEL.plain) {
    node = graph.split();
    const loop = (labels.flags[label] as number) & LABEL.loop;
    const seldom = f & FLAG.leaves || (!loop && (labels.branches[label] as number) >= SELDOM);
    graph.edge(node, target, i, seldom ? RANK.joining : RANK.taken);
  }
  graph.close(node, i);
  graph.open(node);
}

const MOST_COPIES = 8;
/** Longest body of a loop, in bytes, that is copied eight and four times. */
const COPY_EIGHT = 120;
const COPY_FOUR = 240;

/**
 * How many copies of a small innermost loop's body to make, so that one charge pays for all; 0 for none.
 * A loop without a price of its own has nothing to save.
 */
function copies(start: number, end: number, { events, labels }: PlanContext): number {
  const flags = labels.flags[events.a[start] as number] as number;
  if (((events.flags[end] as number) & FLAG.even) === 0) return 0;
  if ((flags & LABEL.plain) === 0 || flags & LABEL.pad) return 0;
  const bytes = (events.pos[end] as number) - (events.next[start] as number);
  return bytes <= COPY_EIGHT ? MOST_COPIES : bytes <= COPY_FOUR ? 4 : 0;
}
