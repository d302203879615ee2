import type { EventLog } from './events.ts';

/** Copies may add this much to a module: a part of its size, but at least some bytes, so that small ones are free. */
const PART = 0.01;
const AT_LEAST = 16_384;
/** Bytes that each copy adds around the body: its block, and the refund where it is left. */
const AROUND = 20;

/**
 * Keeps the copying of loop bodies within a bound, the smallest loops first, which gain most.
 * `edge` of each holds the number of copies; those that find no room lose it.
 */
export function limitCopies(events: EventLog, moduleBytes: number): void {
  const { copied, edge, pos, next } = events;
  const candidates: { event: number; added: number }[] = [];
  for (const [event, end] of copied) {
    if (edge[event] === 0) continue;
    const body = (pos[end] as number) - (next[event] as number);
    candidates.push({ event, added: (body + AROUND) * (edge[event] as number) - body });
  }
  candidates.sort((one, other) => one.added - other.added || one.event - other.event);
  let left = Math.max(AT_LEAST, moduleBytes * PART);
  for (const { event, added } of candidates) {
    left -= added;
    if (left < 0) edge[event] = 0;
  }
}
