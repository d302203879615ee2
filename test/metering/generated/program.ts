/** Random structured programs: expressions leave one i32, statements nothing. Labels count outward, as in wasm. */
import fc from 'fast-check';

export type Expr =
  | { readonly k: 'const'; readonly value: number }
  | { readonly k: 'get'; readonly local: number }
  | { readonly k: 'tee'; readonly local: number; readonly e: Expr }
  | { readonly k: 'binary'; readonly op: Binary; readonly a: Expr; readonly b: Expr }
  | { readonly k: 'eqz'; readonly e: Expr }
  | { readonly k: 'load'; readonly e: Expr }
  | { readonly k: 'select'; readonly a: Expr; readonly b: Expr; readonly c: Expr }
  | { readonly k: 'if'; readonly c: Expr; readonly then: Valued; readonly else: Valued }
  | { readonly k: 'block'; readonly body: Valued }
  | { readonly k: 'call'; readonly callee: number; readonly e: Expr }
  | { readonly k: 'callIndirect'; readonly index: Expr; readonly e: Expr }
  /** A call of any function while few enough of them have run; else 0. */
  | { readonly k: 'recur'; readonly callee: number; readonly e: Expr }
  | { readonly k: 'global' }
  | { readonly k: 'grow'; readonly e: Expr };

/** Statements, then a value. */
export interface Valued {
  readonly body: readonly Stmt[];
  readonly value: Expr;
}

export type Stmt =
  | { readonly k: 'set'; readonly local: number; readonly e: Expr }
  | { readonly k: 'setGlobal'; readonly e: Expr }
  | { readonly k: 'drop'; readonly e: Expr }
  | { readonly k: 'nop' }
  | { readonly k: 'store'; readonly at: Expr; readonly e: Expr }
  | { readonly k: 'fill'; readonly length: Expr }
  | { readonly k: 'block'; readonly body: readonly Stmt[] }
  | { readonly k: 'loop'; readonly rounds: number; readonly body: readonly Stmt[] }
  | {
      readonly k: 'if';
      readonly c: Expr;
      readonly then: readonly Stmt[];
      readonly else: readonly Stmt[] | undefined;
    }
  /** Branch outward; `to` is taken modulo the labels in reach. With a condition it is a `br_if`. */
  | { readonly k: 'br'; readonly to: number; readonly value: Expr; readonly c: Expr | undefined }
  /** `br_table`: see `tableTargets`. */
  | {
      readonly k: 'table';
      readonly index: Expr;
      readonly value: Expr;
      readonly to: readonly number[];
    }
  /** Arms that fall through to the next, as a `switch` of C is written. */
  | { readonly k: 'switch'; readonly index: Expr; readonly arms: readonly (readonly Stmt[])[] }
  | { readonly k: 'return'; readonly e: Expr }
  | { readonly k: 'tail'; readonly callee: number; readonly e: Expr }
  | { readonly k: 'throw'; readonly e: Expr }
  | {
      readonly k: 'try';
      readonly body: readonly Stmt[];
      readonly handler: readonly Stmt[];
      readonly catches: Catches;
    }
  /** The older encoding: what is thrown passes by the handlers up to label `to`. Else a block. */
  | { readonly k: 'delegate'; readonly body: readonly Stmt[]; readonly to: number }
  | { readonly k: 'unreachable' }
  /** Reads where no memory is. */
  | { readonly k: 'fault' };

/**
 * What a handler is for: the tag, anything, or anything and then it throws that again; or anything, and in the standard's
 * encoding also for a body that throws nothing.
 */
export type Catches = 'tag' | 'all' | 'again' | 'joined';

export type Binary = 'add' | 'sub' | 'mul' | 'and' | 'xor' | 'lt' | 'shr' | 'div';

/**
 * Functions take one i32 and return one; each may call only those behind it, but for a bounded number of
 * calls of any, so that every program ends its calls.
 */
export interface Program {
  readonly functions: readonly Valued[];
  /** Functions return nothing, so that branches to their ends carry nothing; 0 stands for it. */
  readonly bare?: boolean;
}

/** Calls of any function that one run makes. */
export const RECURSIONS = 12;

/** Locals that programs read and write: the parameter and three more. */
export const LOCALS = 4;

const BINARIES: readonly Binary[] = ['add', 'sub', 'mul', 'and', 'xor', 'lt', 'shr', 'div'];

/** What a program may contain besides plain control flow. */
export interface Features {
  readonly exceptions: boolean;
  readonly traps: boolean;
  /** Traps of instructions other than `unreachable`. */
  readonly faults: boolean;
}

