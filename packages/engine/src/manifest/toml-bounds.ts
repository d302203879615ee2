/**
 * One linear pass over the text before it is parsed: size, nesting, length of unquoted runs, and characters that a
 * text file does not have. The parser is recursive and its numbers are exact, so both need a bound from outside.
 */
import type { Mark } from './node.ts';
import { visible } from './problem.ts';

export const maximumBytes = 1_048_576;
const maximumDepth = 32;
const maximumRun = 512;
const maximumLines = 20_000;
const maximumText = 65_536;
const maximumMarks = 20_000;

export interface BoundBreach {
  readonly at: Mark;
  readonly found: string;
  readonly allowed: string;
}

/** Line and column from 1; the column counts UTF-16 units. */
export function lineAndColumn(text: string, index: number): Mark {
  let line = 1;
  let start = 0;
  for (
    let next = text.indexOf('\n');
    next >= 0 && next < index;
    next = text.indexOf('\n', next + 1)
  ) {
    line += 1;
    start = next + 1;
  }
  return { line, column: index - start + 1 };
}

function byteLength(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) bytes += unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

/** The index behind the string that starts at `start`; an unterminated one ends at the end of the line or text. */
function skipString(text: string, start: number): number {
  const quote = text[start] ?? '';
  const triple = quote.repeat(3);
  const multiline = text.startsWith(triple, start);
  let index = start + (multiline ? 3 : 1);
  while (index < text.length) {
    const character = text[index];
    if (character === '\\' && quote === '"') index += 2;
    else if (!multiline && character === quote) return index + 1;
    else if (multiline && text.startsWith(triple, index)) {
      // up to two quotes more belong to the string
      for (index += 3; text[index] === quote;) index += 1;
      return index;
    } else if (character === '\n' && !multiline) return index;
    else index += 1;
  }
  return text.length;
}

/** `undefined` if the text may be parsed. */
export function checkBounds(text: string): BoundBreach | undefined {
  const breach = (index: number, found: string, allowed: string): BoundBreach => ({
    at: lineAndColumn(text, index),
    found,
    allowed,
  });
  if (text.length > maximumBytes || byteLength(text) > maximumBytes) {
    return breach(0, 'a file of more than 1 MiB', 'at most 1 MiB');
  }
  if (!text.isWellFormed()) return breach(0, 'invalid Unicode', 'UTF-8');
  // eslint-disable-next-line no-control-regex -- what TOML excludes everywhere, and a carriage return on its own
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]|\r(?!\n)/.exec(text);
  if (control !== null) {
    return breach(
      control.index,
      `the control character ${visible(control[0])}`,
      'tab, line feed, or carriage return with line feed',
    );
  }
  let depth = 0;
  let lines = 1;
  let marks = 0;
  let runStart = 0;
  let index = 0;
  while (index < text.length) {
    const character = text[index] ?? '';
    if (character === '\n') lines += 1;
    if (lines > maximumLines)
      return breach(index, `more than ${maximumLines} lines`, `at most ${maximumLines}`);
    if (character === '#') {
      const end = text.indexOf('\n', index);
      index = end < 0 ? text.length : end;
      runStart = index;
    } else if (character === '"' || character === "'") {
      const start = index;
      index = skipString(text, start);
      if (index - start > maximumText) {
        return breach(
          start,
          `a text of more than ${maximumText} characters`,
          `at most ${maximumText}`,
        );
      }
      runStart = index;
    } else {
      if (character === '[' || character === '{') depth += 1;
      else if (character === ']' || character === '}') depth = Math.max(0, depth - 1);
      if ('[]{}=,.'.includes(character)) marks += 1;
      if (marks > maximumMarks) {
        return breach(
          index,
          `more than ${maximumMarks} brackets, commas and equals signs`,
          `at most ${maximumMarks}`,
        );
      }
      if (depth > maximumDepth) {
        return breach(
          index,
          `arrays or tables nested more than ${maximumDepth} deep`,
          `at most ${maximumDepth}`,
        );
      }
      index += 1;
      if (' \t\r\n,=[]{}'.includes(character)) runStart = index;
      else if (index - runStart > maximumRun) {
        return breach(
          runStart,
          `an unquoted word of more than ${maximumRun} characters`,
          `at most ${maximumRun}`,
        );
      }
    }
  }
  return undefined;
}
