// sha256sum for granted files: `hash-files FILE…`, `-` or nothing for standard input.

import { Sha256 } from './sha256';
import {
  close,
  failure,
  Grant,
  grants,
  Input,
  openFile,
  Output,
  Piece,
  programArguments,
  readFile,
} from './wasi';

export { cabi_realloc } from './wasi';

/** The exit status so far: the error of wasi:cli/run if a file could not be read. */
let failed: bool = false;

/** What is left of `path` beneath a granted directory, or null if it isn't in that. */
function beneath(grant: Grant, path: string): string | null {
  if (!path.startsWith('/')) return path;
  if (path == grant.name) return '.';
  const prefix = grant.name.endsWith('/') ? grant.name : grant.name + '/';
  return path.startsWith(prefix) ? path.slice(prefix.length) : null;
}

/** Hashes a file; returns an empty text and leaves the reason in `failure` if it can't be read. */
function hashDescriptor(descriptor: i32): string {
  const hash = new Sha256();
  const piece = new Piece();
  let offset: u64 = 0;
  do {
    readFile(descriptor, offset, piece);
    hash.update(piece.from, piece.length);
    offset += piece.length;
    piece.free();
  } while (!piece.last);
  return failure.length > 0 ? '' : hash.digest();
}

function hashStdin(): string {
  const hash = new Sha256();
  const piece = new Piece();
  const input = new Input();
  do {
    input.read(piece);
    hash.update(piece.from, piece.length);
    piece.free();
  } while (!piece.last);
  input.close();
  return failure.length > 0 ? '' : hash.digest();
}

/** The hash of the file at `path` beneath `directory`, or an empty text. */
function hashFile(directory: i32, path: string): string {
  const descriptor = openFile(directory, path);
  if (descriptor < 0) return '';
  const hash = hashDescriptor(descriptor);
  close(descriptor);
  return hash;
}

/** Why `path` could not be hashed, when no grant had it. */
let reason: string = '';

/** The hash of `path` in the first granted directory that has it, or an empty text. */
function hashPath(all: Grant[], path: string): string {
  reason = '';
  for (let index = 0; index < all.length; index++) {
    const rest = beneath(all[index], path);
    if (rest === null) continue;
    const hash = hashFile(all[index].descriptor, rest);
    if (hash.length > 0) return hash;
    if (reason.length == 0 || failure != 'no-entry') reason = failure;
  }
  if (reason.length == 0) askAnyway(all, path);
  return '';
}

/**
 * Asks for a whole path that no grant covers all the same: the host refuses it, and can tell its
 * operator what would allow it.
 */
function askAnyway(all: Grant[], path: string): void {
  reason = 'nothing is granted';
  if (all.length == 0) return;
  const descriptor = openFile(all[0].descriptor, path);
  if (descriptor >= 0) close(descriptor);
  reason = 'not beneath a granted directory';
}

/** Prints one file's line, or says on standard error what is wrong with it. */
function report(all: Grant[], path: string, out: Output, err: Output): bool {
  const stdin = path == '-';
  const hash = stdin ? hashStdin() : hashPath(all, path);
  if (hash.length > 0) return out.line(hash + '  ' + path);
  failed = true;
  return err.line('hash-files: ' + path + ': ' + (stdin ? failure : reason));
}

/** `wasi:cli/run`: 0 is success, 1 that something could not be read or written. */
export function run(): i32 {
  const given = programArguments();
  // The first argument is the name of the program.
  const paths = given.length > 1 ? given.slice(1) : ['-'];
  const out = new Output(false);
  const err = new Output(true);
  const all = grants();
  for (let index = 0; index < paths.length; index++) {
    if (!report(all, paths[index], out, err)) {
      failed = true;
      break;
    }
  }
  for (let index = 0; index < all.length; index++) close(all[index].descriptor);
  out.close();
  err.close();
  return failed ? 1 : 0;
}
