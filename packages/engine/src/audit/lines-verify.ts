/** Verifies the files of a JSON-lines store, one after the other, as one chain. */
import type { JsonObject } from '../schema/json.ts';
import { GENESIS } from './chain.ts';
import { readEntry } from './lines-format.ts';
import type { Place } from './lines-index.ts';
import { readLines } from './lines-read.ts';
import type { Segment } from './lines-segments.ts';
import {
  type StoredEntry,
  type Verification,
  type VerifyWith,
  verifyEntryStream,
} from './verify.ts';

/** A signed summary of what retention removed: the first entry of the file that was begun then. */
export interface Prune {
  readonly body: string;
  /** The last entry that was removed. */
  readonly through: number;
}

/** The last summary; undefined where nothing was removed. */
export async function findPrune(segments: readonly Segment[]): Promise<Prune | undefined> {
  for (const { descriptor, size } of segments.toReversed()) {
    for await (const { bytes } of readLines(descriptor, size)) {
      const entry = readEntry(bytes);
      const through = entry?.kind === 'prune' ? throughOf(entry.body) : undefined;
      if (entry !== undefined && through !== undefined) return { body: entry.body, through };
      break;
    }
  }
  return undefined;
}

function throughOf(body: string): number | undefined {
  const { through } = JSON.parse(body) as JsonObject;
  return typeof through === 'number' ? through : undefined;
}

/** Whether a file was removed by retention; a crash may have left it. */
export function isLeft({ first }: Segment, prune: Prune | undefined): boolean {
  return first !== undefined && prune !== undefined && first <= prune.through;
}

export interface VerifiedSegments {
  readonly verification: Verification;
  readonly prune: Prune | undefined;
  /** Where the last line of the last file ends. */
  readonly end: number;
}

/**
 * Reads lines and holds them against what is known.
 *
 * @param onEntry is given each entry that was found right
 * @param known the last summary, where the file that begins with it is not among these
 */
export async function verifySegments(
  segments: readonly Segment[],
  given: VerifyWith,
  onEntry?: (entry: StoredEntry, place: Place) => void,
  known?: Prune,
): Promise<VerifiedSegments> {
  const prune = known ?? (await findPrune(segments));
  let end = 0;
  const verification = await verifyEntryStream(entries(), { ...given, pruned: prune?.body });
  return { verification, prune, end };

  async function* entries(): AsyncGenerator<StoredEntry> {
    let expected = (prune?.through ?? 0) + 1;
    for (const segment of segments) {
      if (isLeft(segment, prune)) continue;
      end = 0;
      // A name that is not true: nothing else says so of a file whose lines are in order.
      if (segment.first !== undefined && segment.first !== expected) yield noEntry(segment.first);
      for await (const { bytes, start } of readLines(segment.descriptor, segment.size)) {
        const entry = readEntry(bytes) ?? noEntry(expected);
        // What comes after this one is asked for only once this one was found right.
        yield entry;
        onEntry?.(entry, { file: segment, start, length: bytes.length });
        end = start + bytes.length + 1;
        expected = entry.seq + 1;
      }
      // A file is closed behind a whole line: what follows that was not written by the store, nor was nothing.
      const whole = end > 0 && end === segment.size;
      if (segment.first !== undefined && !whole) yield noEntry(expected);
    }
  }
}

/** Stands for a line that is none of ours: it follows from nothing. */
function noEntry(seq: number): StoredEntry {
  return { seq, kind: 'outcome', execution_id: null, body: '', hash: GENESIS };
}
