import { EV, type EventLog } from './events.ts';
import type { Module } from './module.ts';
import type { FunctionScan } from './function-scan.ts';

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
  const builder = new GraphBuilder(module, functions.length, events, closed);
  for (let i = 0; i < functions.length; i++) builder.calls(i, functions[i] as FunctionScan);
  return builder.done();
}

class GraphBuilder {
  private readonly module: Module;
  private readonly events: EventLog;
  private readonly count: number;
  private readonly closed: boolean;
  private readonly canonical: readonly number[];
  private readonly starts: Int32Array;
  private readonly edges: Int32Array;
  private edgeCount = 0;
  private readonly foreign: Uint8Array;
  private readonly callsOut: Uint8Array;
  private readonly tailCalled: Uint8Array;
  /** Functions that tables and references reach. */
  private readonly reached: ReadonlySet<number>;
  /** The function that last had an edge to a node, counted from 1. */
  private readonly seen: Int32Array;

  constructor(module: Module, count: number, events: EventLog, closed: boolean) {
    const { importedFunctions, referenced, exported, types } = module;
    this.module = module;
    this.events = events;
    this.count = count;
    this.closed = closed;
    this.canonical = canonicalTypes(module);
    // Where tables are this module's own, what it exports cannot get into them.
    this.reached = closed ? referenced : new Set([...referenced, ...exported]);
    const nodes = count + types.length;
    this.starts = new Int32Array(nodes + 1);
    this.edges = new Int32Array(events.callCount + this.reached.size);
    this.callsOut = new Uint8Array(count);
    this.tailCalled = new Uint8Array(nodes);
    this.seen = new Int32Array(nodes);
    this.foreign = new Uint8Array(types.length).fill(closed ? 0 : 1);
    for (const index of referenced) {
      if (index < importedFunctions) this.foreign[this.typeOf(index)] = 1;
    }
  }

  private typeOf(index: number): number {
    return this.canonical[this.module.functions[index] as number] as number;
  }

  /** Adds the calls of own function `i`; one after the other. */
  calls(i: number, fn: FunctionScan): void {
    const { calls, kind, a } = this.events;
    this.starts[i] = this.edgeCount;
    for (let c = fn.firstCall; c < fn.endCall; c++) {
      const e = calls[c] as number;
      const callee = a[e] as number;
      const node = this.node(i, callee);
      if (node < 0) continue;
      if (kind[e] === EV.tailCall) this.tailCalled[node] = 1;
      if (this.seen[node] === i + 1) continue;
      this.seen[node] = i + 1;
      this.edges[this.edgeCount++] = node;
    }
  }

  /** Node of what own function `i` calls, or -1 where it is imported. */
  private node(i: number, callee: number): number {
    const own = callee - this.module.importedFunctions;
    if (own >= 0) return own;
    const type = callee < 0 ? (this.canonical[-1 - callee] as number) : -1;
    if (type < 0 || this.foreign[type] === 1) this.callsOut[i] = 1;
    return type < 0 ? -1 : this.count + type;
  }

  done(): CallGraph {
    const { module, count, starts, edges, tailCalled, canonical } = this;
    const held = module.types.map((): number[] => []);
    for (const index of this.reached) {
      const own = index - module.importedFunctions;
      if (own >= 0) held[this.typeOf(index)]?.push(own);
    }
    for (let type = 0; type < held.length; type++) {
      starts[count + type] = this.edgeCount;
      for (const member of held[type] as number[]) {
        edges[this.edgeCount++] = member;
        if (tailCalled[count + type] === 1) tailCalled[member] = 1;
      }
    }
    starts[count + held.length] = this.edgeCount;
    return {
      starts,
      edges: edges.subarray(0, this.edgeCount),
      functions: count,
      typeNode: canonical.map((type) => count + type),
      closed: this.closed,
      foreign: this.foreign,
      callsOut: this.callsOut,
      tailCalled,
    };
  }
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
