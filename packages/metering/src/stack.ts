import type { CallGraph } from './call-graph.ts';
import type { FunctionScan } from './scan.ts';

/** Bytes that one frame is taken for, besides its values. */
const FRAME_BASE = 128;
/** An uncounted chain of calls may not need more stack than this before a counted function. */
const UNCOUNTED_BYTES = 1024;
/** What a call out of the module adds: the frames between it and whoever answers. */
const CALL_OUT_BYTES = 512;

/** What one frame can need on the machine's stack: every local, operand and value of a call spilled. */
export function frameBytes(fn: FunctionScan): number {
  return FRAME_BASE + (fn.locals + fn.height + fn.callValues) * (fn.wideValues ? 16 : 8);
}

/**
 * Whether a frame may go uncounted on paths without a call. At most one such frame is on the stack at a time, at its
 * top; a large one has to count.
 */
export function mayNarrow(fn: FunctionScan): boolean {
  return frameBytes(fn) <= UNCOUNTED_BYTES;
}

export interface StackPlan {
  /** By function: bytes that it debits from the stack budget, or 0. */
  readonly frames: Float64Array;
  /** Nodes of the call graph, each behind those that it calls, but for cycles. */
  readonly order: Int32Array;
  /** 1: chosen to cut a cycle; some caller comes before it in `order`. */
  readonly cut: Uint8Array;
}

/**
 * Decides which functions count the depth, and what each debits from the stack budget; 0 means that it does not count.
 * Every cycle of calls passes a counted function, and chains of others need little stack, which is debited by whoever
 * counts above them. Functions that call out of the module count, since what they call may call back; so do those that
 * are tail-called, since whoever calls them so gives its own frame back.
 */
export function planStack(functions: readonly FunctionScan[], graph: CallGraph): StackPlan {
  const { cut, order } = cutCycles(functions, graph);
  const debit = new Float64Array(functions.length);
  /** Stack below a node until the next counted function, itself included where it is not counted. */
  const uncounted = new Float64Array(graph.starts.length - 1);
  for (const i of order) {
    let below = 0;
    for (let e = graph.starts[i] as number; e < (graph.starts[i + 1] as number); e++) {
      below = Math.max(below, uncounted[graph.edges[e] as number] as number);
    }
    const fn = functions[i];
    if (fn === undefined) {
      uncounted[i] = below;
      continue;
    }
    const bytes = frameBytes(fn) + below;
    const counts = cut[i] === 1 || graph.callsOut[i] === 1 || graph.tailCalled[i] === 1;
    if (counts || fn.hasPads || bytes > UNCOUNTED_BYTES) {
      debit[i] = bytes + (graph.callsOut[i] === 1 ? CALL_OUT_BYTES : 0);
    } else uncounted[i] = bytes;
  }
  return { frames: debit, order, cut };
}

/**
 * Chooses the functions to count so that no cycle is left without one: the targets of back edges in a depth-first
 * walk, which starts at the largest functions because they bear it best. `order` lists every node behind all that it
 * reaches without passing a back edge.
 */
function cutCycles(
  functions: readonly FunctionScan[],
  graph: CallGraph,
): { cut: Uint8Array; order: Int32Array } {
  const nodes = graph.starts.length - 1;
  const cut = new Uint8Array(nodes);
  const roots = Array.from({ length: nodes }, (_, i) => i);
  const size = (i: number): number => {
    const fn = functions[i];
    return fn === undefined ? -1 : fn.end - fn.code;
  };
  roots.sort((a, b) => size(b) - size(a) || a - b);
  const state = new Uint8Array(nodes);
  const cursor = graph.starts.slice(0, nodes);
  const order = new Int32Array(nodes);
  const path: number[] = [];
  let done = 0;
  for (const root of roots) {
    if (state[root] !== 0) continue;
    path.push(root);
    state[root] = 1;
    while (path.length > 0) {
      const v = path[path.length - 1] as number;
      const e = cursor[v] as number;
      if (e === (graph.starts[v + 1] as number)) {
        state[v] = 2;
        order[done++] = v;
        path.pop();
        continue;
      }
      cursor[v] = e + 1;
      const w = graph.edges[e] as number;
      if (state[w] === 0) {
        state[w] = 1;
        path.push(w);
      } else if (state[w] === 1) cut[w < functions.length ? w : v] = 1;
    }
  }
  return { cut, order };
}
