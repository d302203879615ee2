import type { CallGraph } from './call-graph.ts';
import { EV, type EventLog } from './events.ts';
import type { Module } from './module.ts';
import { reaching } from './reaching.ts';
import type { FunctionScan } from './scan.ts';

/** How a function gets the counter from whoever calls it, and gives it back. */
export const CONVENTION = {
  /** It has nothing to do with the counter. */
  none: 0,
  /** As a further parameter and a further result: all its callers are direct. */
  passed: 1,
  /** In the module's own hand-over global: tables call it, and nobody but this module reaches them. */
  handedOver: 2,
  /** In the fuel global, which other modules and the host read. */
  shared: 3,
} as const;

/** Most values that a function may take or return and still be given another one. */
const PASSED_VALUES = 32;

export interface Conventions {
  /** One of {@link CONVENTION}, by own function. */
  readonly own: Uint8Array;
  /** The same for what `call_indirect` and `call_ref` reach, by function type in the call graph. */
  readonly indirect: Uint8Array;
  /** 1: it, or something that it calls, counts the depth. By node of the call graph. */
  readonly depth: Uint8Array;
}

/** Functions that make or take a tail call: the caller's caller must find the counter where the callee leaves it. */
export function tailCalls(
  module: Module,
  functions: readonly FunctionScan[],
  { kind, a }: EventLog,
): Uint8Array {
  const tails = new Uint8Array(functions.length);
  for (const [i, fn] of functions.entries()) {
    for (let e = fn.firstEvent; e < fn.endEvent; e++) {
      if (kind[e] !== EV.tailCall) continue;
      tails[i] = 1;
      const callee = (a[e] as number) - module.importedFunctions;
      if (callee >= 0) tails[callee] = 1;
    }
  }
  return tails;
}

export function mayPass(module: Module, { index }: FunctionScan): boolean {
  const type = module.types[module.functions[index] as number];
  return type !== undefined && type.params <= PASSED_VALUES && type.results <= PASSED_VALUES;
}

/** Chooses the conventions. `passes` and `silent` are by own function, `quiet` by type. */
export function chooseConventions(
  module: Module,
  graph: CallGraph,
  frames: Float64Array,
  {
    passes,
    silent,
    quiet,
    tails,
  }: {
    readonly passes: Uint8Array;
    readonly silent: Uint8Array;
    readonly quiet: Uint8Array;
    readonly tails: Uint8Array;
  },
): Conventions {
  const tailCalled = tails.includes(1);
  const indirect = graph.foreign.map((foreign) =>
    foreign === 1 || tailCalled ? CONVENTION.shared : CONVENTION.handedOver,
  );
  const byTable = (index: number): number =>
    indirect[
      (graph.typeNode[module.functions[index] as number] as number) - graph.functions
    ] as number;
  const own = new Uint8Array(graph.functions);
  for (let i = 0; i < own.length; i++) {
    if (silent[i] === 1) own[i] = CONVENTION.none;
    else if (passes[i] === 1) own[i] = CONVENTION.passed;
    else {
      const index = i + module.importedFunctions;
      own[i] = module.referenced.has(index) ? byTable(index) : CONVENTION.shared;
    }
  }
  return {
    own,
    indirect: quiet.map((none, type) =>
      none === 1 ? CONVENTION.none : (indirect[type] as number),
    ),
    depth: reaching(graph, (i) => (frames[i] as number) > 0),
  };
}
