/** What a branch can reach. Shared by the assembler and the interpreter, so that both mean the same program. */

export interface Label {
  readonly kind: 'block' | 'value' | 'loop' | 'function' | 'hidden';
  /** For a loop: the local that counts its rounds. */
  readonly counter: number;
}

/** Where `to` leads: labels that the structure itself uses are not counted. */
export function target(labels: readonly Label[], to: number): { depth: number; label: Label } {
  const open = labels
    .map((label, i) => ({ depth: i, label }))
    .filter(({ label }) => label.kind !== 'hidden');
  return open[to % open.length] as { depth: number; label: Label };
}

/** Where a `br_table` leads, which carries a value to all of its labels or to none. */
export interface Targets {
  readonly depths: readonly number[];
  readonly carries: boolean;
  /** Where a loop is among them: its local that counts rounds. When none are left the last label is taken. */
  readonly counter: number | undefined;
}

/** What {@link target} finds first says whether the others carry a value. At most one is a loop, and never the last. */
export function tableTargets(labels: readonly Label[], to: readonly number[]): Targets | undefined {
  const first = target(labels, to[0] as number);
  const carries = first.label.kind === 'value' || first.label.kind === 'function';
  const others = labels
    .map(({ kind }, depth) => ({ kind, depth }))
    .filter(({ kind }) => (carries ? kind === 'value' || kind === 'function' : kind === 'block'));
  if (others.length === 0) return undefined;
  const depths = to.map((each) => (others[each % others.length] as { depth: number }).depth);
  const loops = first.label.kind === 'loop';
  const counter = loops ? first.label.counter : undefined;
  return { depths: loops ? [first.depth, ...depths] : depths, carries, counter };
}

/** The label of a function itself. */
export const functionLabel = ({ bare = false }: { readonly bare?: boolean }): Label => ({
  kind: bare ? 'block' : 'function',
  counter: -1,
});

/** What the table holds: every other function, so that those between are reached by direct calls alone. */
export function inTable(index: number, count: number): number {
  return index % 2 === 0 ? index : count - 1;
}
