/** Which names files of a package may have: the same file on every system, and no two that a reader takes for one. Pure. */

/** Longest part of a path, in UTF-8 bytes, and most parts. */
const PART_BYTES = 200;
const PARTS = 16;

/** Controls, format characters (bidirectional, zero-width), unassigned, private, lone surrogates, line separators. */
const unsafe = /[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Characters that some file systems refuse or take for something else. */
const elsewhere = /[\\:*?"<>|]/;

/** Names that Windows takes for devices, with any extension. */
const devices = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?$/i;

/** Alphabets whose letters look alike; a name has letters of one of them only. */
const alphabets = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Coptic}/u,
];

/** Why a path of a package is refused; undefined if it is not. `/` stands between its parts. */
export function whyNotName(path: string): string | undefined {
  if (path.startsWith('/')) return 'it is absolute';
  const parts = path.split('/');
  if (parts.length > PARTS) return `it lies more than ${PARTS} levels deep`;
  for (const part of parts) {
    const why = whyNotPart(part);
    if (why !== undefined) return why;
  }
  return undefined;
}

function whyNotPart(part: string): string | undefined {
  if (part === '') return 'a part of it is empty';
  if (part === '.' || part === '..') return `it has the part "${part}"`;
  if (new TextEncoder().encode(part).length > PART_BYTES) {
    return `a part of it is longer than ${PART_BYTES} bytes`;
  }
  if (unsafe.test(part)) return 'it has invisible or control characters';
  if (part.includes('\uFFFD')) return 'it is not UTF-8';
  if (part.normalize('NFC') !== part) return 'it is not in Unicode normal form C';
  if (elsewhere.test(part)) return 'it has one of the characters \\ : * ? " < > |';
  if (/^\p{White_Space}|[\p{White_Space}.]$/u.test(part)) {
    return 'it begins with a space, or ends with a space or a dot';
  }
  if (devices.test(part)) return 'it is the name of a device on Windows';
  if (alphabets.filter((alphabet) => alphabet.test(part)).length > 1) {
    return 'it mixes letters of alphabets that look alike';
  }
  return undefined;
}

/** Equal for names that some file system takes for the same: case and compatibility forms are folded. */
export function foldedName(path: string): string {
  return path.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
}
