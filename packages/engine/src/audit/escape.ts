/**
 * Characters that move the cursor, start terminal sequences, end lines, reorder or hide text: controls (C0, DEL,
 * C1), format characters (bidirectional controls, byte order mark, tags and other invisible ones), line and
 * paragraph separators, lone surrogates. The two joiners are left: scripts and emoji need them.
 */
const UNSAFE = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]--[\u200c-\u200d]]/gv;
const UNSAFE_EXCEPT_LINES = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]--[\u200c-\u200d\n\t]]/gv;

/**
 * Text from outside (a guest, a manifest, a caller), safe to print within one line of a terminal or a log:
 * each unsafe character becomes `\u{…}` with its hexadecimal code point. For display only: the result
 * is not meant to be parsed back, so backslashes stay as they are.
 */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, escapeCharacter);
}

/** Like {@link escapeText} for text of several lines: line feeds and tabs stay. */
export function escapeLines(text: string): string {
  return text.replace(UNSAFE_EXCEPT_LINES, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
