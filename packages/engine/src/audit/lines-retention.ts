/** What retention removes of a JSON-lines store: whole files, the oldest ones, where nothing in them is to be kept. */
import type { Head } from './anchor.ts';
import type { LinesFiles } from './lines-files.ts';
import type { Indexed, LinesIndex } from './lines-index.ts';
import type { Retention } from './retention.ts';
import type { JsonObject } from '../schema/json.ts';

/** Number of the last entry of a file that goes, and of the first that is there now. */
export interface Cut {
  readonly first: number;
  readonly through: number;
  /** It is the file that grows, which has to be closed for it. */
  readonly growing: boolean;
}

/** Undefined where every file has something that is kept. */
export function cutOf(
  index: LinesIndex,
  files: LinesFiles,
  head: Head,
  retention: Retention,
  now = Date.now(),
): Cut | undefined {
  const all = index.all();
  // Its outcome is still to come, and would be one of nothing.
  const running = all.find(({ outcome }) => outcome === undefined)?.seq ?? Infinity;
  const wanted = Math.min(running - 1, unwanted(all, files, head.seq, retention, now));
  const { closed, first, growing } = files;
  const holdsSome = (all.at(-1)?.seq ?? 0) >= first && growing.size > 0;
  const whole = holdsSome && wanted >= head.seq;
  const through = whole ? head.seq : closed.findLast(({ last }) => last <= wanted)?.last;
  // Files without invocations are not worth a further summary.
  if (through === undefined || (all[0]?.seq ?? Infinity) > through) return undefined;
  return { first: closed[0]?.first ?? first, through, growing: whole };
}

/** The last entry that the retention does not keep. */
function unwanted(
  all: readonly Indexed[],
  { closed, growing }: LinesFiles,
  last: number,
  { maxAgeMs, maxRecords, maxBytes }: Retention,
  now: number,
): number {
  let through = 0;
  if (maxAgeMs !== undefined) {
    // Clocks jump: everything before the first invocation that is kept goes, nothing behind it.
    const kept = all.find(({ intent }) => intent.timestampMs >= now - maxAgeMs);
    through = Math.max(through, kept === undefined ? last : kept.seq - 1);
  }
  if (maxRecords !== undefined) {
    const kept = maxRecords === 0 ? undefined : all.at(-maxRecords);
    if (maxRecords === 0) through = last;
    else if (kept !== undefined) through = Math.max(through, kept.seq - 1);
  }
  if (maxBytes !== undefined) {
    // A file goes when what is newer fills the bound: more is kept rather than less.
    let newer = 0;
    for (const file of [{ last, size: growing.size }, ...closed.toReversed()]) {
      if (newer >= maxBytes) through = Math.max(through, file.last);
      newer += file.size;
    }
  }
  return through;
}

/** What the summary says besides its signature. */
export function pruneStatement(
  index: LinesIndex,
  { first }: Pick<Cut, 'first'>,
  { seq: through, hash }: Head,
): JsonObject & { readonly entries: number; readonly records: number } {
  const gone = index.all().filter(({ seq }) => seq <= through);
  const ended = gone.filter(({ endedSeq }) => endedSeq !== undefined && endedSeq <= through);
  const statuses: Record<string, number> = {};
  for (const { outcome } of ended) {
    const name = outcome?.status ?? '';
    statuses[name] = (statuses[name] ?? 0) + 1;
  }
  const times = gone.map(({ intent }) => intent.timestampMs);
  const instant = (ms: number) => (Number.isFinite(ms) ? new Date(ms).toISOString() : null);
  return {
    statement: 'prune',
    first,
    through,
    head: hash.toString('hex'),
    entries: through - first + 1,
    records: gone.length,
    statuses,
    since: instant(times.reduce((least, ms) => Math.min(least, ms), Infinity)),
    until: instant(times.reduce((most, ms) => Math.max(most, ms), -Infinity)),
    // Their outcomes are in files that stay.
    open: gone.filter((one) => !ended.includes(one)).map(({ intent }) => intent.executionId),
    timestamp: new Date().toISOString(),
  };
}
