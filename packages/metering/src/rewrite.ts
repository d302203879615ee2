import type { CallGraph } from './call-graph.ts';
import { readConstExpr } from './const-expr.ts';
import { limitCopies } from './copies.ts';
import { CONVENTION, type Conventions } from './conventions.ts';
import { CodeWriter } from './code.ts';
import type { EmitContext } from './context.ts';
import { FunctionEmitter } from './emit.ts';
import { INDIRECT_UNITS, planCalls } from './calls.ts';
import { Hints } from './hints.ts';
import { growType, HelperBodies, type MeterGlobals } from './helpers.ts';
import { encodeInfo, type ModuleInfo } from './info.ts';
import { SECTION, type FuncType, type Module, type Section } from './module.ts';
import { EXHAUSTED, GLOBALS, NAMESPACE } from './namespace.ts';
import { Reader } from './reader.ts';
import type { FunctionScan, Scanner } from './scan.ts';
import { planStack } from './stack.ts';
import { readValueType } from './types.ts';
import { Writer } from './writer.ts';

/** Sections in the order of the format. */
const PLACES: readonly number[] = [
  SECTION.type,
  SECTION.import,
  SECTION.function,
  SECTION.table,
  SECTION.memory,
  SECTION.tag,
  SECTION.global,
  SECTION.export,
  SECTION.start,
  SECTION.element,
  SECTION.dataCount,
  SECTION.code,
  SECTION.data,
];

export interface RewriteOptions {
  /** Some module of the component handles exceptions. */
  readonly exceptions: boolean;
  readonly exactTraps: boolean;
}

/** Writes the metered form of a scanned module. */
export class Rewriter {
  private readonly module: Module;
  private readonly scanner: Scanner;
  private readonly graph: CallGraph;
  private readonly options: RewriteOptions;
  private readonly shift = GLOBALS.length;
  private readonly newTypes: Uint8Array[] = [];
  /** Type index and body of every appended function. */
  private readonly helpers: { type: number; body: Uint8Array }[] = [];
  /** What stands in the place of an exported function. */
  private readonly doors = new Map<number, number>();
  private readonly blockTypes = new Map<number, Uint8Array>();
  private readonly passedTypes = new Map<number, number>();
  /** Type index of every own function in the metered module. */
  private ownTypes: readonly number[] = [];

  constructor(module: Module, scanner: Scanner, graph: CallGraph, options: RewriteOptions) {
    this.module = module;
    this.scanner = scanner;
    this.graph = graph;
    this.options = options;
  }

