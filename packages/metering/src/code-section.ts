import type { Additions } from './additions.ts';
import type { CallGraph } from './call-graph.ts';
import { Callers } from './callers.ts';
import { planCalls, type CallPlan } from './calls.ts';
import { CodeWriter } from './code.ts';
import { EmitContext, type MeterFunctions } from './context.ts';
import { CONVENTION } from './conventions.ts';
import { limitCopies } from './copies.ts';
import { FunctionEmitter } from './emit.ts';
import { growType, HelperBodies, lengthType, type MeterGlobals } from './helpers.ts';
import { Hints } from './hints.ts';
import type { FuncType, Module } from './module.ts';
import { GLOBALS } from './namespace.ts';
import type { RewriteOptions } from './plan.ts';
import type { Scanner } from './scan.ts';
import { entryBytes, planStack, type StackPlan } from './stack.ts';
import { lengthOfU32, type Contents, type Writer } from './writer.ts';

export interface Code {
  readonly code: Contents;
  readonly hints: Writer;
  /** Type index of every own function in the metered module. */
  readonly types: readonly number[];
  /** What stands in the place of an exported function, by index. */
  readonly doors: ReadonlyMap<number, number>;
}

/** Plans and writes the code section. */
export class CodeSection {
  private readonly module: Module;
  private readonly scanner: Scanner;
  private readonly graph: CallGraph;
  private readonly exactTraps: boolean;
  private readonly additions: Additions;
  private readonly stack: StackPlan;
  private readonly calls: CallPlan;

  constructor(
    module: Module,
    scanner: Scanner,
    graph: CallGraph,
    options: RewriteOptions,
    additions: Additions,
  ) {
    this.module = module;
    this.scanner = scanner;
    this.graph = graph;
    this.exactTraps = options.exactTraps;
    this.additions = additions;
    const callers = new Callers(module, scanner, graph);
    this.stack = planStack(module, scanner.functions, graph, callers);
    this.calls = planCalls(module, scanner, graph, this.stack, callers, options);
    limitCopies(scanner.events, module.bytes.length);
  }

  write(): Code {
    const { module, scanner, graph, stack, calls, additions, exactTraps } = this;
    const { functions } = scanner;
    const { conventions } = calls;
    const shift = GLOBALS.length;
    const globals: MeterGlobals = {
      fuel: module.importedGlobals,
      depth: module.importedGlobals + 1,
      memory: module.importedGlobals + 2,
      status: module.importedGlobals + 3,
      exhausted: module.globals + shift,
      handover: module.globals + shift + 1,
    };
    const helpers = new HelperBodies(globals, exactTraps, additions.nextFunction());
    const added = this.helpers(helpers);
    const doors = this.doors(helpers);
    const context = new EmitContext(
      module,
      scanner,
      graph,
      calls,
      additions,
      globals,
      added,
      exactTraps,
    );
    const types = functions.map(({ index }, i) => {
      const type = module.functions[index] as number;
      if (conventions.own[i] !== CONVENTION.passed) return type;
      return additions.passedType(type, conventions.depth[i] === 1);
    });
    const bodies = new CodeWriter(Math.ceil(module.bytes.length * 1.6) + 1024);
    const emitter = new FunctionEmitter(context, bodies);
    const starts = new Int32Array(functions.length);
    const ends = new Int32Array(functions.length);
    const hints = new Hints(functions.length);
    // Callees first, so that most callers know what they leave unchecked.
    for (const i of stack.order) {
      const fn = functions[i];
      if (fn === undefined) continue;
      starts[i] = bodies.start();
      const left = emitter.emit(fn, {
        entry: calls.entry[i] as number,
        check: calls.check[i] === 1,
        frame: stack.frames[i] as number,
        narrow: calls.narrow[i],
        leftKnown: conventions.own[i] === CONVENTION.passed && stack.cut[i] === 0,
        convention: conventions.own[i] as number,
        depth: conventions.depth[i] === 1,
      });
      context.leaves(i, left);
      ends[i] = bodies.len;
      hints.add(i, bodies.hints);
    }
    const appended = additions.functions.map(({ body }) => body);
    const code = new Bodies(bodies, starts, ends, appended);
    return { code, hints: hints.section(module.importedFunctions), types, doors };
  }

  /** Appends the meter's functions, {@link HelperBodies.settle} first. */
  private helpers(bodies: HelperBodies): MeterFunctions {
    const { module, scanner, additions } = this;
    const settle = additions.nextFunction();
    const memoryGrow = new Map<number, number>();
    const tableGrow = new Map<number, number>();
    const payLength = new Map<number, number>();
    if (scanner.functions.length === 0) {
      return { settle, take: 0, overflow: 0, memoryGrow, tableGrow, payLength };
    }
    const counter = additions.type(Uint8Array.of(0x60, 1, 0x7e, 0));
    additions.function(counter, bodies.settle());
    for (const index of scanner.grownMemories) {
      const wide = module.memories[index]?.wide === true;
      const body = bodies.memoryGrow(index, wide);
      memoryGrow.set(index, additions.function(growType(module, 'memory', index), body));
    }
    for (const index of scanner.grownTables) {
      const wide = module.tables[index]?.wide === true;
      const body = bodies.tableGrow(index, wide);
      tableGrow.set(index, additions.function(growType(module, 'table', index), body));
    }
    for (const form of scanner.lengths) {
      payLength.set(form, additions.function(lengthType(form), bodies.payLength(form)));
    }
    const take = additions.function(Uint8Array.of(0x60, 0, 1, 0x7e), bodies.take());
    const overflow = additions.function(counter, bodies.overflow());
    return { settle, take, overflow, memoryGrow, tableGrow, payLength };
  }

  private doors(helpers: HelperBodies): Map<number, number> {
    const { module, additions, calls, stack } = this;
    const { own, depth } = calls.conventions;
    const doors = new Map<number, number>();
    for (const [i, units] of calls.doors) {
      const index = module.importedFunctions + i;
      const type = module.functions[index] as number;
      const signature = module.types[type] as FuncType;
      const uncounted = stack.uncounted[i] as number;
      const frame = depth[i] === 1 ? entryBytes(signature) + uncounted : 0;
      const body = helpers.door(index, signature.params, units, own[i] as number, frame);
      doors.set(index, additions.function(type, body));
    }
    return doors;
  }
}

/** The bodies of all functions in the order of their indices. */
class Bodies implements Contents {
  readonly len: number;
  private readonly written: Writer;
  private readonly starts: Int32Array;
  private readonly ends: Int32Array;
  private readonly appended: readonly Uint8Array[];

  constructor(
    written: Writer,
    starts: Int32Array,
    ends: Int32Array,
    appended: readonly Uint8Array[],
  ) {
    this.written = written;
    this.starts = starts;
    this.ends = ends;
    this.appended = appended;
    let len = lengthOfU32(starts.length + appended.length);
    const add = (size: number): void => {
      len += lengthOfU32(size) + size;
    };
    for (let i = 0; i < starts.length; i++) add((ends[i] as number) - (starts[i] as number));
    for (const body of appended) add(body.length);
    this.len = len;
  }

  writeTo(out: Writer): void {
    const { written, starts, ends, appended } = this;
    out.u32(starts.length + appended.length);
    for (let i = 0; i < starts.length; i++) {
      const start = starts[i] as number;
      const end = ends[i] as number;
      out.u32(end - start);
      out.copy(written.buf, start, end);
    }
    for (const body of appended) {
      out.u32(body.length);
      out.bytes(body);
    }
  }
}
