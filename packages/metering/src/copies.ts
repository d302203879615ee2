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
  const { copied, copiedCount, edge, pos, next, length } = events;
  // Numbers that order by size, then by event: there may be millions, and sorting them needs no function that compares.
  const candidates = new Float64Array(copiedCount / 2);
  let count = 0;
  for (let i = 0; i < copiedCount; i += 2) {
    const event = copied[i] as number;
    if (edge[event] === 0) continue;
    const body = (pos[copied[i + 1] as number] as number) - (next[event] as number);
    const added = (body + AROUND) * (edge[event] as number) - body;
    candidates[count++] = added * length + event;
  }
  let left = Math.max(AT_LEAST, moduleBytes * PART);
  for (const candidate of candidates.subarray(0, count).sort()) {
    left -= Math.floor(candidate / length);
    if (left < 0) edge[candidate % length] = 0;
  }
}
