/** Random programs as wasm binaries, written by hand: no assembler on npm knows every feature used here. */
import { functionLabel, inTable, tableTargets, target, type Label } from './labels.ts';
import {
  LOCALS,
  RECURSIONS,
  type Binary,
  type Expr,
  type Program,
  type Stmt,
  type Valued,
} from './program.ts';

const OPS: Readonly<Record<Binary, readonly number[]>> = {
  add: [0x6a],
  sub: [0x6b],
  mul: [0x6c],
  and: [0x71],
  xor: [0x73],
  lt: [0x48],
  shr: [0x75],
  // Division by an odd number between 1 and 15: it neither traps nor overflows.
  div: [0x41, 15, 0x71, 0x41, 1, 0x72, 0x6d],
};

export const leb = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
const sleb = (value: number): number[] => {
  const byte = value & 0x7f;
  const rest = value >> 7;
  return (rest === 0 && byte < 0x40) || (rest === -1 && byte >= 0x40)
    ? [byte]
    : [byte | 0x80, ...sleb(rest)];
};
export const vector = (items: readonly number[]): number[] => [...leb(items.length), ...items];
export const section = (id: number, body: readonly number[]): number[] => [id, ...vector(body)];
export const constant = (value: number): number[] => [0x41, ...sleb(value)];

const EXNREF = 0x69;
const THROW_REF = 0x0a;

/** How exceptions are written: the standard's encoding, or the older one. */
export type Encoding = 'standard' | 'legacy';

/** How functions are reached, which changes neither what they do nor what they cost. */
export interface Shape {
  /** Other modules and the host could reach the table. */
  readonly exportTable: boolean;
  /** Every function is exported, as `f0`, `f1` and so on. */
  readonly exportAll: boolean;
  /** Some function, which is never called, makes a tail call. */
  readonly tailCall: boolean;
  /** Bit i: direct calls of function i go to an import `h.i`, which is to call export `fi`. */
  readonly byHost: number;
  /** Bit i: where the table holds function i, it holds that import. */
  readonly tableByHost: number;
}

const PLAIN: Shape = {
  exportTable: false,
  exportAll: false,
  tailCall: false,
  byHost: 0,
  tableByHost: 0,
};

/** Types 0 and 1 are of `i32` to `i32` and to nothing. */
export const typeIndex = ({ bare = false }: Program): number => (bare ? 1 : 0);

export class FunctionAssembler {
  readonly code: number[] = [];
  locals = LOCALS;
  /** It throws or catches. */
  exceptions = false;
  private readonly index: number;
  private readonly program: Program;
  private readonly count: number;
  private readonly encoding: Encoding;
  /** Index of a function as direct calls name it. */
  private readonly direct: (callee: number) => number;

  constructor(
    index: number,
    program: Program,
    encoding: Encoding,
    direct: (callee: number) => number,
  ) {
    this.index = index;
    this.program = program;
    this.count = program.functions.length;
    this.encoding = encoding;
    this.direct = direct;
  }

  body(): void {
    this.valued(this.program.functions[this.index] as Valued, [functionLabel(this.program)]);
    if (this.program.bare) this.put(0x1a);
  }

  private valued({ body, value }: Valued, labels: readonly Label[]): void {
    for (const stmt of body) this.stmt(stmt, labels);
    this.expr(value, labels);
  }

  private put(...bytes: readonly number[]): void {
    this.code.push(...bytes);
  }

  private expr(e: Expr, labels: readonly Label[]): void {
    switch (e.k) {
      case 'const':
        return this.put(...constant(e.value));
      case 'get':
        return this.put(0x20, e.local);
      case 'global':
        return this.put(0x23, 0);
      case 'tee':
        this.expr(e.e, labels);
        return this.put(0x22, e.local);
      case 'binary':
        this.expr(e.a, labels);
        this.expr(e.b, labels);
        return this.put(...OPS[e.op]);
      case 'eqz':
        this.expr(e.e, labels);
        return this.put(0x45);
      case 'load':
        this.expr(e.e, labels);
        return this.put(...constant(1023), 0x71, 0x2d, 0, 0);
      case 'select':
        this.expr(e.a, labels);
        this.expr(e.b, labels);
        this.expr(e.c, labels);
        return this.put(0x1b);
      case 'if': {
        this.expr(e.c, labels);
        const inside: Label[] = [{ kind: 'value', counter: -1 }, ...labels];
        this.put(0x04, 0x7f);
        this.valued(e.then, inside);
        this.put(0x05);
        this.valued(e.else, inside);
        return this.put(0x0b);
      }
      case 'block':
        this.put(0x02, 0x7f);
        this.valued(e.body, [{ kind: 'value', counter: -1 }, ...labels]);
        return this.put(0x0b);
      case 'call':
        this.expr(e.e, labels);
        this.put(...this.callee(e.callee));
        return this.behind() === 0 ? undefined : this.result();
      case 'recur':
        this.put(0x23, 1, 0x04, 0x7f, 0x23, 1, ...constant(1), 0x6b, 0x24, 1);
        this.expr(e.e, [{ kind: 'value', counter: -1 }, ...labels]);
        this.put(0x10, this.direct(e.callee % this.count));
        this.result();
        return this.put(0x05, ...constant(0), 0x0b);
      case 'callIndirect':
        this.expr(e.e, labels);
        this.expr(e.index, labels);
        if (this.behind() === 0) return this.put(0x1a);
        // Only functions behind this one: the index is folded into their range.
        this.put(
          ...constant(0x7fff),
          0x71,
          ...constant(this.behind()),
          0x70,
          ...constant(this.index + 1),
          0x6a,
          0x11,
          typeIndex(this.program),
          0,
        );
        return this.result();
      case 'grow':
        this.expr(e.e, labels);
        return this.put(...constant(1), 0x71, 0x40, 0);
    }
  }