  rewrite(info: ModuleInfo): Uint8Array<ArrayBuffer> {
    const { code, hints } = this.code();
    const out = new Writer(Math.ceil(this.module.bytes.length * 1.4) + 1024);
    out.bytes([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
    let place = 0;
    const upTo = (end: number): void => {
      for (; place < end; place++) this.created(PLACES[place] as number, out);
    };
    for (const section of this.module.sections) {
      if (section.id === SECTION.custom) {
        this.custom(section, out);
        continue;
      }
      const at = PLACES.indexOf(section.id);
      upTo(at);
      place = at + 1;
      if (section.id === SECTION.code) {
        out.section(SECTION.custom, hints);
        out.section(SECTION.code, code);
      } else this.section(section, out);
    }
    upTo(PLACES.length);
    const custom = new Writer(64);
    custom.text(NAMESPACE);
    custom.bytes(encodeInfo(info));
    out.section(SECTION.custom, custom);
    return out.done();
  }

  private code(): { code: Writer; hints: Writer } {
    const { module, scanner, graph } = this;
    const { events, labels, functions } = scanner;
    const globals: MeterGlobals = {
      fuel: module.importedGlobals,
      depth: module.importedGlobals + 1,
      memory: module.importedGlobals + 2,
      status: module.importedGlobals + 3,
      exhausted: module.globals + this.shift,
      handover: module.globals + this.shift + 1,
    };
    const stack = planStack(functions, graph);
    const { frames } = stack;
    const calls = planCalls(module, scanner, graph, stack, this.options.exceptions);
    limitCopies(events, module.bytes.length);
    const settle = this.nextFunction();
    const helpers = new HelperBodies(globals, this.options.exactTraps, settle);
    const counts = functions.length > 0;
    const counter = this.newType(Uint8Array.of(0x60, 1, 0x7e, 0));
    if (counts) this.appendTyped(counter, helpers.settle());
    const memoryGrow = new Map<number, number>();
    const tableGrow = new Map<number, number>();
    for (const index of scanner.grownMemories) {
      const wide = module.memories[index]?.wide === true;
      memoryGrow.set(
        index,
        this.append(growType(module, 'memory', index), helpers.memoryGrow(index, wide)),
      );
    }
    for (const index of scanner.grownTables) {
      const wide = module.tables[index]?.wide === true;
      tableGrow.set(
        index,
        this.append(growType(module, 'table', index), helpers.tableGrow(index, wide)),
      );
    }
    const { conventions } = calls;
    const own = (callee: number): number => callee - module.importedFunctions;
    for (const [i, units] of calls.doors) {
      this.door(module.importedFunctions + i, units, conventions, i, helpers);
    }
    const left = new Float64Array(functions.length).fill(-1);

    const context: EmitContext = {
      bytes: module.bytes,
      events,
      labels,
      fuel: globals.fuel,
      depth: globals.depth,
      exhausted: globals.exhausted,
      globalShift: this.shift,
      handover: globals.handover,
      settle,
      take: counts ? this.append(Uint8Array.of(0x60, 0, 1, 0x7e), helpers.take()) : 0,
      overflow: counts ? this.appendTyped(counter, helpers.overflow()) : 0,
      exactTraps: this.options.exactTraps,
      memoryGrow,
      tableGrow,
      convention: (callee) => {
        if (callee < 0) {
          return conventions.indirect[
            (graph.typeNode[-1 - callee] as number) - graph.functions
          ] as number;
        }
        return conventions.own[own(callee)] ?? CONVENTION.shared;
      },
      asksDepth: (callee) => {
        if (callee >= 0 && own(callee) >= 0) return conventions.depth[own(callee)] === 1;
        if (callee >= 0) return true;
        const node = graph.typeNode[-1 - callee] as number;
        return graph.foreign[node - graph.functions] === 1 || conventions.depth[node] === 1;
      },
      left: (callee) => left[own(callee)] as number,
      drift: (callee) => {
        if (callee < 0) return INDIRECT_UNITS;
        const i = own(callee);
        return calls.check[i] === 1 ? -1 : (calls.drift[i] as number);
      },
      resultBlock: (fn) => this.resultBlock(fn),
    };
    this.ownTypes = functions.map(({ index }, i) =>
      this.typeOf(
        module.functions[index] as number,
        conventions.own[i] === CONVENTION.passed,
        conventions.depth[i] === 1,
      ),
    );
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
      left[i] = emitter.emit(fn, {
        entry: calls.entry[i] as number,
        check: calls.check[i] === 1,
        frame: frames[i] as number,
        narrow: calls.narrow[i],
        convention: conventions.own[i] as number,
        depth: conventions.depth[i] === 1,
      });
      ends[i] = bodies.len;
      hints.add(i, bodies.hints);
    }
    const code = new Writer(bodies.len + functions.length * 5 + this.helpers.length * 128 + 16);
    code.u32(functions.length + this.helpers.length);
    for (let i = 0; i < functions.length; i++) {
      const start = starts[i] as number;
      const end = ends[i] as number;
      code.u32(end - start);
      code.copy(bodies.buf, start, end);
    }
    for (const helper of this.helpers) {
      code.u32(helper.body.length);
      code.bytes(helper.body);
    }
    return { code, hints: hints.section(module.importedFunctions) };
  }

  /** Appends a function; returns its index. */
  private append(type: Uint8Array, body: Uint8Array): number {
    return this.appendTyped(this.newType(type), body);
  }

  private door(
    index: number,
    units: number,
    { own, depth }: Conventions,
    i: number,
    bodies: HelperBodies,
  ): void {
    const type = this.module.functions[index] as number;
    const params = this.module.types[type]?.params ?? 0;
    const body = bodies.door(index, params, units, own[i] as number, depth[i] === 1);
    this.doors.set(index, this.appendTyped(type, body));
  }

  /** Type of an own function, with the counter and the depth where it is passed them. */
  private typeOf(index: number, passed: boolean, depth: boolean): number {
    if (!passed) return index;
    const known = this.passedTypes.get(index * 2 + (depth ? 1 : 0));
    if (known !== undefined) return known;
    const { bytes, types } = this.module;
    const { params, results, paramBytes, resultBytes } = types[index] as FuncType;
    const w = new Writer(32);
    w.u8(0x60);
    w.u32(params + (depth ? 2 : 1));
    w.copy(bytes, paramBytes[0], paramBytes[1]);
    w.bytes(depth ? [0x7e, 0x7e] : [0x7e]);
    w.u32(results + 1);
    w.copy(bytes, resultBytes[0], resultBytes[1]);
    w.u8(0x7e);
    const type = this.newType(w.done());
    this.passedTypes.set(index * 2 + (depth ? 1 : 0), type);
    return type;
  }

  private appendTyped(type: number, body: Uint8Array): number {
    const index = this.nextFunction();
    this.helpers.push({ type, body });
    return index;
  }

  private nextFunction(): number {
    return this.module.functions.length + this.helpers.length;
  }

  private newType(type: Uint8Array): number {
    this.newTypes.push(type);
    return this.module.types.length + this.newTypes.length - 1;
  }

  /** Encoded type of a block that takes nothing and leaves the function's results. */
  private resultBlock(fn: FunctionScan): Uint8Array {
    const index = this.module.functions[fn.index] as number;
    let encoded = this.blockTypes.get(index);
    if (encoded !== undefined) return encoded;
    const type = this.module.types[index];
    const w = new Writer(16);
    if (type === undefined || type.results === 0) w.u8(0x40);
    else if (type.results === 1)
      w.copy(this.module.bytes, type.resultBytes[0], type.resultBytes[1]);
    else {
      const form = new Writer(32);
      form.bytes([0x60, 0]);
      form.u32(type.results);
      form.copy(this.module.bytes, type.resultBytes[0], type.resultBytes[1]);
      w.s64(this.newType(form.done()));
    }
    encoded = w.done();
    this.blockTypes.set(index, encoded);
    return encoded;
  }

  /** A section that the guest's module does not have, but the metered one needs. */
  private created(id: number, out: Writer): void {
    const empty = new Reader(Uint8Array.of(0), 0, 1);
    const w = new Writer(256);
    if (id === SECTION.type && this.newTypes.length > 0) this.types(empty, w);
    else if (id === SECTION.import) this.imports(empty, w);
    else if (id === SECTION.global) this.globals(empty, w);
    else return;
    out.section(id, w);
  }

  private section({ id, start, end }: Section, out: Writer): void {
    const { module } = this;
    const r = new Reader(module.bytes, start, end);
    const w = new Writer(end - start + 256);
    if (id === SECTION.type) this.types(r, w);
    else if (id === SECTION.import) this.imports(r, w);
    else if (id === SECTION.function) this.functions(w);
    else if (id === SECTION.start) w.u32(this.doors.get(module.started) ?? module.started);
    else if (id === SECTION.global) this.globals(r, w);
    else if (id === SECTION.export) this.exports(r, w);
    else if (id === SECTION.element && module.movesConstGlobals) this.elements(r, w);
    else if (id === SECTION.data && module.movesConstGlobals) this.data(r, w);
    else w.copy(module.bytes, start, end);
    out.section(id, w);
  }

  private types(r: Reader, w: Writer): void {
    w.u32(r.u32() + this.newTypes.length);
    w.copy(r.bytes, r.pos, r.end);
    for (const type of this.newTypes) w.bytes(type);
  }

  private imports(r: Reader, w: Writer): void {
    w.u32(r.u32() + GLOBALS.length);
    w.copy(r.bytes, r.pos, r.end);
    for (const { name, type } of GLOBALS) {
      w.text(NAMESPACE);
      w.text(name);
      w.bytes([0x03, type === 'i64' ? 0x7e : 0x7f, 0x01]);
    }
  }

  private functions(w: Writer): void {
    w.u32(this.ownTypes.length + this.helpers.length);
    for (const type of this.ownTypes) w.u32(type);
    for (const { type } of this.helpers) w.u32(type);
  }

  private globals(r: Reader, w: Writer): void {
    const count = r.u32();
    w.u32(count + 2);
    for (let i = 0; i < count; i++) {
      const start = r.pos;
      readValueType(r, this.module.types.length);
      r.u8();
      w.copy(r.bytes, start, r.pos);
      readConstExpr(r, this.module, w, this.shift);
    }
    w.bytes([0x7e, 0x00, 0x42]);
    w.s64big(EXHAUSTED);
    w.bytes([0x0b, 0x7e, 0x01, 0x42, 0x00, 0x0b]);
  }

  private exports(r: Reader, w: Writer): void {
    const count = r.u32();
    w.u32(count);
    for (let i = 0; i < count; i++) {
      const start = r.pos;
      r.range();
      const kind = r.u8();
      w.copy(r.bytes, start, r.pos);
      const index = r.u32();
      if (kind === 0) w.u32(this.doors.get(index) ?? index);
      else w.u32(kind === 3 && index >= this.module.importedGlobals ? index + this.shift : index);
    }
  }

  private elements(r: Reader, w: Writer): void {
    const { module } = this;
    const count = r.u32();
    w.u32(count);
    for (let i = 0; i < count; i++) {
      let start = r.pos;
      const flags = r.u32();
      if ((flags & 1) === 0) {
        if (flags & 2) r.u32();
        w.copy(r.bytes, start, r.pos);
        readConstExpr(r, module, w, this.shift);
        start = r.pos;
      }
      if (flags & 3) {
        if (flags & 4) readValueType(r, module.types.length);
        else r.u8();
      }
      const length = r.u32();
      if ((flags & 4) === 0) {
        for (let k = 0; k < length; k++) r.u32();
        w.copy(r.bytes, start, r.pos);
      } else {
        w.copy(r.bytes, start, r.pos);
        for (let k = 0; k < length; k++) readConstExpr(r, module, w, this.shift);
      }
    }
  }

  private data(r: Reader, w: Writer): void {
    const count = r.u32();
    w.u32(count);
    for (let i = 0; i < count; i++) {
      let start = r.pos;
      const flags = r.u32();
      if (flags === 2) r.u32();
      if (flags !== 1) {
        w.copy(r.bytes, start, r.pos);
        readConstExpr(r, this.module, w, this.shift);
        start = r.pos;
      }
      r.range();
      w.copy(r.bytes, start, r.pos);
    }
  }

  /** Keeps custom sections, but for those whose offsets or indices would be wrong. */
  private custom({ start, end }: Section, out: Writer): void {
    const r = new Reader(this.module.bytes, start, end);
    const [nameStart, nameEnd] = r.range();
    const stale = [
      '.debug_',
      'sourceMappingURL',
      'external_debug_info',
      'metadata.code.',
      'reloc.',
      'linking',
      'dylink',
    ];
    if (stale.some((prefix) => r.startsWith(nameStart, nameEnd, prefix))) return;
    const w = new Writer(end - start);
    if (!r.is(nameStart, nameEnd, 'name')) w.copy(r.bytes, start, end);
    else {
      w.copy(r.bytes, start, nameEnd);
      if (!this.names(r, w)) return;
    }
    out.section(SECTION.custom, w);
  }

  /** The name section without the names of locals and globals, which move. False where it is not well formed. */
  private names(r: Reader, w: Writer): boolean {
    try {
      while (r.pos < r.end) {
        const start = r.pos;
        const id = r.u8();
        r.range();
        if (id !== 2 && id !== 7) w.copy(r.bytes, start, r.pos);
      }
      return true;
    } catch {
      return false;
    }
  }
}
