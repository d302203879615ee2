import type { CallGraph } from './call-graph.ts';
import type { Callers } from './callers.ts';
import { chooseConventions, CONVENTION, type Conventions } from './conventions.ts';
import type { EventLog, LabelLog } from './events.ts';
import { narrowFrame, type Narrow } from './narrow.ts';
import { newFlow, planFunction, type Flow, type PlanContext, type RewriteOptions } from './plan.ts';
import type { FunctionScan } from './function-scan.ts';
import type { Scanner } from './scan.ts';
import { SLACK } from './slack.ts';
import { mayNarrow, type StackPlan } from './stack.ts';
import { costAround, driftOf, summarise, type Callees } from './summary.ts';
import { TypePlan } from './type-plan.ts';
import type { Module } from './module.ts';

/** Most units that callers pay for a function ahead. Beyond it, sums over chains of calls would grow without bound. */
const PREPAID_UNITS = SLACK / 8;
/**
 * Most units that a function may spend, with what it calls, without a check, and most that it may have charged, ahead
 * of what it spends, when someone checks. See {@link SLACK}.
 */
export const UNCHECKED_UNITS = SLACK / 4;

/** The same for one that tables call. */
export const INDIRECT_UNITS = SLACK / 32;

/** How each function pays, found in one pass from callees to callers. */
export interface CallPlan {
  /** Units charged at a function's own entry. */
  readonly entry: Int32Array;
  /** 1: the function checks the counter at its entry. */
  readonly check: Uint8Array;
  /** 1: a call to the function leaves the counter as it is. */
  readonly silent: Uint8Array;
  /** Most units that a function without a check at its entry charges before someone checks. */
  readonly drift: Float64Array;
  readonly conventions: Conventions;
  /** Where the frame counts, if not from the entry to all exits. */
  readonly narrow: readonly (Narrow | undefined)[];
  /** Own functions whose exports pay the given units before they call them. */
  readonly doors: ReadonlyMap<number, number>;
}

/**
 * Plans every function. One that is reached by direct calls alone is paid for by its callers up to its first branch,
 * since all of them are known; its own entry then costs nothing. Where it is exported as well, the export becomes a
 * function of its own, which pays and calls it. Small ones need no check either: whoever calls them
 * in a loop, or in a cycle of calls, checks.
 */
export function planCalls(
  module: Module,
  scanner: Scanner,
  graph: CallGraph,
  stack: StackPlan,
  callers: Callers,
  options: RewriteOptions,
): CallPlan {
  const planner = new CallPlanner(module, scanner, graph, stack, callers, options);
  planner.planAhead();
  for (const node of stack.order) {
    if (node < graph.functions) planner.planFunction(node);
    else planner.planType(node);
  }
  return planner.done();
}

class CallPlanner implements PlanContext, Callees {
  readonly events: EventLog;
  readonly labels: LabelLog;
  readonly exceptions: boolean;
  readonly exactTraps: boolean;
  readonly flow: Flow;
  private readonly module: Module;
  private readonly functions: readonly FunctionScan[];
  private readonly graph: CallGraph;
  private readonly stack: StackPlan;
  private readonly types: TypePlan;
  private readonly imported: number;
  private readonly entry: Int32Array;
  private readonly check: Uint8Array;
  private readonly silent: Uint8Array;
  private readonly nothrow: Uint8Array;
  private readonly drift: Float64Array;
  private readonly narrow: (Narrow | undefined)[] = [];
  /** Units that callers pay for a function. */
  private readonly paid: Int32Array;
  /** Units that a function may spend, with what it calls, before someone checks. */
  private readonly unchecked: Float64Array;
  private readonly callers: Callers;
  /** 1: a leaf that does nothing to the counter but pay at its entry. */
  private readonly payOnce: Uint8Array;
  private readonly planned: Uint8Array;
  private readonly tablesPay: boolean;

  constructor(
    module: Module,
    scanner: Scanner,
    graph: CallGraph,
    stack: StackPlan,
    callers: Callers,
    { exceptions, exactTraps }: RewriteOptions,
  ) {
    const { functions, events, labels } = scanner;
    const count = functions.length;
    this.module = module;
    this.functions = functions;
    this.events = events;
    this.labels = labels;
    this.graph = graph;
    this.stack = stack;
    this.exceptions = exceptions;
    this.exactTraps = exactTraps;
    this.flow = newFlow(scanner.mostLabels);
    this.types = new TypePlan(graph, count);
    this.imported = module.importedFunctions;
    this.entry = new Int32Array(count);
    this.check = new Uint8Array(count).fill(1);
    this.silent = new Uint8Array(count);
    this.nothrow = new Uint8Array(count);
    this.drift = new Float64Array(count);
    this.paid = new Int32Array(count);
    this.unchecked = new Float64Array(count);
    this.callers = callers;
    this.payOnce = new Uint8Array(count);
    this.planned = new Uint8Array(count);
    this.tablesPay = graph.closed && !scanner.tailCalls;
  }

  prepaid(callee: number): number {
    if (callee < 0) return this.types.price(callee);
    return callee < this.imported ? 0 : (this.paid[callee - this.imported] as number);
  }

  keepsCounter(callee: number): boolean {
    if (callee < 0) return this.types.isQuiet(callee);
    return callee >= this.imported && this.silent[callee - this.imported] === 1;
  }

  returns(callee: number): boolean {
    return callee >= this.imported && this.nothrow[callee - this.imported] === 1;
  }

