import type { CallGraph } from './call-graph.ts';
import type { Callers } from './callers.ts';
import type { FunctionScan } from './function-scan.ts';
import type { FuncType, Module } from './module.ts';
import { reaching } from './reaching.ts';

/** Bytes that one frame is taken for, besides its values. */
const FRAME_BASE = 128;
/** An uncounted chain of calls may not need more stack than this before a counted function. */
const UNCOUNTED_BYTES = 1024;
/** What a call out of the module adds: the frames between it and whoever answers. */
const CALL_OUT_BYTES = 640;
/**
 * What a call from the host needs beside the frame of who is called: that of its door, and V8's between. Every value
 * stands in each of them (measured: 20 bytes for each, with its place in the frame).
 */
const ENTRY_BYTES = 256;
const ENTRY_VALUE_BYTES = 16;
/** What the frames that a call out of the module is taken for have room for: values and bytes of who is called back. */
const FEW_VALUES = 8;
const FEW_BYTES = 384;

const valueBytes = ({ params, results }: FuncType): number =>
  (params + results) * ENTRY_VALUE_BYTES;

export const entryBytes = (type: FuncType): number => ENTRY_BYTES + valueBytes(type);

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
  /** By node: bytes that it and those that it calls need until the next function that debits. */
  readonly uncounted: Float64Array;
  /** Nodes of the call graph, each behind those that it calls, but for cycles. */
  readonly order: Int32Array;
  /** 1: chosen to cut a cycle; some caller comes before it in `order`. */
  readonly cut: Uint8Array;
}

/**
 * Decides which functions count the depth, and what each debits from the stack budget; 0 means that it does not count.
 * Every cycle of calls passes a counted function, and chains of others need little stack, which is debited by whoever
 * counts above them. Functions that call out of the module count, since what they call may call back; so do those that
 * are tail-called, since whoever calls them so gives its own frame back. So do exports that call something, unless
 * they have a door, which debits what a call from the host needs. What the host finds in tables counts if it is large and
 * can lead out again: for a small one the frame of whoever called the host has room.
 */
export function planStack(
  module: Module,
  functions: readonly FunctionScan[],
  graph: CallGraph,
  callers: Callers,
): StackPlan {
  const walk = new Walk(graph);
  for (const root of largestFirst(functions, graph.starts.length - 1)) walk.from(root);
  const { cut, order } = walk;
  const frames = new Float64Array(functions.length);
  const uncounted = new Float64Array(order.length);
  // From where the module can be called again.
  const outward = graph.closed ? undefined : reaching(graph, (i) => graph.callsOut[i] === 1);
  for (const i of order) {
    const below = most(uncounted, graph, i);
    const fn = functions[i];
    if (fn === undefined) {
      uncounted[i] = below;
      continue;
    }
    const type = module.types[module.functions[fn.index] as number] as FuncType;
    const entered = module.exported.has(fn.index) && callers.known[i] === 0;
    const inTable = !graph.closed && module.referenced.has(fn.index);
    const bytes = frameBytes(fn) + below;
    const values = type.params + type.results;
    const large = values > FEW_VALUES || (bytes > FEW_BYTES && outward?.[i] === 1);
    const fromHost = entered || (inTable && large);
    const counts =
      cut[i] === 1 ||
      graph.callsOut[i] === 1 ||
      graph.tailCalled[i] === 1 ||
      (fromHost && fn.firstCall < fn.endCall);
    if (counts || fn.hasPads || bytes > UNCOUNTED_BYTES) {
      frames[i] = bytes + (graph.callsOut[i] === 1 ? CALL_OUT_BYTES : 0);
      if (entered) frames[i] += entryBytes(type);
      else if (inTable) frames[i] += valueBytes(type);
    } else uncounted[i] = bytes;
  }
  return { frames, uncounted, order, cut };
}

/** The largest value of those that a node calls. */
function most(values: Float64Array, { starts, edges }: CallGraph, node: number): number {
  const end = starts[node + 1] as number;
  let found = 0;
  for (let e = starts[node] as number; e < end; e++) {
    found = Math.max(found, values[edges[e] as number] as number);
  }
  return found;
}

/** Nodes by the size of their bodies, largest first, then by number; types behind all functions. */
function largestFirst(functions: readonly FunctionScan[], nodes: number): Int32Array {
  // Numbers that order as the pairs do: sorting them needs no function that compares.
  const keys = new Float64Array(nodes);
  for (let i = 0; i < nodes; i++) {
    const fn = functions[i];
    keys[i] = (fn === undefined ? 1 : fn.code - fn.end) * nodes + i;
  }
  keys.sort();
  const order = new Int32Array(nodes);
  for (let k = 0; k < nodes; k++) {
    const i = (keys[k] as number) % nodes;
    order[k] = i < 0 ? i + nodes : i;
  }
  return order;
}

/**
 * Chooses the functions to count so that no cycle is left without one: the targets of back edges in a depth-first
 * walk, which starts at the largest functions because they bear it best. `order` lists every node behind all that it
 * reaches without passing a back edge.
 */
class Walk {
  readonly cut: Uint8Array;
  readonly order: Int32Array;
  private readonly graph: CallGraph;
  private readonly state: Uint8Array;
  private readonly cursor: Int32Array;
  private readonly path: Int32Array;
  private done = 0;

  constructor(graph: CallGraph) {
    const nodes = graph.starts.length - 1;
    this.graph = graph;
    this.cut = new Uint8Array(nodes);
    this.order = new Int32Array(nodes);
    this.state = new Uint8Array(nodes);
    this.cursor = graph.starts.slice(0, nodes);
    this.path = new Int32Array(nodes);
  }

  from(root: number): void {
    const { state, cursor, path } = this;
    const { starts, edges, functions } = this.graph;
    if (state[root] !== 0) return;
    let depth = 0;
    path[depth++] = root;
    state[root] = 1;
    while (depth > 0) {
      const v = path[depth - 1] as number;
      const e = cursor[v] as number;
      if (e === (starts[v + 1] as number)) {
        state[v] = 2;
        this.order[this.done++] = v;
        depth--;
        continue;
      }
      cursor[v] = e + 1;
      const w = edges[e] as number;
      if (state[w] === 0) {
        state[w] = 1;
        path[depth++] = w;
      } else if (state[w] === 1) this.cut[w < functions ? w : v] = 1;
    }
  }
}