export function programs({ exceptions, traps, faults }: Features): fc.Arbitrary<Program> {
  const { valued } = fc.letrec<{ expr: Expr; stmt: Stmt; stmts: Stmt[]; valued: Valued }>((tie) => {
    const local = fc.nat({ max: LOCALS - 1 });
    const expr = tie('expr');
    const stmts = tie('stmts');
    const body = tie('valued');
    const callee = fc.nat({ max: 5 });
    const leaves: fc.Arbitrary<Expr>[] = [
      fc.record({ k: fc.constant('const' as const), value: fc.integer({ min: -3, max: 9 }) }),
      fc.record({ k: fc.constant('get' as const), local }),
      fc.constant({ k: 'global' } as const),
    ];
    const simple: fc.Arbitrary<Stmt>[] = [
      fc.record({ k: fc.constant('set' as const), local, e: expr }),
      fc.record({ k: fc.constant('drop' as const), e: expr }),
      fc.record({ k: fc.constant('setGlobal' as const), e: expr }),
      fc.constant({ k: 'nop' } as const),
    ];
    const attempt: fc.Arbitrary<Stmt> = fc.record({
      k: fc.constant('try' as const),
      body: stmts,
      handler: stmts,
      catches: fc.constantFrom<Catches>('tag', 'all', 'again', 'joined'),
    });
    /** Many ways to one label, as errors are handled in C. */
    const guarded = fc
      .array(fc.tuple(expr, tie('stmt')), { minLength: 4, maxLength: 5 })
      .map((guards): Stmt => {
        const value: Expr = { k: 'const', value: 0 };
        const body = guards.flatMap(([c, stmt]): Stmt[] => [{ k: 'br', to: 0, value, c }, stmt]);
        return { k: 'block', body };
      });
    return {
      expr: fc.oneof(
        { maxDepth: 5, withCrossShrink: true },
        ...leaves,
        fc.record({ k: fc.constant('tee' as const), local, e: expr }),
        fc.record({
          k: fc.constant('binary' as const),
          op: fc.constantFrom(...BINARIES),
          a: expr,
          b: expr,
        }),
        fc.record({ k: fc.constant('eqz' as const), e: expr }),
        fc.record({ k: fc.constant('load' as const), e: expr }),
        fc.record({ k: fc.constant('select' as const), a: expr, b: expr, c: expr }),
        fc.record({ k: fc.constant('if' as const), c: expr, then: body, else: body }),
        fc.record({ k: fc.constant('block' as const), body }),
        fc.record({ k: fc.constant('call' as const), callee, e: expr }),
        fc.record({ k: fc.constant('recur' as const), callee, e: expr }),
        fc.record({ k: fc.constant('callIndirect' as const), index: expr, e: expr }),
        fc.record({ k: fc.constant('grow' as const), e: expr }),
      ),
      stmt: fc.oneof(
        { maxDepth: 5, withCrossShrink: true },
        ...simple,
        fc.record({ k: fc.constant('store' as const), at: expr, e: expr }),
        fc.record({ k: fc.constant('fill' as const), length: expr }),
        fc.record({ k: fc.constant('block' as const), body: stmts }),
        guarded,
        fc.record({ k: fc.constant('loop' as const), rounds: fc.nat({ max: 5 }), body: stmts }),
        fc.record({ k: fc.constant('loop' as const), rounds: fc.nat({ max: 5 }), body: stmts }),
        fc.record({
          k: fc.constant('if' as const),
          c: expr,
          then: stmts,
          else: fc.option(stmts, { nil: undefined }),
        }),
        fc.record({
          k: fc.constant('br' as const),
          to: fc.nat({ max: 9 }),
          value: expr,
          c: fc.option(expr, { nil: undefined, freq: 4 }),
        }),
        fc.record({
          k: fc.constant('table' as const),
          index: expr,
          value: expr,
          to: fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 4 }),
        }),
        fc.record({
          k: fc.constant('switch' as const),
          index: expr,
          arms: fc.array(stmts, { minLength: 1, maxLength: 4 }),
        }),
        fc.record({ k: fc.constant('return' as const), e: expr }),
        fc.record({ c: expr, then: stmts, e: expr }).map(({ c, then, e }): Stmt => ({
          k: 'if',
          c,
          then: [...then, { k: 'return', e }],
          else: undefined,
        })),
        fc.record({ k: fc.constant('tail' as const), callee, e: expr }),
        ...(exceptions
          ? [
              fc.record({ k: fc.constant('throw' as const), e: expr }),
              attempt,
              attempt,
              fc.record({
                k: fc.constant('delegate' as const),
                body: stmts,
                to: fc.nat({ max: 9 }),
              }),
            ]
          : []),
        ...(faults ? [fc.constant({ k: 'fault' } as const)] : []),
        ...(traps ? [fc.constant({ k: 'unreachable' } as const)] : []),
      ),
      stmts: fc.array(tie('stmt'), { maxLength: 4 }),
      valued: fc.record({ body: stmts, value: expr }),
    };
  });
  return fc.record({
    functions: fc.array(valued, { minLength: 1, maxLength: 4 }),
    bare: fc.boolean(),
  });
}
