/** Longest `path` and `argument`, in UTF-16 units: PATH_MAX of Linux. */
const MAX_LENGTH = 4096;

/** C0, DEL, C1, line and paragraph separators. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u;

/** Characters that a POSIX shell or cmd.exe gives a meaning, white space included. */
const SHELL = /[\s|&;<>()$`\\"'*?[\]{}!#~^%]/u;

/**
 * `format: "path"`: a relative path that stays below where it starts. 1 to 4096 characters; `/` separates; no
 * segment is `..`; it begins with neither `/` nor `~` nor a drive letter; no backslash, no control characters.
 */
export function isRelativePath(text: string): boolean {
  if (text.length === 0 || text.length > MAX_LENGTH) return false;
  if (CONTROL.test(text) || text.includes('\\')) return false;
  if (/^(?:[/~]|[A-Za-z]:)/.test(text)) return false;
  return !text.split('/').includes('..');
}

/**
 * `format: "argument"`: one word for a command line. At most 4096 characters; no control characters, no white
 * space, and none of `| & ; < > ( ) $ \` \ " ' * ? [ ] { } ! # ~ ^ %`. It may begin with `-`.
 */
export function isArgument(text: string): boolean {
  return text.length <= MAX_LENGTH && !CONTROL.test(text) && !SHELL.test(text);
}

/** Formats that are checked. */
export const checkedFormats: Readonly<Record<string, (text: string) => boolean>> = {
  path: isRelativePath,
  argument: isArgument,
};

/**
 * Formats that only describe, as draft 2020-12 has it by default: those of the draft, those of OpenAPI,
 * and the two that mark a parameter as sensitive.
 */
export const describingFormats: ReadonlySet<string> = new Set(
  [
    'date-time date time duration email idn-email hostname idn-hostname ipv4 ipv6 uri uri-reference iri iri-reference',
    'uuid uri-template json-pointer relative-json-pointer regex',
    'int8 int16 int32 int64 uint8 uint16 uint32 uint64 float double byte binary',
    'password secret',
  ].flatMap((names) => names.split(' ')),
);
