import { EV, type EventLog } from './events.ts';

/** Copies may add this much to a module: a part of its size, but at least some bytes, so that small ones are free. */
const PART = 0.03;
const AT_LEAST = 16_384;
/** Bytes that each copy adds around the body: its block, and the refund where it is left. */
const AROUND = 20;

/**
 * Keeps the copying of loop bodies within a bound, the smallest loops first, which gain most.
 * Candidates are loops whose `edge` holds the number of copies; the others lose it.
 */
export function limitCopies(events: EventLog, moduleBytes: number): void {
  const { kind, edge, pos, next, a } = events;
  const open = new Map<number, number>();
  const candidates: { event: number; added: number }[] = [];
  for (let i = 0; i < events.length; i++) {
    const label = a[i] as number;
    if (kind[i] === EV.loop && (edge[i] as number) > 0) open.set(label, i);
    else if (kind[i] === EV.end && open.size > 0) {
      const event = open.get(label);
      if (event === undefined) continue;
      open.delete(label);
      const body = (pos[i] as number) - (next[event] as number);
      candidates.push({ event, added: (body + AROUND) * (edge[event] as number) - body });
    }
  }
  candidates.sort((one, other) => one.added - other.added || one.event - other.event);
  let left = Math.max(AT_LEAST, moduleBytes * PART);
  for (const { event, added } of candidates) {
    left -= added;
    if (left < 0) edge[event] = 0;
  }
}
