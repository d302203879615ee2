/**
 * The costs of a program by the plainest reading of the cost table: one instruction after the other, each paid when
 * it runs. It shares no code with the meter, and knows nothing of blocks or potentials.
 */
import { functionLabel, inTable, tableTargets, target, type Label } from './labels.ts';
import { LOCALS, RECURSIONS, type Expr, type Program, type Stmt, type Valued } from './program.ts';

class Branch {
  readonly depth: number;
  readonly value: number;
  constructor(depth: number, value: number) {
    this.depth = depth;
    this.value = value;
  }
}
class Return {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}
/** A tail call runs outside its caller, so that no handler there sees what it throws. */
class Tail {
  readonly callee: number;
  readonly argument: number;
  constructor(callee: number, argument: number) {
    this.callee = callee;
    this.argument = argument;
  }
}
class Thrown {
  readonly value: number;
  /** The label that it was delegated to: handlers inside do not see it. */
  readonly to: Label | undefined;
  constructor(value: number, to?: Label) {
    this.value = value;
    this.to = to;
  }
}
class Trap {}
/** Too many steps for a test. */
export class Endless extends Error {}

export interface Run {
  readonly end: 'value' | 'trap' | 'exception';
  readonly value: number;
  readonly fuel: number;
  /** Most units spent without passing a loop header or a function entry. */
  readonly longest: number;
}

const MOST = 200_000;

class Machine {
  fuel = 0;
  longest = 0;
  private lastCheck = 0;
  private global = 0;
  private pages = 1;
  /** Calls of any function that are left. */
  recursions = RECURSIONS;
  private readonly memory = new Uint8Array(1024);
  private readonly program: Program;

  readonly legacy: boolean;

  constructor(program: Program, legacy: boolean) {
    this.program = program;
    this.legacy = legacy;
  }

  call(index: number, argument: number): number {
    this.checkpoint();
    const locals = Array.from({ length: LOCALS }, () => 0);
    locals[0] = argument;
    const frame = new Frame(this, locals, index, this.program);
    let tail: Tail;
    try {
      return frame.run();
    } catch (signal) {
      if (signal instanceof Return || signal instanceof Branch) return signal.value;
      if (!(signal instanceof Tail)) throw signal;
      tail = signal;
    }
    return this.call(tail.callee, tail.argument);
  }

  pay(units: number): void {
    this.fuel += units;
    if (this.fuel > MOST) throw new Endless();
  }

  checkpoint(): void {
    this.longest = Math.max(this.longest, this.fuel - this.lastCheck);
    this.lastCheck = this.fuel;
  }

  grow(delta: number): number {
    this.pay(100 + (delta <= 3 ? delta * 8192 : 0));
    if (this.pages + delta > 3) return -1;
    this.pages += delta;
    return this.pages - delta;
  }

  load(at: number): number {
    return this.memory[at & 1023] as number;
  }

  store(at: number, value: number): void {
    this.memory[at & 1023] = value;
  }

  getGlobal(): number {
    return this.global;
  }

  setGlobal(value: number): void {
    this.global = value;
  }
}

class Frame {
  private readonly m: Machine;
  private readonly locals: number[];
  private readonly index: number;
  private readonly program: Program;
  private readonly behind: number;

  constructor(machine: Machine, locals: number[], index: number, program: Program) {
    this.m = machine;
    this.locals = locals;
    this.index = index;
    this.program = program;
    this.behind = program.functions.length - index - 1;
  }

  run(): number {
    const { bare = false, functions } = this.program;
    const value = this.valued(functions[this.index] as Valued, [functionLabel(this.program)]);
    if (bare) this.m.pay(1);
    return bare ? 0 : value;
  }

  private call(index: number, argument: number): number {
    const value = this.m.call(index, argument);
    if (this.program.bare) this.m.pay(1);
    return value;
  }

  private valued({ body, value }: Valued, labels: readonly Label[]): number {
    for (const stmt of body) this.stmt(stmt, labels);
    return this.expr(value, labels);
  }