  /** What stands for the result of a call. */
  private result(): void {
    if (this.program.bare) this.put(...constant(0));
  }

  private behind(): number {
    return this.count - this.index - 1;
  }

  private callee(callee: number): number[] {
    return this.behind() === 0
      ? []
      : [0x10, this.direct(this.index + 1 + (callee % this.behind()))];
  }

  private stmts(list: readonly Stmt[], labels: readonly Label[]): void {
    for (const stmt of list) this.stmt(stmt, labels);
  }

  private stmt(s: Stmt, labels: readonly Label[]): void {
    switch (s.k) {
      case 'nop':
        return this.put(0x01);
      case 'unreachable':
        return this.put(0x00);
      case 'set':
        this.expr(s.e, labels);
        return this.put(0x21, s.local);
      case 'setGlobal':
        this.expr(s.e, labels);
        return this.put(0x24, 0);
      case 'drop':
        this.expr(s.e, labels);
        return this.put(0x1a);
      case 'store':
        this.expr(s.at, labels);
        this.put(...constant(1023), 0x71);
        this.expr(s.e, labels);
        return this.put(0x3a, 0, 0);
      case 'fill':
        this.put(...constant(0), ...constant(7));
        this.expr(s.length, labels);
        return this.put(...constant(255), 0x71, 0xfc, 11, 0);
      case 'block':
        this.put(0x02, 0x40);
        this.stmts(s.body, [{ kind: 'block', counter: -1 }, ...labels]);
        return this.put(0x0b);
      case 'loop': {
        const counter = this.locals++;
        this.put(...constant(s.rounds), 0x21, ...leb(counter), 0x03, 0x40);
        this.stmts(s.body, [{ kind: 'loop', counter }, ...labels]);
        this.again(counter, 0);
        return this.put(0x0b);
      }
      case 'if':
        this.expr(s.c, labels);
        this.put(0x04, 0x40);
        this.stmts(s.then, [{ kind: 'block', counter: -1 }, ...labels]);
        if (s.else !== undefined) {
          this.put(0x05);
          this.stmts(s.else, [{ kind: 'block', counter: -1 }, ...labels]);
        }
        return this.put(0x0b);
      case 'br':
        return this.branch(s, labels);
      case 'table':
        return this.table(s, labels);
      case 'switch': {
        const inside = s.arms.map((): Label => ({ kind: 'block', counter: -1 }));
        this.put(...s.arms.flatMap(() => [0x02, 0x40]));
        this.expr(s.index, [...inside, ...labels]);
        this.put(0x0e, ...leb(s.arms.length - 1), ...s.arms.flatMap((_, i) => leb(i)));
        for (const [i, arm] of s.arms.entries()) {
          this.put(0x0b);
          this.stmts(arm, [...inside.slice(i + 1), ...labels]);
        }
        return;
      }
      case 'return':
        this.expr(s.e, labels);
        return this.put(...(this.program.bare ? [0x1a] : []), 0x0f);
      case 'tail': {
        this.expr(s.e, labels);
        const call = this.callee(s.callee);
        return this.put(...(call.length === 0 ? [0x1a] : [0x12, call[1] as number]));
      }
      case 'throw':
        this.expr(s.e, labels);
        this.exceptions = true;
        return this.put(0x08, 0);
      case 'try':
        return this.attempt(s, labels);
      case 'delegate': {
        const legacy = this.encoding === 'legacy';
        this.exceptions = true;
        this.put(legacy ? 0x06 : 0x02, 0x40);
        this.stmts(s.body, [{ kind: 'block', counter: -1 }, ...labels]);
        return this.put(...(legacy ? [0x18, ...leb(target(labels, s.to).depth)] : [0x0b]));
      }
      case 'fault':
        return this.put(...constant(-1), 0x2d, 0, 0, 0x1a);
    }
  }

  /** Counts a round, and tells whether some are left. */
  private round(counter: number): void {
    const local = leb(counter);
    this.put(0x20, ...local, ...constant(1), 0x6b, 0x22, ...local, ...constant(0), 0x4a);
  }

  /** Branches to the loop `depth` steps out while some rounds are left. */
  private again(counter: number, depth: number): void {
    this.round(counter);
    this.put(0x0d, ...leb(depth));
  }

