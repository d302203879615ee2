/** The end of a JSON-lines store, without reading the rest. */
import type { Link } from './chain.ts';
import { readEntry } from './lines-format.ts';
import { readLines } from './lines-read.ts';
import { closeAll, openSegments } from './lines-segments.ts';
import type { StoredEntry } from './verify.ts';

/** Longer than any line. */
const TAIL = 4 * 1024 * 1024;

/** Bytes of all files together. */
export function sizeOfLines(path: string): number {
  const segments = openSegments(path);
  closeAll(segments);
  return segments.reduce((sum, { size }) => sum + size, 0);
}

/**
 * The last entry; undefined where there is none.
 *
 * @throws Error where the last line is no entry
 */
export async function readLastLine(path: string): Promise<(StoredEntry & Link) | undefined> {
  const segments = openSegments(path);
  try {
    const last = segments.findLast(({ size }) => size > 0);
    if (last === undefined) return undefined;
    let line: Buffer | undefined;
    // What it begins with may be half a line; what counts is the last one.
    const begin = Math.max(0, last.size - TAIL);
    for await (const { bytes } of readLines(last.descriptor, last.size, begin)) line = bytes;
    const entry = line && readEntry(line);
    if (entry === undefined) throw new Error(`the last line of ${last.path} is no entry`);
    return entry;
  } finally {
    closeAll(segments);
  }
}
