/** The lines of a file, as bytes, in the memory of the longest. */
import { read } from 'node:fs';
import { promisify } from 'node:util';
import type { Link } from './chain.ts';
import { readEntry } from './lines-format.ts';
import type { Place } from './lines-index.ts';
import type { StoredEntry } from './verify.ts';

const readAt = promisify(read);
const CHUNK = 1 << 20;

/** No entry is longer: its parts are bounded (`entry.ts`). */
const LONGEST = 1 << 25;

export interface Line {
  readonly bytes: Buffer;
  /** Where it begins in the file. */
  readonly start: number;
}

/**
 * Complete lines from byte `begin`, where one begins, up to `size`, each without its line feed. Only a line feed ends one: texts hold other separators.
 * What is behind the last line feed is left out.
 */
export async function* readLines(file: number, size: number, begin = 0): AsyncGenerator<Line> {
  const chunk = Buffer.allocUnsafe(CHUNK);
  let parts: Buffer[] = [];
  let start = begin;
  for (let place = begin; place < size;) {
    const { bytesRead } = await readAt(file, chunk, 0, Math.min(CHUNK, size - place), place);
    if (bytesRead === 0) return;
    let from = 0;
    for (;;) {
      const end = chunk.subarray(0, bytesRead).indexOf(0x0a, from);
      if (end === -1) break;
      const bytes = Buffer.concat([...parts, chunk.subarray(from, end)]);
      yield { bytes, start };
      parts = [];
      from = end + 1;
      start = place + from;
    }
    parts.push(Buffer.from(chunk.subarray(from, bytesRead)));
    place += bytesRead;
    if (place - start > LONGEST) throw new Error(`a line is longer than ${LONGEST} bytes`);
  }
}

/** The entry at a place. */
export async function readPlace({ file, start, length }: Place): Promise<StoredEntry & Link> {
  const bytes = Buffer.alloc(length);
  await readAt(file.descriptor, bytes, 0, length, start);
  const entry = readEntry(bytes);
  if (entry === undefined) throw new Error(`the line at byte ${start} is not what was written`);
  return entry;
}