  private table({ to, index, value }: Stmt & { k: 'table' }, labels: readonly Label[]): void {
    const targets = tableTargets(labels, to);
    if (targets === undefined) return this.put(0x01);
    const { depths, carries, counter } = targets;
    if (carries) this.expr(value, labels);
    this.expr(index, labels);
    if (counter !== undefined) {
      this.put(...constant(-1));
      this.round(counter);
      this.put(0x1b);
    }
    this.put(0x0e, ...leb(depths.length - 1), ...depths.flatMap(leb));
  }

  private branch({ to, value, c }: Stmt & { k: 'br' }, labels: readonly Label[]): void {
    const { depth, label } = target(labels, to);
    if (label.kind === 'loop') return this.again(label.counter, depth);
    const carries = label.kind === 'value' || label.kind === 'function';
    if (carries) this.expr(value, labels);
    if (c === undefined) return this.put(0x0c, ...leb(depth));
    this.expr(c, labels);
    this.put(0x0d, ...leb(depth));
    if (carries) this.put(0x1a);
  }

  /** The caught value, or 0 from `catch_all`, goes to local 1; then the handler runs. */
  private attempt({ body, handler, catches }: Stmt & { k: 'try' }, labels: readonly Label[]): void {
    const hidden: Label = { kind: 'hidden', counter: -1 };
    const tag = catches === 'tag';
    const again = catches === 'again';
    this.exceptions = true;
    if (this.encoding === 'legacy') {
      this.put(0x06, 0x40);
      this.stmts(body, [{ kind: 'block', counter: -1 }, ...labels]);
      this.put(...(tag ? [0x07, 0] : [0x19, ...constant(0)]), 0x21, 1);
      this.stmts(handler, [{ kind: 'block', counter: -1 }, ...labels]);
      if (again) this.put(0x09, 0);
      return this.put(0x0b);
    }
    // block $done (block $caught (result i32) (try_table (catch 0 $caught) body) br $done) local.set 1 handler
    // An exception that is thrown again lies below the handler on the operand stack.
    const [result, clause] = {
      tag: [0x7f, [0, 0]],
      again: [EXNREF, [3]],
      all: [0x40, [2]],
      joined: [0x40, [2]],
    }[catches] as [number, number[]];
    this.put(0x02, 0x40, 0x02, result, 0x1f, 0x40, 1, ...clause, 0);
    this.stmts(body, [{ kind: 'block', counter: -1 }, hidden, hidden, ...labels]);
    this.put(0x0b, ...(catches === 'joined' ? [] : [0x0c, 1]), 0x0b);
    this.put(...(tag ? [] : constant(0)), 0x21, 1);
    this.stmts(handler, [{ kind: 'block', counter: -1 }, ...labels]);
    this.put(...(again ? [THROW_REF] : []), 0x0b);
  }
}

/** A module that exports function 0 as `run`, has one memory of a page (at most three), a table of its functions. */
export function assemble(
  program: Program,
  encoding: Encoding = 'standard',
  shape: Shape = PLAIN,
): Uint8Array<ArrayBuffer> {
  const count = program.functions.length;
  const type = typeIndex(program);
  const hosts = shape.byHost === 0 && shape.tableByHost === 0 ? 0 : count;
  const reached = (mask: number, index: number): number =>
    hosts > 0 && (mask >> index) & 1 ? index : hosts + index;
  let exceptions = false;
  const bodies = program.functions.map((_, index) => {
    const assembler = new FunctionAssembler(index, program, encoding, (callee) =>
      reached(shape.byHost, callee),
    );
    assembler.body();
    exceptions ||= assembler.exceptions;
    const body = [1, ...leb(assembler.locals - 1), 0x7f, ...assembler.code, 0x0b];
    return vector(body);
  });
  const all = program.functions.map((_, index) => index);
  if (shape.tailCall) {
    bodies.push(vector([0, 0x20, 0, 0x12, hosts + count, 0x0b]));
  }
  const exported = [[3, 0x72, 0x75, 0x6e, 0, hosts]];
  if (shape.exportAll || hosts > 0) {
    for (const index of all) exported.push([2, 0x66, 0x30 + index, 0, hosts + index]);
  }
  if (shape.exportTable) exported.push([1, 0x74, 1, 0]);
  const imported = all.slice(0, hosts).map((index) => [1, 0x68, 1, 0x30 + index, 0, type]);
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d],
    ...[1, 0, 0, 0],
    ...section(1, [2, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 1, 0x7f, 0]),
    ...section(2, [imported.length, ...imported.flat()]),
    ...section(3, vector(bodies.map(() => type))),
    ...section(4, [1, 0x70, 0, count]),
    ...section(5, [1, 1, 1, 3]),
    ...(exceptions ? section(13, [1, 0, 1]) : []),
    ...section(6, [2, 0x7f, 1, ...constant(0), 0x0b, 0x7f, 1, ...constant(RECURSIONS), 0x0b]),
    ...section(7, [exported.length, ...exported.flat()]),
    ...section(9, [
      ...[1, 0, 0x41, 0, 0x0b],
      ...vector(all.map((index) => reached(shape.tableByHost, inTable(index, count)))),
    ]),
    ...section(10, [...leb(bodies.length), ...bodies.flat()]),
  ]);
}
