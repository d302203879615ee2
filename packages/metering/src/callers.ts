import type { CallGraph } from './call-graph.ts';
import { mayPass, tailCalls } from './conventions.ts';
import type { FunctionScan } from './function-scan.ts';
import type { Module } from './module.ts';
import type { Scanner } from './scan.ts';

/** Who calls the functions of a module. All by own function. */
export class Callers {
  /** 1: it makes or takes a tail call. */
  readonly tails: Uint8Array;
  /** 1: some function calls it directly. */
  readonly called: Uint8Array;
  /** 1: all callers are known: what they pay, and what they pass. */
  readonly known: Uint8Array;
  private readonly graph: CallGraph;

  constructor(module: Module, { functions, events, tailCalls: any }: Scanner, graph: CallGraph) {
    const count = functions.length;
    this.graph = graph;
    this.tails = any ? tailCalls(module, functions, events) : new Uint8Array(count);
    this.called = new Uint8Array(graph.starts.length);
    const edges = graph.starts[count] as number;
    for (let e = 0; e < edges; e++) this.called[graph.edges[e] as number] = 1;
    this.known = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      if (this.knows(module, i, functions[i] as FunctionScan)) this.known[i] = 1;
    }
  }

  private knows(module: Module, i: number, fn: FunctionScan): boolean {
    if (module.referenced.has(fn.index) || this.tails[i] === 1) return false;
    return mayPass(module, fn) && (!module.exported.has(fn.index) || this.called[i] === 1);
  }

  /** Nobody but this module calls it, and it calls nothing: whoever calls it in a loop checks. */
  isLeaf(i: number, fn: FunctionScan): boolean {
    const { closed, starts } = this.graph;
    return closed && this.tails[i] === 0 && !fn.hasLoops && starts[i] === starts[i + 1];
  }
}
