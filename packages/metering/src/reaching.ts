import type { CallGraph } from './call-graph.ts';

/** 1: from it such a function is reached, or it is one. By node of the call graph. */
export function reaching(graph: CallGraph, is: (fn: number) => boolean): Uint8Array {
  const { starts, edges } = graph;
  const nodes = starts.length - 1;
  const callers = new Int32Array(nodes + 1);
  for (const to of edges) callers[to + 1] = (callers[to + 1] as number) + 1;
  for (let i = 0; i < nodes; i++)
    callers[i + 1] = (callers[i + 1] as number) + (callers[i] as number);
  const cursor = callers.slice(0, nodes);
  const from = new Int32Array(edges.length);
  for (let i = 0; i < nodes; i++) {
    for (let e = starts[i] as number; e < (starts[i + 1] as number); e++) {
      const to = edges[e] as number;
      from[cursor[to] as number] = i;
      cursor[to] = (cursor[to] as number) + 1;
    }
  }
  const needs = new Uint8Array(nodes);
  const open: number[] = [];
  for (let i = 0; i < graph.functions; i++) {
    if (is(i)) {
      needs[i] = 1;
      open.push(i);
    }
  }
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (let e = callers[node] as number; e < (callers[node + 1] as number); e++) {
      const caller = from[e] as number;
      if (needs[caller] === 1) continue;
      needs[caller] = 1;
      open.push(caller);
    }
  }
  return needs;
}
