import { expect, test } from 'vitest';
import {
  parseCount,
  parseInstant,
  parseSeconds,
  parseSize,
  showAge,
  showDuration,
  showSize,
} from './units.ts';

test.each([
  ['0', 0],
  ['65536', 65_536],
  ['512K', 524_288],
  ['64M', 67_108_864],
  ['64MiB', 67_108_864],
  ['1GB', 1_073_741_824],
  ['7B', 7],
])('the size %s', (text, bytes) => {
  expect(parseSize('memory', text)).toBe(bytes);
});

test.each(['', '-1', '1.5M', '64m', '1T', '1 M', '0x10', '9007199254740993', '99999999999G'])(
  'the size %j is refused',
  (text) => {
    expect(() => parseSize('memory', text)).toThrow('--memory is');
  },
);

test('counts may be grouped, seconds may have a fraction', () => {
  expect(parseCount('fuel', '1_000_000')).toBe(1_000_000);
  expect(parseSeconds('timeout', '0.5')).toBe(500);
  expect(parseSeconds('timeout', '30')).toBe(30_000);
});

test.each(['1e9', '-5', '_1', '1__0', '', '1.5', '9007199254740993'])(
  'the count %j is refused',
  (text) => {
    expect(() => parseCount('fuel', text)).toThrow('--fuel is');
  },
);

test.each(['0', '0.0001', '-1', '1s', '', 'Infinity', 'NaN'])('%j seconds are refused', (text) => {
  expect(() => parseSeconds('timeout', text)).toThrow('--timeout is');
});

const now = Date.parse('2026-01-31T12:00:00Z');

test.each([
  ['90s', '2026-01-31T11:58:30.000Z'],
  ['30m', '2026-01-31T11:30:00.000Z'],
  ['2h', '2026-01-31T10:00:00.000Z'],
  ['7d', '2026-01-24T12:00:00.000Z'],
  ['1w', '2026-01-24T12:00:00.000Z'],
  ['2026-01-30', '2026-01-30T00:00:00.000Z'],
  ['2026-01-30T09:30:00Z', '2026-01-30T09:30:00.000Z'],
  ['2026-01-30T09:30:00+02:00', '2026-01-30T07:30:00.000Z'],
])('the instant %s', (text, iso) => {
  expect(parseInstant('since', text, now).toISOString()).toBe(iso);
});

test.each(['', 'yesterday', '2h30m', '-2h', '2026-13-01', '2026-1-1', '1', '9999999999d'])(
  'the instant %j is refused',
  (text) => {
    expect(() => parseInstant('since', text, now)).toThrow('--since is');
  },
);

test('amounts are shown for people', () => {
  expect([3.14, 12.6, 3400, 125_000].map(showDuration)).toEqual([
    '3.1 ms',
    '13 ms',
    '3.4 s',
    '2 min 5 s',
  ]);
  expect([500, 59_000, 300_000, 10_800_000, 172_800_000].map(showAge)).toEqual([
    'just now',
    '59 s ago',
    '5 min ago',
    '3 h ago',
    '2 d ago',
  ]);
  expect([512, 1536, 67_108_864].map(showSize)).toEqual(['512 B', '1.5 KiB', '64 MiB']);
});
