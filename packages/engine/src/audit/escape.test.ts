import { describe, expect, test } from 'vitest';
import { escapeLines, escapeText } from './escape.ts';

describe('text from outside, made safe to print', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['line breaks', 'a\r\nb', String.raw`a\u{d}\u{a}b`],
    ['a terminal colour', '\u001b[31mred', String.raw`\u{1b}[31mred`],
    ['an operating system command', '\u001b]0;title\u0007', String.raw`\u{1b}]0;title\u{7}`],
    ['an 8-bit control sequence', '\u009b2J', String.raw`\u{9b}2J`],
    ['NUL, backspace and DEL', '\0\b\u007f', String.raw`\u{0}\u{8}\u{7f}`],
    ['line and paragraph separators', '\u2028\u2029', String.raw`\u{2028}\u{2029}`],
    [
      'bidirectional overrides and isolates',
      '\u202eab\u2066\u2069',
      String.raw`\u{202e}ab\u{2066}\u{2069}`,
    ],
    ['invisible characters', '\u200b\ufeff\u{e0041}', String.raw`\u{200b}\u{feff}\u{e0041}`],
    ['lone surrogates', 'a\ud800b\udc00', String.raw`a\u{d800}b\u{dc00}`],
    ['next line', 'a\u0085b', String.raw`a\u{85}b`],
  ];
  test.each(cases)('%s', (_, text, safe) => {
    expect(escapeText(text)).toBe(safe);
  });

  test('ordinary text of any script, emoji sequences and backslashes stay', () => {
    const text = String.raw`C:\dir Größe 日本語 עברית 👩‍💻 x\u{1b}`;
    expect(escapeText(text)).toBe(text);
    expect(escapeLines(text)).toBe(text);
  });

  test('several lines keep feeds and tabs, and nothing else', () => {
    expect(escapeLines('a\n\tb\r\u001b[2J')).toBe('a\n\tb' + String.raw`\u{d}\u{1b}[2J`);
  });

  test('no code unit below 0x20 and no C1 survives, whatever its neighbours', () => {
    const all = Array.from({ length: 0x2100 }, (_, code) => String.fromCharCode(code)).join('');
    // oxlint-disable-next-line no-control-regex
    expect(escapeText(all)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/);
  });
});
