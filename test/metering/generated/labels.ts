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

/** Like {@link target}, among labels without a value that do not loop. Undefined where there is none. */
export function plainTarget(
  labels: readonly Label[],
  to: number,
): { depth: number; label: Label } | undefined {
  const open = labels
    .map((label, i) => ({ depth: i, label }))
    .filter(({ label }) => label.kind === 'block');
  return open.length === 0 ? undefined : open[to % open.length];
}

/** What the table holds: every other function, so that those between are reached by direct calls alone. */
export function inTable(index: number, count: number): number {
  return index % 2 === 0 ? index : count - 1;
}
