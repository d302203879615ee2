/** Whether types of two tables are the same: structure and names; linear, for pairs are compared once. Pure. */
import type { WitFunction, WitType, WitTypes } from './types.ts';

export function sameFunction(
  a: WitTypes,
  one: WitFunction,
  b: WitTypes,
  other: WitFunction,
): boolean {
  const seen = new Set<string>();
  const same = (x: number | null, y: number | null): boolean => {
    if (x === null || y === null) return x === y;
    const pair = `${x} ${y}`;
    if (seen.has(pair)) return true;
    seen.add(pair);
    return sameType(a[x]!, b[y]!, same);
  };
  return sameFields(one.params, other.params, same) && same(one.result, other.result);
}

type Same = (x: number | null, y: number | null) => boolean;
type Named = readonly { readonly name: string; readonly type: number | null }[];

function sameFields(x: Named, y: Named, same: Same): boolean {
  return (
    x.length === y.length &&
    x.every(({ name, type }, index) => name === y[index]!.name && same(type, y[index]!.type))
  );
}

function sameNames(x: readonly string[], y: readonly string[]): boolean {
  return x.length === y.length && x.every((name, index) => name === y[index]);
}

function sameType(x: WitType, y: WitType, same: Same): boolean {
  switch (x.kind) {
    case 'list':
      return y.kind === 'list' && same(x.element, y.element);
    case 'tuple':
      return (
        y.kind === 'tuple' &&
        x.items.length === y.items.length &&
        x.items.every((item, index) => same(item, y.items[index]!))
      );
    case 'record':
      return y.kind === 'record' && sameFields(x.fields, y.fields, same);
    case 'variant':
      return y.kind === 'variant' && sameFields(x.cases, y.cases, same);
    case 'enum':
      return y.kind === 'enum' && sameNames(x.cases, y.cases);
    case 'flags':
      return y.kind === 'flags' && sameNames(x.names, y.names);
    case 'option':
      return y.kind === 'option' && same(x.some, y.some);
    case 'result':
      return y.kind === 'result' && same(x.ok, y.ok) && same(x.err, y.err);
    case 'unsupported':
      return false;
    default:
      return x.kind === y.kind;
  }
}
