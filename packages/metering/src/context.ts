import type { Additions } from './additions.ts';
import type { CallGraph } from './call-graph.ts';
import { INDIRECT_UNITS, type CallPlan } from './calls.ts';
import { CONVENTION } from './conventions.ts';
import type { EventLog, LabelLog } from './events.ts';
import type { FunctionScan } from './function-scan.ts';
import type { MeterGlobals } from './helpers.ts';
import type { Module } from './module.ts';
import { GLOBALS } from './namespace.ts';
import type { Narrow } from './narrow.ts';
import type { Scanner } from './scan.ts';

/** Indices of the meter's functions in a rewritten module: see `HelperBodies`. */
export interface MeterFunctions {
  readonly settle: number;
  readonly take: number;
  readonly overflow: number;
  readonly memoryGrow: ReadonlyMap<number, number>;
  readonly tableGrow: ReadonlyMap<number, number>;
  /** Those that pay for a length, by `BULK`. */
  readonly payLength: ReadonlyMap<number, number>;
}

/** Indices that emitted code refers to, and the decisions taken for the whole module. */
export class EmitContext {
  readonly bytes: Uint8Array;
  readonly events: EventLog;
  readonly labels: LabelLog;
  readonly globals: MeterGlobals;
  readonly functions: MeterFunctions;
  /** The fuel global is right at every trap. */
  readonly exactTraps: boolean;
  /** How far defined globals move. */
  readonly globalShift = GLOBALS.length;
  private readonly imported: number;
  private readonly graph: CallGraph;
  private readonly calls: CallPlan;
  private readonly additions: Additions;
  private readonly unchecked: Float64Array;

  constructor(
    module: Module,
    scanner: Scanner,
    graph: CallGraph,
    calls: CallPlan,
    additions: Additions,
    globals: MeterGlobals,
    functions: MeterFunctions,
    exactTraps: boolean,
  ) {
    this.bytes = module.bytes;
    this.events = scanner.events;
    this.labels = scanner.labels;
    this.globals = globals;
    this.functions = functions;
    this.exactTraps = exactTraps;
    this.imported = module.importedFunctions;
    this.graph = graph;
    this.calls = calls;
    this.additions = additions;
    this.unchecked = new Float64Array(scanner.functions.length).fill(-1);
  }

  /** How a callee gets the counter: one of {@link CONVENTION}. */
  convention(callee: number): number {
    const { own, indirect } = this.calls.conventions;
    if (callee < 0) return indirect[this.typeOf(callee) - this.graph.functions] as number;
    return callee < this.imported ? CONVENTION.shared : (own[callee - this.imported] as number);
  }

  /** Whether a callee asks for the depth. */
  asksDepth(callee: number): boolean {
    const { depth } = this.calls.conventions;
    if (callee >= 0) return callee < this.imported || depth[callee - this.imported] === 1;
    const node = this.typeOf(callee);
    return this.graph.foreign[node - this.graph.functions] === 1 || depth[node] === 1;
  }

  /** Units that a callee may charge before it checks, or -1 where it checks at its entry. */
  drift(callee: number): number {
    if (callee < 0) return INDIRECT_UNITS;
    const { check, drift } = this.calls;
    const i = callee - this.imported;
    return check[i] === 1 ? -1 : (drift[i] as number);
  }

  /** Units that a callee leaves unchecked behind its last check, or -1 where it is not written yet. */
  left(callee: number): number {
    return this.unchecked[callee - this.imported] as number;
  }

  /** An own function is written, and leaves so many. */
  leaves(i: number, units: number): void {
    this.unchecked[i] = units;
  }

  /** Encoded type of a block that has this function's results. */
  resultBlock(fn: FunctionScan): Uint8Array {
    return this.additions.resultBlock(fn);
  }

  /** The node in the call graph of what a table may hold. */
  private typeOf(callee: number): number {
    return this.graph.typeNode[-1 - callee] as number;
  }
}

/** What is emitted for one function. */
export interface FunctionPlan {
  readonly entry: number;
  /** Check the counter at the entry. */
  readonly check: boolean;
  /** Bytes of stack that one frame is taken for, or 0 where the depth is not counted. */
  readonly frame: number;
  /** Where the frame counts and the counter is checked, if not from the entry to all exits. */
  readonly narrow: Narrow | undefined;
  /** All callers are written after it: they know what it leaves unchecked. */
  readonly leftKnown: boolean;
  /** One of {@link CONVENTION}. */
  readonly convention: number;
  /** It, or something that it calls, counts the depth. */
  readonly depth: boolean;
}
