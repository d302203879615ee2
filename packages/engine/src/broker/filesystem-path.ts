/** Paths of guests and links as text. */
import { fail } from './wasi-error.ts';

/** Characters of a path, as on Linux. */
const PATH_LENGTH = 4096;

/** Segments that lead somewhere: no empty ones, no `.`. */
export function splitPath(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '' && segment !== '.');
}

/** Whether the text can only mean a directory: it ends in a slash, `.` or `..`. */
export function wantsDirectory(path: string): boolean {
  return /(?:^|\/)\.{0,2}$/.test(path);
}

/** A guest's path as text: what every call that takes one checks first. */
export function checkPath(path: string): void {
  if (path === '') fail('no-entry');
  if (path.length > PATH_LENGTH) fail('name-too-long');
  if (path.includes('\0')) fail('invalid');
  if (!path.isWellFormed()) fail('illegal-byte-sequence');
}

/** What an absolute path with `..` in it says, links aside. */
export function normalise(path: string): string {
  const names: string[] = [];
  for (const segment of splitPath(path)) {
    if (segment === '..') names.pop();
    else names.push(segment);
  }
  return `/${names.join('/')}`;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes of a name or link as text; names that are not UTF-8 have none in WASI. */
export function decodeName(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
