/** `read-directory`: in batches, never the whole directory at once. */
import { lstatSync, opendirSync, type Dir, type Dirent } from 'node:fs';
import { typeOf } from './filesystem-directory.ts';
import type { Arguments } from './filesystem-arguments.ts';
import type { Place } from './filesystem-grants.ts';
import type { OpenListing } from './filesystem-handles.ts';
import { NamesDirectory } from './filesystem-names.ts';
import type { FilesystemSession } from './filesystem-session.ts';
import { decodeName } from './filesystem-path.ts';
import { errnoOf, fail } from './wasi-error.ts';

/** Entries in one answer: with names of 255 bytes it stays far below a frame. */
const BATCH = 512;

type EntryType =
  | 'regular-file'
  | 'directory'
  | 'symbolic-link'
  | 'fifo'
  | 'socket'
  | 'block-device'
  | 'character-device'
  | 'unknown';

/** `[handle to go on with, or null at the end; names and types; error that ends the listing]`. */
export type Listed = readonly [
  number | null,
  readonly (readonly [string, EntryType])[],
  string | null,
];

/** Arguments: directory, handles to drop first. */
export function readDirectory(session: FilesystemSession, args: Arguments): Listed {
  const handle = args.handle();
  const dropped = args.handles();
  args.end();
  for (const one of dropped) session.handles.drop(one);
  const { place } = session.directory(handle);
  const { directory } = place;
  if (directory instanceof NamesDirectory) return [null, listNames(directory), null];
  session.refusePseudo(directory.stat().dev, directory.path, place.path);
  session.reserveHandle();
  const entries = opendirSync(directory.path, {
    encoding: 'buffer' as BufferEncoding,
    bufferSize: BATCH,
  });
  const listing: OpenListing = {
    kind: 'listing',
    place,
    entries,
    left: session.limits.directoryEntries,
    skipped: false,
  };
  const next = readBatch(session, listing);
  if (next.done) {
    entries.closeSync();
    return [null, next.batch, next.error];
  }
  return [session.handles.add(listing), next.batch, null];
}

/** Arguments: listing. The handle stays the caller's to drop. */
export function nextEntries(session: FilesystemSession, args: Arguments): Listed {
  const handle = args.handle();
  args.end();
  const listing = session.handles.get(handle);
  if (listing.kind !== 'listing') return fail('bad-descriptor');
  const next = readBatch(session, listing);
  if (!next.done) return [handle, next.batch, null];
  session.handles.drop(handle);
  return [null, next.batch, next.error];
}

interface Batch {
  readonly batch: readonly (readonly [string, EntryType])[];
  readonly done: boolean;
  readonly error: string | null;
}

/** Names that are not UTF-8 have no form in WASI: all others are listed, then comes one error. */
function readBatch(session: FilesystemSession, listing: OpenListing): Batch {
  const batch: [string, EntryType][] = [];
  const { place } = listing;
  while (batch.length < BATCH) {
    const entry = readEntry(listing.entries);
    if (entry === null) {
      return { batch, done: true, error: listing.skipped ? 'illegal-byte-sequence' : null };
    }
    if (listing.left === 0) {
      session.limitsHit.add('directory-entries');
      return { batch, done: true, error: 'overflow' };
    }
    listing.left -= 1;
    const name = decodeName(entry.name as unknown as Uint8Array);
    if (name === undefined) listing.skipped = true;
    else if (!isForbidden(session, place, name))
      batch.push([name, typeOfEntry(place, entry, name)]);
  }
  return { batch, done: false, error: null };
}

function readEntry(entries: Dir): Dirent | null {
  try {
    return entries.readSync();
  } catch (thrown) {
    // An entry whose type the file system does not tell went away before it was looked at: the list ends.
    if (errnoOf(thrown) === 'ENOENT') return null;
    throw thrown;
  }
}

function isForbidden(
  { table: { forbidden } }: FilesystemSession,
  place: Place,
  name: string,
): boolean {
  return forbidden.watchful && forbidden.hasName(place.directory.identity, name);
}

function typeOfEntry(place: Place, entry: Dirent, name: string): EntryType {
  if (entry.isFile()) return 'regular-file';
  if (entry.isDirectory()) return 'directory';
  if (entry.isSymbolicLink()) return 'symbolic-link';
  if (entry.isFIFO()) return 'fifo';
  if (entry.isSocket()) return 'socket';
  if (entry.isBlockDevice()) return 'block-device';
  if (entry.isCharacterDevice()) return 'character-device';
  try {
    const type = typeOf(lstatSync(place.directory.entry(name), { bigint: true }));
    return type === 'other' ? 'unknown' : type;
  } catch {
    return 'unknown';
  }
}

function listNames(directory: NamesDirectory): [string, EntryType][] {
  return directory.names
    .filter((name) => exists(directory, name))
    .map((name) => [name, 'regular-file']);
}

function exists(directory: NamesDirectory, name: string): boolean {
  try {
    directory.find(name).close();
    return true;
  } catch {
    return false;
  }
}
