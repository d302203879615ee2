import { expect, test } from 'vitest';
import { fit, renderTable, textWidth } from './table.ts';

const columns = [
  { title: 'NAME', flexible: true },
  { title: 'COUNT', right: true },
];

test('columns are as wide as their widest cell, numbers end together', () => {
  expect(
    renderTable(
      columns,
      [
        ['short', '7'],
        ['much-longer', '1234567'],
      ],
      { width: undefined },
    ),
  ).toBe('NAME           COUNT\nshort              7\nmuch-longer  1234567\n');
});

test('a narrow terminal cuts flexible columns only, a wide one nothing', () => {
  const rows = [['a'.repeat(40), '1234567']];
  const narrow = renderTable(columns, rows, { width: 24 });
  expect(narrow.split('\n')[1]).toBe(`${'a'.repeat(14)}…  1234567`);
  expect(renderTable(columns, rows, { width: 200 })).toContain('a'.repeat(40));
  expect(renderTable(columns, rows, { width: 1 })).toContain('1234567');
});

test('cells cannot draw on the terminal', () => {
  const text = renderTable(columns, [['\u001b[2J\u202eevil\nok', '\u009b31m']], { width: 80 });
  expect(text).not.toMatch(/[[\p{Cc}\p{Cf}]--\n]/v);
  expect(text.split('\n')).toHaveLength(3);
});

test('wide characters take two columns, combining ones none', () => {
  expect(['a', '日本', 'é', 'e\u0301', '🙂'].map(textWidth)).toEqual([1, 4, 1, 1, 2]);
  expect(fit('日本語', 4)).toBe('日…');
  expect(fit('abc', 3)).toBe('abc');
});
