import { EV, FLAG, type EventLog } from './events.ts';
import type { Module } from './module.ts';
import type { FunctionScan } from './scan.ts';

/**
 * Who calls whom. Nodes are the module's own functions, numbered without the imported ones, and behind them one node
 * per function type, which stands for whatever a table may hold of that type.
 */
export interface CallGraph {
  /** Callees of node `i`: `edges[starts[i]] … edges[starts[i + 1] - 1]`. */
  readonly starts: Int32Array;
  readonly edges: Int32Array;
  readonly functions: number;
  /** Node of what a table may hold of a type. */
  readonly typeNode: readonly number[];
  /** No other module can put a function into this one's tables, nor reach those that it holds. */
  readonly closed: boolean;
  /** 1: a table may hold a function of another module, or of the host. By type, as in `typeNode` without functions. */
  readonly foreign: Uint8Array;
  /** Calls an imported function, or something that another module may have put where it calls. */
  readonly callsOut: Uint8Array;
  /** 1: some function ends by calling it, and leaves its own frame before that. By node. */
  readonly tailCalled: Uint8Array;
}

/** Reads the calls out of the event log. `closed`: no other module can put a function into this one's tables. */
export function buildCallGraph(
  module: Module,
  functions: readonly FunctionScan[],
  events: EventLog,
  closed: boolean,
): CallGraph {
  const count = functions.length;
  const imported = module.importedFunctions;
  const typeNode = canonicalTypes(module);
  const starts = new Int32Array(count + module.types.length + 1);
  const callsOut = new Uint8Array(count);
  const foreign = new Uint8Array(module.types.length).fill(closed ? 0 : 1);
  for (const index of module.referenced) {
    if (index < imported) foreign[typeNode[module.functions[index] as number] as number] = 1;
  }
  const tailCalled = new Uint8Array(starts.length - 1);
  const edges: number[] = [];
  /** The function that last had an edge to a node, counted from 1. */
  const seen = new Int32Array(starts.length);
  const add = (from: number, to: number): void => {
    if (seen[to] === from + 1) return;
    seen[to] = from + 1;
    edges.push(to);
  };
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
      if (kind === EV.tailCall) {
        if (callee >= imported) tailCalled[callee - imported] = 1;
        else if (callee < 0) tailCalled[count + (typeNode[-1 - callee] as number)] = 1;
      }
      if (callee >= imported) add(i, callee - imported);
      else if (callee >= 0) callsOut[i] = 1;
      else {
        const type = typeNode[-1 - callee] as number;
        if (foreign[type] === 1) callsOut[i] = 1;
        add(i, count + type);
      }
    }
  }
  const held = module.types.map((): number[] => []);
  // Where tables are this module's own, what it exports cannot get into them.
  const reached = closed ? module.referenced : new Set([...module.referenced, ...module.exported]);
  for (const index of reached) {
    if (index >= imported)
      held[typeNode[module.functions[index] as number] as number]?.push(index - imported);
  }
  for (const [type, members] of held.entries()) {
    starts[count + type] = edges.length;
    for (const member of members) {
      edges.push(member);
      if (tailCalled[count + type] === 1) tailCalled[member] = 1;
    }
  }
  starts[count + module.types.length] = edges.length;
  return {
    starts,
    edges: Int32Array.from(edges),
    functions: count,
    typeNode: typeNode.map((type) => count + type),
    closed,
    foreign,
    callsOut,
    tailCalled,
  };
}

/** For every type the first one that is written the same: those are one type to `call_indirect`. */
function canonicalTypes(module: Module): number[] {
  const first = new Map<string, number>();
  return module.types.map((type, i) => {
    const params = module.bytes.subarray(type.paramBytes[0], type.paramBytes[1]);
    const results = module.bytes.subarray(type.resultBytes[0], type.resultBytes[1]);
    const key = `${params.join()}:${results.join()}`;
    const known = first.get(key);
    if (known === undefined) first.set(key, i);
    return known ?? i;
  });
}