  uncheckedBy(callee: number): number {
    if (callee < 0) return this.types.isQuiet(callee) ? 0 : INDIRECT_UNITS;
    return callee < this.imported ? 0 : (this.unchecked[callee - this.imported] as number);
  }

  driftBy(callee: number): number {
    if (callee < 0) return this.types.isQuiet(callee) ? 0 : INDIRECT_UNITS;
    return callee < this.imported ? 0 : (this.drift[callee - this.imported] as number);
  }

  /** Some callers of these are planned before them. Any price does, since the rest is charged at the entry. */
  planAhead(): void {
    for (let i = 0; i < this.functions.length; i++) {
      if (this.stack.cut[i] === 0 || this.callers.known[i] === 0) continue;
      const fn = this.functions[i] as FunctionScan;
      const part = this.narrowed(i, fn);
      if (part === undefined) continue;
      this.paid[i] = Math.min(planFunction(fn, this), PREPAID_UNITS);
      const around = costAround(fn, part, this.events);
      if (around <= UNCHECKED_UNITS) this.unchecked[i] = around;
    }
    // These are planned once more.
    this.events.copiedCount = 0;
  }

  private narrowed(i: number, fn: FunctionScan): Narrow | undefined {
    if (this.stack.frames[i] === 0 || !mayNarrow(fn)) return undefined;
    return narrowFrame(fn, this.events, this.labels);
  }

  planFunction(i: number): void {
    const { events, graph, stack } = this;
    const fn = this.functions[i] as FunctionScan;
    const known = this.callers.known[i] === 1;
    this.planned[i] = 1;
    const part = this.narrowed(i, fn);
    const units = planFunction(fn, this, part?.from);
    this.narrow[i] = part;
    if (known && stack.cut[i] === 0 && units <= PREPAID_UNITS) this.paid[i] = units;
    const entry = units - (this.paid[i] as number);
    this.entry[i] = entry;
    const { silent, throws, unchecked } = summarise(fn, events, this);
    this.nothrow[i] = throws || graph.callsOut[i] === 1 ? 0 : 1;
    if (part !== undefined && known) {
      const around = costAround(fn, part, events);
      if (around <= UNCHECKED_UNITS) {
        this.check[i] = 0;
        this.unchecked[i] = around;
      }
    }
    const most = known ? UNCHECKED_UNITS : this.callers.isLeaf(i, fn) ? INDIRECT_UNITS : 0;
    if (stack.frames[i] !== 0 || unchecked > most) return;
    this.check[i] = 0;
    const pays = silent && !fn.hasLoops;
    if (known) {
      this.unchecked[i] = unchecked;
      this.silent[i] = pays && entry === 0 ? 1 : 0;
    } else this.payOnce[i] = pays ? 1 : 0;
  }

  /** What all functions of one type cost that only tables call is paid by whoever calls the table. */
  planType(node: number): void {
    const { graph, entry, paid, silent, types } = this;
    const members = graph.edges.subarray(graph.starts[node], graph.starts[node + 1]);
    const foreign = graph.foreign[node - graph.functions] === 1;
    if (!this.tablesPay || foreign || types.asked(node)) return;
    if (!members.every((i) => this.calledByTablesAlone(i))) return;
    const least = members.reduce((sum, i) => Math.min(sum, entry[i] as number), PREPAID_UNITS);
    for (const i of members) {
      paid[i] = least;
      entry[i] = (entry[i] as number) - least;
      if (this.payOnce[i] === 1 && entry[i] === 0) silent[i] = 1;
    }
    types.set(
      node,
      members.length === 0 ? 0 : least,
      members.every((i) => silent[i] === 1),
    );
  }

  private calledByTablesAlone(i: number): boolean {
    return this.planned[i] === 1 && this.stack.cut[i] === 0 && this.callers.called[i] === 0;
  }

  /**
   * What a function has charged when someone checks is more than it spends up to there where it paid ahead for those
   * that it calls. Calls without a check in between are made by functions in {@link StackPlan.order} alone, or by none.
   */
  private planChecks(): void {
    const { functions, events, stack, callers, check, drift, entry, narrow } = this;
    for (const whole of [false, true]) {
      for (const i of stack.order) {
        const fn = functions[i];
        if (fn === undefined || check[i] === 1 || (stack.frames[i] === 0) !== whole) continue;
        const part = whole ? undefined : narrow[i];
        const units = (entry[i] as number) + driftOf(fn, events, this, part);
        if (units <= (callers.known[i] === 1 ? UNCHECKED_UNITS : INDIRECT_UNITS))
          drift[i] = Math.max(0, units);
        else check[i] = 1;
      }
    }
  }

  done(): CallPlan {
    this.planChecks();
    const { module, entry, check, silent, drift, narrow, paid } = this;
    const conventions = chooseConventions(module, this.graph, this.stack.frames, {
      passes: this.callers.known,
      silent,
      quiet: this.types.quiet,
      tails: this.callers.tails,
    });
    const doors = new Map<number, number>();
    for (const index of new Set([...module.exported, module.started])) {
      const i = index - this.imported;
      const convention = conventions.own[i];
      const unseen = convention === CONVENTION.none && (paid[i] !== 0 || check[i] === 0);
      if (unseen || convention === CONVENTION.passed || convention === CONVENTION.handedOver) {
        doors.set(i, paid[i] as number);
      }
    }
    return { entry, check, silent, drift, conventions, narrow, doors };
  }
}
