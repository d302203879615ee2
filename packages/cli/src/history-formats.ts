/** Audit records as a table, as JSON lines, as CSV, and one of them in full. */
import { escapeText } from '@skill-engine/engine';
import type { AuditRecord, JsonValue } from '@skill-engine/engine';
import type { Colour, Paint } from './colours.ts';
import { csvLine } from './csv.ts';
import { jsonText } from './json.ts';
import { type Column, renderTable } from './table.ts';
import { showAge, showCount, showDuration } from './units.ts';

export const formats = ['table', 'json', 'jsonl', 'csv'] as const;

export type Format = (typeof formats)[number];

/** Columns of the CSV form, in this order; `denials` and `interface_calls` count them. */
export const csvFields = [
  'execution_id',
  'timestamp',
  'skill_name',
  'skill_version',
  'tool_name',
  'user',
  'status',
  'duration_ms',
  'exit_code',
  'error_code',
  'error_message',
  'fuel_used',
  'memory_peak_bytes',
  'denials',
  'host_calls',
  'component_sha256',
  'effective_capabilities_hash',
  'parameters_digest',
  'parameters',
  'credentials_used',
  'interface_calls',
] as const satisfies readonly (keyof AuditRecord)[];

export function csvHeader(): string {
  return csvLine(csvFields);
}

export function recordLine(record: AuditRecord, format: 'jsonl' | 'csv'): string {
  if (format === 'jsonl') return `${jsonText(record as unknown as JsonValue)}\n`;
  return csvLine(
    csvFields.map((field) => {
      if (field === 'denials') return record.denials.length;
      if (field === 'parameters') return JSON.stringify(record.parameters);
      if (field === 'credentials_used') return JSON.stringify(record.credentials_used);
      if (field === 'interface_calls') {
        return record.interface_calls.reduce((sum, { count }) => sum + count, 0);
      }
      return record[field];
    }),
  );
}

export interface TableView {
  readonly paint: Paint;
  /** Columns of the terminal, if it is one. */
  readonly width: number | undefined;
  /** Milliseconds since the epoch: times are then told by age. */
  readonly now: number | undefined;
  /** Leaves the titles out. */
  readonly bare?: boolean;
}

const columns: readonly Column[] = [
  { title: 'TIME' },
  { title: 'ID' },
  { title: 'SKILL', flexible: true },
  { title: 'TOOL', flexible: true },
  { title: 'STATUS' },
  { title: 'DURATION', right: true },
  { title: 'ERROR', flexible: true },
  { title: 'FUEL', right: true },
];

const STATUS = 4;

const statusColours: Readonly<Record<AuditRecord['status'], Colour>> = {
  success: 'green',
  failure: 'red',
  timeout: 'red',
  denied: 'yellow',
  cancelled: 'yellow',
  interrupted: 'red',
  running: 'cyan',
};

export function tableText(records: readonly AuditRecord[], view: TableView): string {
  const rows = records.map((record) => [
    view.now === undefined
      ? record.timestamp
      : showAge(Math.max(0, view.now - Date.parse(record.timestamp))),
    record.execution_id.slice(0, 8),
    record.skill_name,
    record.tool_name,
    record.status,
    record.duration_ms === null ? '-' : showDuration(record.duration_ms),
    record.error_code ?? '-',
    record.fuel_used === null ? '-' : showCount(record.fuel_used),
  ]);
  const text = renderTable(columns, rows, {
    width: view.width,
    paint: (text, column, row) => {
      const record = row === undefined ? undefined : records[row];
      if (record === undefined) return view.paint(text, 'dim');
      return column === STATUS ? view.paint(text, statusColours[record.status]) : text;
    },
  });
  return view.bare === true ? text.slice(text.indexOf('\n') + 1) : text;
}

/** Every field on its own line; denials and parameters in full. */
export function recordText(record: AuditRecord, paint: Paint): string {
  const width = Math.max(...Object.keys(record).map((key) => key.length));
  return Object.entries(record)
    .map(([key, value]: [string, JsonValue]) => {
      const text = typeof value === 'string' ? escapeText(value) : jsonText(value, 2);
      const [first = '', ...more] = text.split('\n');
      const indented = more.map((line) => `${' '.repeat(width + 1)}${line}`);
      return [`${paint(key.padEnd(width), 'dim')} ${first}`, ...indented].join('\n');
    })
    .map((line) => `${line}\n`)
    .join('');
}
