import { expect, test } from 'vitest';
import { csvLine } from './csv.ts';

test('text with separators is quoted, numbers and nothing are not', () => {
  expect(csvLine(['plain', 'a,b', 'say "hi"', ' edge ', -1.5, null])).toBe(
    'plain,"a,b","say ""hi"""," edge ",-1.5,\r\n',
  );
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1'])(
  '%j does not become a formula',
  (text) => {
    expect(csvLine([text])).toMatch(/^"'/);
  },
);

test('a record is one line whatever it holds', () => {
  const line = csvLine(['a\r\nb\u2028c\u001b[31m']);
  expect(line).toBe('a\\u{d}\\u{a}b\\u{2028}c\\u{1b}[31m\r\n');
});
