import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { markdown } from '../../skills-wasm/report/src/markdown.ts';
import { encodeUtf8, Utf8Decoder } from '../../packages/guest/src/utf8.ts';
import { mostFrequent, TextCounter } from '../../skills-wasm/text-stats/src/count.ts';

/** A text, and where to cut it. */
const cuts = fc.array(fc.nat({ max: 64 }), { maxLength: 8 });

function pieces<T extends { length: number; slice(from: number, to: number): T }>(
  whole: T,
  at: number[],
): T[] {
  const places = [
    0,
    ...at.filter((place) => place < whole.length).sort((a, b) => a - b),
    whole.length,
  ];
  return places.slice(1).map((end, index) => whole.slice(places[index]!, end));
}

function decode(bytes: Uint8Array[]): { text: string; wellFormed: boolean } {
  const decoder = new Utf8Decoder();
  const text = bytes.map((piece) => decoder.decode(piece)).join('') + decoder.finish();
  return { text, wellFormed: decoder.wellFormed };
}

/** The text of these bytes, or undefined if they are not UTF-8. */
function strictly(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function count(texts: string[], minLength = 1) {
  const terms = new Map<string, number>();
  const counter = new TextCounter(terms, minLength);
  for (const text of texts) counter.add(text);
  return { ...counter.finish(), terms: mostFrequent(terms, 100) };
}

describe('UTF-8 for an engine without TextDecoder', () => {
  test('encodes and decodes every text, cut anywhere', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), cuts, (text, at) => {
        const bytes = encodeUtf8(text);
        expect(bytes).toEqual(new TextEncoder().encode(text));
        expect(decode(pieces(bytes, at))).toEqual({ text, wellFormed: true });
      }),
    );
  });

  test('knows what is not UTF-8, and keeps what is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), cuts, (bytes, at) => {
        const { text, wellFormed } = decode(pieces(bytes, at));
        expect(wellFormed ? text : undefined).toBe(strictly(bytes));
        expect(wellFormed || text.includes('\ufffd')).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['a byte of Latin-1', [0x63, 0xe9, 0x21], 'c\ufffd!'],
    ['an overlong slash', [0xc0, 0xaf], '\ufffd\ufffd'],
    ['a surrogate', [0xed, 0xa0, 0x80], '\ufffd\ufffd\ufffd'],
    ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80], '\ufffd\ufffd\ufffd\ufffd'],
    ['a cut character at the end', [0x61, 0xe2, 0x82], 'a\ufffd\ufffd'],
  ])('%s becomes U+FFFD, byte by byte', (_, bytes, text) => {
    expect(decode([Uint8Array.from(bytes)])).toEqual({ text, wellFormed: false });
  });

  test('a lone surrogate is written as U+FFFD', () => {
    expect(encodeUtf8('a\ud800b')).toEqual(new TextEncoder().encode('a\ufffdb'));
  });
});

describe('counting', () => {
  test('words, lines, characters and terms', () => {
    expect(count(['Don’t stop; the naïve 日本 don’t.\nx😀\n\nend'])).toEqual({
      lines: 4,
      words: 8,
      characters: 39,
      terms: [
        { term: 'don’t', count: 2 },
        ...['end', 'naïve', 'stop', 'the', 'x', '日本'].map((term) => ({ term, count: 1 })),
      ],
    });
  });

  test('an empty text has no line; a line without an end is one', () => {
    expect(count(['']).lines).toBe(0);
    expect(count(['a']).lines).toBe(1);
    expect(count(['a\n']).lines).toBe(1);
    expect(count(['a\n', 'b']).lines).toBe(2);
  });

  test('where a text is cut makes no difference', () => {
    const unit = fc.constantFrom('a', 'B', "'", '-', ' ', '\n', 'é', '’', '7');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 60 }), cuts, (text, at) => {
        expect(count(pieces(text, at))).toEqual(count([text]));
      }),
      { numRuns: 1000 },
    );
  });

  test('a megabyte without a space is counted in pieces, not kept', () => {
    const { words, characters, terms } = count(
      Array.from({ length: 16 }, () => 'x'.repeat(65_536)),
    );
    expect(characters).toBe(1_048_576);
    expect(words).toBeLessThanOrEqual(32);
    expect(terms.length).toBeLessThanOrEqual(32);
  });

  test('a hundred thousand different words are kept, the rarest dropped beyond', () => {
    const words = Array.from({ length: 250_000 }, (_, index) => `w${index}`);
    const { words: total, terms } = count(
      [...words, ...Array(5).fill('often')].map((word) => `${word} `),
    );
    expect(total).toBe(250_005);
    expect(terms[0]).toEqual({ term: 'often', count: 5 });
  });

  test('shorter words are counted, and are not terms', () => {
    expect(count(['to be or not'], 3)).toMatchObject({
      words: 4,
      terms: [{ term: 'not', count: 1 }],
    });
  });
});

describe('reports', () => {
  test('title, summary, list and table', () => {
    const sections = [
      { heading: 'Terms', text: ' Most frequent. ', items: ['one', 'two'] },
      {
        heading: 'Table',
        table: { columns: ['a', 'b'], rows: [[1, 'x|y'], [null], [true, '\\', 3]] },
      },
    ];
    expect(markdown({ title: 'Docs', summary: 'All of them', sections })).toBe(
      [
        '# Docs\n\nAll of them\n\n## Terms\n\nMost frequent.\n\n* one\n* two\n\n## Table\n\n',
        '| a | b |\n| --- | --- |\n| 1 | x\\|y |\n|  |  |\n| true | \\\\ |\n',
      ].join(''),
    );
  });

  test('nothing ends its line early', () => {
    const text = 'one\r\n# two\u2028\u0007three';
    const sections = [{ heading: text, items: [text], table: { columns: [text], rows: [[text]] } }];
    const lines = markdown({ title: text, sections }).split(/[\r\n\u2028]+/u);
    expect(lines.filter((line) => line.startsWith('#'))).toEqual([
      '# one # two three',
      '## one # two three',
    ]);
    expect(lines).toHaveLength(7);
  });
});