  private expr(e: Expr, labels: readonly Label[]): number {
    const { m } = this;
    switch (e.k) {
      case 'const':
        m.pay(1);
        return e.value;
      case 'get':
        m.pay(1);
        return this.locals[e.local] as number;
      case 'global':
        m.pay(1);
        return m.getGlobal();
      case 'tee': {
        const value = this.expr(e.e, labels);
        m.pay(1);
        return (this.locals[e.local] = value);
      }
      case 'binary': {
        const a = this.expr(e.a, labels);
        const b = this.expr(e.b, labels);
        m.pay(e.op === 'div' ? 4 + 4 : 1);
        switch (e.op) {
          case 'add':
            return (a + b) | 0;
          case 'sub':
            return (a - b) | 0;
          case 'mul':
            return Math.imul(a, b);
          case 'and':
            return a & b;
          case 'xor':
            return a ^ b;
          case 'lt':
            return a < b ? 1 : 0;
          case 'shr':
            return a >> (b & 31);
          case 'div':
            return (a / ((b & 15) | 1)) | 0;
        }
      }
      // oxlint-disable-next-line no-fallthrough -- the switch above returns
      case 'eqz': {
        const value = this.expr(e.e, labels);
        m.pay(1);
        return value === 0 ? 1 : 0;
      }
      case 'load': {
        const at = this.expr(e.e, labels);
        m.pay(3);
        return m.load(at);
      }
      case 'select': {
        const a = this.expr(e.a, labels);
        const b = this.expr(e.b, labels);
        const c = this.expr(e.c, labels);
        m.pay(1);
        return c === 0 ? b : a;
      }
      case 'if': {
        const c = this.expr(e.c, labels);
        m.pay(1);
        const inside: Label[] = [{ kind: 'value', counter: -1 }, ...labels];
        return this.scope(() => this.valued(c === 0 ? e.else : e.then, inside));
      }
      case 'block':
        return this.scope(() => this.valued(e.body, [{ kind: 'value', counter: -1 }, ...labels]));
      case 'call': {
        const argument = this.expr(e.e, labels);
        if (this.behind === 0) return argument;
        m.pay(3);
        return this.call(this.index + 1 + (e.callee % this.behind), argument);
      }
      case 'recur': {
        m.pay(2);
        if (m.recursions === 0) {
          m.pay(1);
          return 0;
        }
        m.pay(4);
        m.recursions--;
        return this.scope(() => {
          const argument = this.expr(e.e, [{ kind: 'value', counter: -1 }, ...labels]);
          m.pay(3);
          return this.call(e.callee % (this.index + 1 + this.behind), argument);
        });
      }
      case 'callIndirect': {
        const argument = this.expr(e.e, labels);
        const index = this.expr(e.index, labels);
        if (this.behind === 0) {
          m.pay(1);
          return argument;
        }
        m.pay(2 + 5 + 2 + 5);
        const slot = this.index + 1 + ((index & 0x7fff) % this.behind);
        return this.call(inTable(slot, this.index + 1 + this.behind), argument);
      }
      case 'grow': {
        const delta = this.expr(e.e, labels);
        m.pay(2);
        return m.grow(delta & 1);
      }
    }
  }

  /** Runs what stands in a block: a branch to it ends it with the branch's value. */
  private scope(run: () => number): number {
    try {
      return run();
    } catch (signal) {
      if (!(signal instanceof Branch)) throw signal;
      if (signal.depth > 0) throw new Branch(signal.depth - 1, signal.value);
      return signal.value;
    }
  }

  private stmts(list: readonly Stmt[], labels: readonly Label[]): number {
    for (const stmt of list) this.stmt(stmt, labels);
    return 0;
  }

  private stmt(s: Stmt, labels: readonly Label[]): void {
    const { m } = this;
    switch (s.k) {
      case 'nop':
        return;
      case 'unreachable':
        m.pay(1);
        throw new Trap();
      case 'set': {
        const value = this.expr(s.e, labels);
        m.pay(1);
        this.locals[s.local] = value;
        return;
      }
      case 'setGlobal': {
        const value = this.expr(s.e, labels);
        m.pay(1);
        return m.setGlobal(value);
      }
      case 'drop':
        this.expr(s.e, labels);
        return m.pay(1);
      case 'store': {
        const at = this.expr(s.at, labels);
        m.pay(2);
        const value = this.expr(s.e, labels);
        m.pay(1);
        return m.store(at, value);
      }
      case 'fill': {
        m.pay(2);
        const length = this.expr(s.length, labels) & 255;
        m.pay(2 + 8 + (length >> 3));
        for (let i = 0; i < length; i++) m.store(i, 7);
        return;
      }
      case 'block':
        this.scope(() => this.stmts(s.body, [{ kind: 'block', counter: -1 }, ...labels]));
        return;
      case 'loop':
        return this.loop(s, labels);
      case 'if': {
        const c = this.expr(s.c, labels);
        m.pay(1);
        const arm = c === 0 ? s.else : s.then;
        if (arm !== undefined)
          this.scope(() => this.stmts(arm, [{ kind: 'block', counter: -1 }, ...labels]));
        return;
      }
      case 'br':
        return this.branch(s, labels);
      case 'table': {
        const targets = tableTargets(labels, s.to);
        if (targets === undefined) return;
        const { depths, carries, counter } = targets;
        const value = carries ? this.expr(s.value, labels) : 0;
        let index = this.expr(s.index, labels) >>> 0;
        if (counter !== undefined) {
          m.pay(1);
          if (!this.round(counter)) index = depths.length;
          m.pay(1);
        }
        m.pay(2);
        throw new Branch(depths[Math.min(index, depths.length - 1)] as number, value);
      }
      case 'switch':
        return this.switch(s, labels);
      case 'return': {
        const value = this.expr(s.e, labels);
        m.pay(this.program.bare ? 2 : 1);
        throw new Return(this.program.bare ? 0 : value);
      }
      case 'tail': {
        const value = this.expr(s.e, labels);
        if (this.behind === 0) return m.pay(1);
        m.pay(3);
        throw new Tail(this.index + 1 + (s.callee % this.behind), value);
      }
      case 'throw': {
        const value = this.expr(s.e, labels);
        m.pay(500);
        throw new Thrown(value);
      }
      case 'try':
        return this.attempt(s, labels);
      case 'delegate':
        return this.delegate(s, labels);
      case 'fault':
        m.pay(2);
        throw new Trap();
    }
  }

