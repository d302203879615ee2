import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { SkillError } from '../errors.ts';
import type { Node } from './node.ts';
import { parseToml } from './toml.ts';

function failure(text: string | Uint8Array): string {
  try {
    parseToml(text, 'f');
  } catch (error) {
    if (error instanceof SkillError && error.code === 'MANIFEST_SYNTAX') return error.message;
    throw error;
  }
  return 'accepted';
}

function at(node: Node | undefined, ...path: (string | number)[]): Node {
  let current = node;
  for (const step of path) {
    if (current?.kind === 'table') current = current.entries.get(String(step))?.value;
    else if (current?.kind === 'array') current = current.items[Number(step)];
  }
  if (current === undefined) throw new Error(`nothing at ${path.join('.')}`);
  return current;
}

describe('bounds (TOM-01)', () => {
  it.each([
    ['nested arrays', `a = ${'['.repeat(1e5)}${']'.repeat(1e5)}`, '1:37', 'nested more than 32'],
    ['nested inline tables', `a = ${'{a='.repeat(1e5)}`, '1:101', 'nested more than 32'],
    [
      'nesting behind a string of four quotes',
      `a = ["""x"""",${'['.repeat(1e5)}`,
      '1:46',
      'nested more than 32',
    ],
    [
      'nesting behind an escaped quote',
      `a = ["\\"",${'['.repeat(100)}]`,
      '1:42',
      'nested more than 32',
    ],
    ['a key of 1e5 segments', `a${'.a'.repeat(1e5)} = 1`, '1:1', 'unquoted word'],
    ['a key of many spaced segments', `a${' . a'.repeat(1000)} = 1`, '1:1', 'a key of 1001 parts'],
    ['a table of many spaced segments', `[a${' . a'.repeat(40)}]`, '1:2', 'a key of 41 parts'],
    ['quoted segments', `"a"${'."a"'.repeat(40)} = 1`, '1:1', 'a key of 41 parts'],
    ['a number of 1e6 digits', `a = ${'9'.repeat(1e6)}`, '1:5', 'unquoted word'],
    ['a hexadecimal number of 1e5 digits', `a = 0x${'f'.repeat(1e5)}`, '1:5', 'unquoted word'],
    ['more than 1 MiB', `#${' '.repeat(1_048_576)}`, '1:1', 'more than 1 MiB'],
    ['more than 1 MiB of UTF-8', `#${'ä'.repeat(600_000)}`, '1:1', 'more than 1 MiB'],
    ['more than 1 MiB of astral text', `#${'😀'.repeat(300_000)}`, '1:1', 'more than 1 MiB'],
    ['a million lines', '\n'.repeat(1e6), '20000:1', 'more than 20000 lines'],
    [
      'half a million values',
      `a = [${'1,'.repeat(500_000)}]`,
      '1:40003',
      'more than 20000 brackets',
    ],
    [
      'a text of a million escapes',
      `a = "${'\\n'.repeat(400_000)}"`,
      '1:5',
      'a text of more than 65536',
    ],
    ['a text that never ends', `a = '''${'x'.repeat(400_000)}`, '1:5', 'a text of more than 65536'],
    ['a key of a million characters', `"${'x'.repeat(900_000)}" = 1`, '1:1', 'a text of more than'],
    ['a lone surrogate', 'a = "\ud800"', '1:1', 'invalid Unicode'],
    ['NUL', 'a = 1\0', '1:6', 'control character \\u{0}'],
    ['NUL in a comment', '# \0', '1:3', 'control character'],
    ['a carriage return in a comment', '# a\rb = 1', '1:4', 'control character'],
    ['DEL', 'a = "\u007f"', '1:6', 'control character'],
  ])('%s', (_, text, place, words) => {
    const message = failure(text);
    expect(message.slice(0, place.length + 4)).toBe(`f:${place}: `);
    expect(message).toContain(words);
    expect(message.length).toBeLessThan(400);
  });

  it.each([
    ['a Feb-29 that is none', 'a = 2021-02-29'],
    ['a Feb-30', 'a = 2020-02-30T00:00:00Z'],
    ['an hour 24', 'a = 24:00:00'],
    ['a duplicate key', 'a = 1\na = 2'],
    ['a duplicate key in another spelling', 'a = 1\n"\\u0061" = 2'],
    ['a table twice', '[a]\n[a]'],
    ['a key of a value', 'a = 1\n[a.b]'],
    ['an inline table that is extended', 'a = { b = 1 }\na.c = 2'],
    ['an array that is extended', 'a = [{}]\n[[a]]'],
    ['a table over an array of tables', '[[a]]\n[a]'],
    ['a second BOM', '\uFEFF\uFEFFa = 1'],
    ['a missing value', 'a ='],
    ['text after the value', 'a = 1 2'],
  ])('refuses %s', (_, text) => {
    expect(failure(text)).toMatch(/^f:\d+:\d+: found /);
  });

  it.each([
    ['invalid UTF-8', Uint8Array.of(0x61, 0x3d, 0x22, 0xff, 0x22), 'bytes that are no UTF-8'],
    ['UTF-8 of a surrogate', Uint8Array.of(0x23, 0xed, 0xa0, 0x80), 'bytes that are no UTF-8'],
    ['an overlong form', Uint8Array.of(0x23, 0xc0, 0x80), 'bytes that are no UTF-8'],
    ['UTF-16', Uint8Array.of(0xff, 0xfe, 0x61, 0x00), 'bytes that are no UTF-8'],
    ['1 GiB of zeros', { length: 2 ** 30 } as Uint8Array, 'more than 1 MiB'],
  ])('refuses %s', (_, bytes, words) => {
    expect(failure(bytes)).toContain(words);
  });

  it('reads bytes, with or without BOM', () => {
    const bytes = new TextEncoder().encode('\uFEFFa = "ü"');
    expect(at(parseToml(bytes, 'f'), 'a')).toMatchObject({ value: 'ü' });
  });

  it('keeps __proto__ and constructor as plain keys (TOM-02)', () => {
    const root = parseToml('__proto__.polluted = true\n[constructor.prototype]\nx = 1\n', 'f');
    expect([...root.entries.keys()]).toEqual(['__proto__', 'constructor']);
    expect(at(root, '__proto__', 'polluted')).toMatchObject({ value: true });
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

describe('values and their places', () => {
  const text = [
    'a.b = "x" # dotted',
    'c = """',
    'two',
    'lines"""',
    'd = [ 1, { e = 2.5 },',
    '  true ]',
    '[[f]]',
    '[f.g]',
    'h = 1979-05-27',
    '[[f]]',
    'i = 0xff',
    'j = 9007199254740993',
  ].join('\n');
  const root = parseToml(text, 'f');

  it.each([
    [['a', 'b'], { kind: 'string', value: 'x', at: { line: 1, column: 7 } }],
    [['c'], { kind: 'string', value: 'two\nlines', at: { line: 2, column: 5 } }],
    [['d', 0], { kind: 'integer', value: 1, at: { line: 5, column: 7 } }],
    [['d', 1, 'e'], { kind: 'float', value: 2.5, at: { line: 5, column: 16 } }],
    [['d', 2], { kind: 'boolean', value: true, at: { line: 6, column: 3 } }],
    [['f', 0, 'g', 'h'], { kind: 'date', text: '1979-05-27', at: { line: 9, column: 5 } }],
    [['f', 1, 'i'], { kind: 'integer', value: 255 }],
    [['f', 1, 'j'], { kind: 'integer', text: '9007199254740993' }],
  ])('%j', (path, expected) => {
    expect(at(root, ...path)).toMatchObject(expected);
  });

  it('counts columns in UTF-16 units, and lines the same after CRLF', () => {
    const crlf = parseToml('a = "😀" # x\r\nb = ["😀", 1]', 'f');
    expect(at(crlf, 'b', 1)).toMatchObject({ at: { line: 2, column: 12 } });
  });
});

it('answers any text with a tree or one syntax error', () => {
  const piece = fc.constantFrom(
    '[',
    ']',
    '{',
    '}',
    '=',
    ',',
    '.',
    '\n',
    ' ',
    '"',
    "'",
    '"""',
    '\\',
    '#',
    'a',
    '1',
    '-',
    '_',
    ':',
    '0x',
    'inf',
    'true',
    '2020-02-30',
    '\r\n',
    '\u00e4',
    '[[',
    ']]',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      expect(failure(pieces.join(''))).toMatch(/^accepted$|^f:\d+:\d+: found /);
    }),
    { numRuns: 3000 },
  );
});
