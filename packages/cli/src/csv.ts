/** CSV as RFC 4180 has it, safe to open in a spreadsheet. */
import { escapeText } from '@skill-engine/engine';

/** What spreadsheets take for the beginning of a formula. */
const FORMULA = /^[=+\-@\t\r＝＋－＠]/;

/**
 * One line. Text that a spreadsheet would take for a formula gets an apostrophe in front; control and other unsafe
 * characters become `\u{…}`. Numbers stay as they are; `null` is an empty cell.
 */
export function csvLine(cells: readonly (string | number | null)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(cell: string | number | null): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const text = escapeText(FORMULA.test(cell) ? `'${cell}` : cell);
  return /[",\r\n']/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}
