/** One part of a report: any of a text, a list and a table, under a heading. */
export interface Section {
  heading: string;
  text?: string;
  items?: string[];
  table?: { columns: string[]; rows: (string | number | boolean | null)[][] };
}

export interface Report {
  title: string;
  summary?: string;
  sections?: Section[];
}

/** Text for one line: no line breaks or control characters, and nothing that ends the line's format. */
const line = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();

const cell = (value: unknown): string =>
  line(value === null ? '' : String(value))
    .replaceAll('\\', '\\\\')
    .replaceAll('|', '\\|');

const row = (cells: unknown[]): string => `| ${cells.map(cell).join(' | ')} |`;

function table({ columns, rows }: NonNullable<Section['table']>): string {
  const body = rows.map((cells) => row(columns.map((_, index) => cells[index] ?? null)));
  return [row(columns), row(columns.map(() => '---')), ...body].join('\n');
}

function section({ heading, text, items, table: data }: Section): string[] {
  return [
    `## ${line(heading)}`,
    ...(text === undefined ? [] : [text.trim()]),
    ...(items === undefined ? [] : [items.map((item) => `* ${line(item)}`).join('\n')]),
    ...(data === undefined ? [] : [table(data)]),
  ];
}

/** The Markdown of a report. */
export function markdown({ title, summary, sections = [] }: Report): string {
  const blocks = [
    `# ${line(title)}`,
    ...(summary === undefined ? [] : [summary.trim()]),
    ...sections.flatMap(section),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}
