/** Text tables for people: columns padded to their widest cell, cut to the terminal's width. */
import { escapeText } from '@skill-engine/engine';

export interface Column {
  readonly title: string;
  /** Numbers are easier to compare with their ends aligned. */
  readonly right?: boolean;
  /** The columns that give way first where the terminal is too narrow. */
  readonly flexible?: boolean;
}

export interface TableOptions {
  /** Columns of the terminal; `undefined` where nothing is to be cut. */
  readonly width: number | undefined;
  /** Wraps a padded cell in colours; `row` is undefined for the titles. */
  readonly paint?: (text: string, column: number, row: number | undefined) => string;
}

const GAP = 2;
const SMALLEST = 6;

const wide =
  /^(?:\p{Emoji_Presentation}|\p{sc=Han}|\p{sc=Hangul}|\p{sc=Hiragana}|\p{sc=Katakana})/u;
const nothing = /^\p{M}$/u;
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Columns that a text takes on a terminal: East Asian characters and emoji take two. */
export function textWidth(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    width += nothing.test(segment) ? 0 : wide.test(segment) ? 2 : 1;
  }
  return width;
}

/** The beginning of a text in at most so many columns, with `…` where something is missing. */
export function fit(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let result = '';
  let used = 1;
  for (const { segment } of graphemes.segment(text)) {
    used += textWidth(segment);
    if (used > width) break;
    result += segment;
  }
  return `${result}…`;
}

/** Every cell is escaped here: no content of a table reaches a terminal as it came. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions,
): string {
  const cells = rows.map((row) => row.map((cell) => escapeText(cell)));
  const titles = columns.map((column) => column.title);
  const widths = columns.map((_, index) =>
    Math.max(...[titles, ...cells].map((row) => textWidth(row[index] ?? ''))),
  );
  shrink(columns, widths, options.width);
  const line = (row: readonly string[], number: number | undefined): string => {
    const parts = columns.map((column, index) => {
      const text = fit(row[index] ?? '', widths[index] ?? 0);
      const space = ' '.repeat(Math.max(0, (widths[index] ?? 0) - textWidth(text)));
      const painted = options.paint?.(text, index, number) ?? text;
      return column.right === true ? space + painted : painted + space;
    });
    return parts.join(' '.repeat(GAP)).trimEnd();
  };
  return [line(titles, undefined), ...cells.map(line)].map((text) => `${text}\n`).join('');
}

/** Takes columns from the widest flexible cell until the table fits, or none can give more. */
function shrink(columns: readonly Column[], widths: number[], width: number | undefined): void {
  if (width === undefined) return;
  const room = width - GAP * (columns.length - 1);
  for (;;) {
    const excess = widths.reduce((sum, one) => sum + one, 0) - room;
    if (excess <= 0) return;
    let widest = -1;
    for (const [index, column] of columns.entries()) {
      if (column.flexible !== true || (widths[index] ?? 0) <= SMALLEST) continue;
      if (widest < 0 || (widths[index] ?? 0) > (widths[widest] ?? 0)) widest = index;
    }
    if (widest < 0) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}
