import type { AuditRecord } from '@skill-engine/engine';
import { expect, test } from 'vitest';
import { painter } from './colours.ts';
import { csvFields, csvHeader, recordLine, recordText, tableText } from './history-formats.ts';

const record: AuditRecord = {
  execution_id: '0f3c5a52-7a39-4d6b-9c3f-2f1d8c0b7a11',
  timestamp: '2026-01-31T09:30:00.000Z',
  skill_name: 'text-stats',
  skill_version: '1.0.0',
  component_sha256: 'a'.repeat(64),
  tool_name: 'count',
  parameters: { path: '=cmd|x\u001b[2J' },
  parameters_digest: 'hmac-sha256:1',
  user: '@ada',
  caller: {},
  effective_capabilities_hash: null,
  status: 'denied',
  duration_ms: 12.5,
  exit_code: null,
  error_code: 'CAPABILITY_DENIED',
  error_message: 'line\nforged 1970 success',
  fuel_used: 1_234_567,
  memory_peak_bytes: 65_536,
  denials: [{ code: 'FILESYSTEM_NOT_GRANTED', resource: '/etc', rule: 'no grant' }],
  host_calls: 3,
  credentials_used: [{ name: 'key\u001b[2J', host: 'a.test\nstatus success' }],
  interface_calls: [{ interface: 'a:b/c\u202e@1.0.0', function: 'f\u009b2J', count: 40_000 }],
};

const plain = painter(false);

test('the table for a file: full times, no colours, no limit of width', () => {
  const text = tableText([record], { paint: plain, width: undefined, now: undefined });
  expect(text).toBe(
    'TIME                      ID        SKILL       TOOL   STATUS  DURATION  ERROR                   FUEL\n' +
      '2026-01-31T09:30:00.000Z  0f3c5a52  text-stats  count  denied     13 ms  CAPABILITY_DENIED  1,234,567\n',
  );
});

test('the table on a terminal: ages, colours, within the width', () => {
  const now = Date.parse(record.timestamp) + 7_200_000;
  const coloured = tableText([record], { paint: painter(true), width: 200, now });
  expect(coloured).toContain('2 h ago');
  expect(coloured).toContain('\u001b[33mdenied\u001b[0m');
  const narrow = tableText([record], { paint: plain, width: 70, now });
  for (const line of narrow.split('\n')) expect(line.length).toBeLessThanOrEqual(70);
});

test('an invocation without outcome has no numbers', () => {
  const running = {
    ...record,
    status: 'running',
    duration_ms: null,
    error_code: null,
    fuel_used: null,
  } as const;
  const text = tableText([running], { paint: plain, width: undefined, now: undefined });
  expect(text.split('\n')[1]).toMatch(/running +- +- +-$/);
});

test('CSV: one line for each record, no formulas', () => {
  expect(csvHeader()).toBe(`${csvFields.join(',')}\r\n`);
  const line = recordLine(record, 'csv');
  expect(line.trimEnd()).not.toMatch(/\p{Cc}/u);
  expect(line).toContain(`"'@ada"`);
  expect(line).toContain('line\\u{a}forged');
  expect(line).toMatch(/,40000\r\n$/);
});

test('JSON lines hold everything, exactly', () => {
  const line = recordLine(record, 'jsonl');
  expect(line.trimEnd()).not.toContain('\n');
  expect(JSON.parse(line)).toEqual(record);
});

test('a record in full cannot forge a field of its own', () => {
  const text = recordText(record, plain);
  expect(text).toContain('error_message               line\\u{a}forged 1970 success\n');
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(text).toContain('40000');
  expect(text.match(/^status /gm)).toHaveLength(1);
});
