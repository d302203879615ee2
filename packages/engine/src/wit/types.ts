/**
 * WIT types as a table: a type refers to others by index, always to smaller ones, so that neither a cycle nor an
 * expansion exists, whatever a component declares. Plain data: it crosses threads and processes as it is. Pure.
 */
export type WitType =
  | { readonly kind: WitPrimitive }
  | { readonly kind: 'list'; readonly element: number }
  | { readonly kind: 'tuple'; readonly items: readonly number[] }
  | { readonly kind: 'record'; readonly fields: readonly WitField[] }
  | { readonly kind: 'variant'; readonly cases: readonly WitCase[] }
  | { readonly kind: 'enum'; readonly cases: readonly string[] }
  | { readonly kind: 'flags'; readonly names: readonly string[] }
  | { readonly kind: 'option'; readonly some: number }
  | { readonly kind: 'result'; readonly ok: number | null; readonly err: number | null }
  /** What has no JSON: a resource's handle, or a type that the transpiler does not know. */
  | { readonly kind: 'unsupported'; readonly what: string };

export type WitPrimitive = 'bool' | WitInteger | WitFloat | 'char' | 'string';
export type WitInteger = 's8' | 'u8' | 's16' | 'u16' | 's32' | 'u32' | 's64' | 'u64';
export type WitFloat = 'f32' | 'f64';

export interface WitField {
  readonly name: string;
  readonly type: number;
}

export interface WitCase {
  readonly name: string;
  /** `null` without a payload. */
  readonly type: number | null;
}

export interface WitFunction {
  readonly params: readonly WitField[];
  readonly result: number | null;
}

export type WitTypes = readonly WitType[];

/** Smallest and largest value of each integer type. */
export const integerRanges: Readonly<Record<WitInteger, readonly [bigint, bigint]>> = {
  s8: [-(2n ** 7n), 2n ** 7n - 1n],
  u8: [0n, 2n ** 8n - 1n],
  s16: [-(2n ** 15n), 2n ** 15n - 1n],
  u16: [0n, 2n ** 16n - 1n],
  s32: [-(2n ** 31n), 2n ** 31n - 1n],
  u32: [0n, 2n ** 32n - 1n],
  s64: [-(2n ** 63n), 2n ** 63n - 1n],
  u64: [0n, 2n ** 64n - 1n],
};

/**
 * Whether `null` is a JSON form of this type: of options only. An option of such a type wraps what it holds as
 * `{ "some": … }`, so that nothing and something that is nothing stay apart.
 */
export function isNullable(types: WitTypes, type: number): boolean {
  return types[type]?.kind === 'option';
}

/** Whether an option of this type says `{ "some": … }` instead of the value. */
export function wrapsSome(types: WitTypes, option: { readonly some: number }): boolean {
  return isNullable(types, option.some);
}

/**
 * Whether the transpiler's glue has this option as `{ tag, val }`: where what it holds may itself be `undefined` there. So
 * of options in options, every second one is; any other is the value or `undefined`.
 */
export function isTagged(types: WitTypes, option: { readonly some: number }): boolean {
  let tagged = false;
  for (let held = types[option.some]!; held.kind === 'option'; held = types[held.some]!) {
    tagged = !tagged;
  }
  return tagged;
}

/** The first reason why a function cannot be called with JSON; `undefined` if it can. */
export function unsupportedPart(
  types: WitTypes,
  { params, result }: WitFunction,
): string | undefined {
  const roots = [...params.map(({ type }) => type), ...(result === null ? [] : [result])];
  const seen = new Set<number>();
  for (const stack = roots; stack.length > 0;) {
    const index = stack.pop()!;
    if (seen.has(index)) continue;
    seen.add(index);
    const type = types[index]!;
    if (type.kind === 'unsupported') return type.what;
    stack.push(...partsOf(type));
  }
  return undefined;
}

/** The types that a type is made of. */
export function partsOf(type: WitType): readonly number[] {
  switch (type.kind) {
    case 'list':
      return [type.element];
    case 'tuple':
      return type.items;
    case 'record':
      return type.fields.map((field) => field.type);
    case 'variant':
      return type.cases.flatMap((entry) => (entry.type === null ? [] : [entry.type]));
    case 'option':
      return [type.some];
    case 'result':
      return [type.ok, type.err].filter((part) => part !== null);
    default:
      return [];
  }
}