  private switch({ index, arms }: Stmt & { k: 'switch' }, labels: readonly Label[]): void {
    const inside = arms.map((): Label => ({ kind: 'block', counter: -1 }));
    // Before the first arm stands what chooses one, inside of all blocks.
    for (let at = -1; at < arms.length;) {
      const outer = inside.slice(at + 1);
      const reached = [...outer, ...labels];
      try {
        if (at >= 0) {
          this.stmts(arms[at++] as readonly Stmt[], reached);
          continue;
        }
        const chosen = this.expr(index, reached) >>> 0;
        this.m.pay(2);
        at = Math.min(chosen, arms.length - 1);
      } catch (signal) {
        if (!(signal instanceof Branch)) throw signal;
        const { depth, value } = signal;
        if (depth >= outer.length) throw new Branch(depth - outer.length, value);
        at = arms.length - outer.length + depth;
      }
    }
  }

  private loop({ rounds, body }: Stmt & { k: 'loop' }, labels: readonly Label[]): void {
    const { m } = this;
    const counter = this.locals.length;
    this.locals.push(rounds);
    m.pay(2);
    for (;;) {
      m.checkpoint();
      let again = false;
      try {
        this.stmts(body, [{ kind: 'loop', counter }, ...labels]);
        again = this.again(counter);
      } catch (signal) {
        if (!(signal instanceof Branch)) throw signal;
        if (signal.depth > 0) throw new Branch(signal.depth - 1, signal.value);
        again = true;
      }
      if (!again) return;
    }
  }

  private again(counter: number): boolean {
    const again = this.round(counter);
    this.m.pay(1);
    return again;
  }

  private round(counter: number): boolean {
    this.m.pay(6);
    const left = (this.locals[counter] as number) - 1;
    this.locals[counter] = left;
    return left > 0;
  }

  private branch({ to, value, c }: Stmt & { k: 'br' }, labels: readonly Label[]): void {
    const { m } = this;
    const { depth, label } = target(labels, to);
    if (label.kind === 'loop') {
      if (this.again(label.counter)) throw new Branch(depth, 0);
      return;
    }
    const carries = label.kind === 'value' || label.kind === 'function';
    const carried = carries ? this.expr(value, labels) : 0;
    const taken = c === undefined || this.expr(c, labels) !== 0;
    m.pay(1);
    if (taken) throw new Branch(depth, carried);
    if (carries) m.pay(1);
  }

  private delegate({ body, to }: Stmt & { k: 'delegate' }, labels: readonly Label[]): void {
    try {
      this.scope(() => this.stmts(body, [{ kind: 'block', counter: -1 }, ...labels]));
    } catch (signal) {
      if (!(signal instanceof Thrown) || !this.m.legacy) throw signal;
      throw new Thrown(signal.value, target(labels, to).label);
    }
  }

  private attempt({ body, handler, catches }: Stmt & { k: 'try' }, labels: readonly Label[]): void {
    const { m } = this;
    const hidden: Label = { kind: 'hidden', counter: -1 };
    const { legacy } = m;
    const tag = catches === 'tag';
    const handle = (value: number): void => {
      m.pay(tag ? 1 : 2);
      this.locals[1] = tag ? value : 0;
      this.scope(() => {
        this.stmts(handler, [{ kind: 'block', counter: -1 }, ...labels]);
        if (catches !== 'again') return 0;
        m.pay(500);
        throw new Thrown(value);
      });
    };
    const inner: Label[] = legacy
      ? [{ kind: 'block', counter: -1 }, ...labels]
      : [{ kind: 'block', counter: -1 }, hidden, hidden, ...labels];
    const steps = legacy ? 1 : 3;
    try {
      this.stmts(body, inner);
    } catch (signal) {
      if (signal instanceof Thrown) {
        if (signal.to !== undefined && labels.includes(signal.to)) throw signal;
        return handle(signal.value);
      }
      if (!(signal instanceof Branch)) throw signal;
      if (signal.depth >= steps) throw new Branch(signal.depth - steps, signal.value);
      // A branch to the end of the body's own block goes on as if that had ended.
    }
    if (catches === 'joined' && !legacy) handle(0);
    else if (!legacy) m.pay(1);
  }
}

/** Runs function 0. Throws {@link Endless} where a test should not wait for it. */
export function interpret(program: Program, argument: number, legacy: boolean): Run {
  const machine = new Machine(program, legacy);
  let end: Run['end'] = 'value';
  let value = 0;
  try {
    value = machine.call(0, argument);
  } catch (signal) {
    if (signal instanceof Trap) end = 'trap';
    else if (signal instanceof Thrown) end = 'exception';
    else throw signal;
  }
  machine.checkpoint();
  return { end, value, fuel: machine.fuel, longest: machine.longest };
}
