import { EV, FLAG, type EventLog } from './events.ts';
import type { Module } from './module.ts';
import type { FunctionScan } from './scan.ts';

/**
 * Who calls whom, directly. Built once per module; functions are numbered without the imported ones.
 * `order` lists callees before their callers, but for cycles.
 */
export interface CallGraph {
  /** Callees of function `i`: `edges[starts[i]] … edges[starts[i + 1] - 1]`. */
  readonly starts: Int32Array;
  readonly edges: Int32Array;
  readonly order: Int32Array;
  /** Part of a cycle of direct calls. */
  readonly recursive: Uint8Array;
  /** Calls something that is not known here: through a table or a reference, or an import. */
  readonly callsOut: Uint8Array;
}

/** Reads the calls out of the event log and finds cycles (Tarjan's algorithm, without recursion). */
export function buildCallGraph(
  module: Module,
  functions: readonly FunctionScan[],
  events: EventLog,
): CallGraph {
  const count = functions.length;
  const imported = module.importedFunctions;
  const starts = new Int32Array(count + 1);
  const callsOut = new Uint8Array(count);
  const edges: number[] = [];
  for (const [i, fn] of functions.entries()) {
    starts[i] = edges.length;
    for (let e = fn.firstEvent; e < fn.endEvent; e++) {
      const kind = events.kind[e];
      if (
        (kind !== EV.call && kind !== EV.tailCall) ||
        ((events.flags[e] as number) & FLAG.live) === 0
      )
        continue;
      const callee = events.a[e] as number;
      if (callee < imported) callsOut[i] = 1;
      else edges.push(callee - imported);
    }
  }
  starts[count] = edges.length;
  const graph = { starts, edges: Int32Array.from(edges), callsOut };
  return { ...graph, ...findCycles(count, graph.starts, graph.edges) };
}

function findCycles(
  count: number,
  starts: Int32Array,
  edges: Int32Array,
): { order: Int32Array; recursive: Uint8Array } {
  const order = new Int32Array(count);
  const recursive = new Uint8Array(count);
  const seen = new Int32Array(count);
  const low = new Int32Array(count);
  const onStack = new Uint8Array(count);
  const cursor = starts.slice(0, count);
  const component: number[] = [];
  const path: number[] = [];
  let clock = 0;
  let done = 0;

  for (let root = 0; root < count; root++) {
    if (seen[root] !== 0) continue;
    path.push(root);
    while (path.length > 0) {
      const v = path[path.length - 1] as number;
      if (seen[v] === 0) {
        seen[v] = low[v] = ++clock;
        component.push(v);
        onStack[v] = 1;
      }
      let descended = false;
      while ((cursor[v] as number) < (starts[v + 1] as number)) {
        const w = edges[cursor[v] as number] as number;
        if (seen[w] === 0) {
          path.push(w);
          descended = true;
          break;
        }
        cursor[v] = (cursor[v] as number) + 1;
        if (w === v) recursive[v] = 1;
        if (onStack[w] === 1 && (low[w] as number) < (low[v] as number)) low[v] = low[w] as number;
      }
      if (descended) continue;
      path.pop();
      if (low[v] !== seen[v]) continue;
      const alone = component[component.length - 1] === v;
      for (;;) {
        const w = component.pop() as number;
        onStack[w] = 0;
        if (!alone) recursive[w] = 1;
        order[done++] = w;
        if (w === v) break;
      }
    }
  }
  return { order, recursive };
}
