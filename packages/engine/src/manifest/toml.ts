/** TOML 1.1 text to a tree with positions, under bounds that hold before the parser sees the text. */
import { ParseError, parseTOML, type AST } from 'toml-eslint-parser';

import type { SkillError } from '../errors.ts';
import { checkBounds, lineAndColumn, maximumBytes } from './toml-bounds.ts';
import { problemAt, Report, quoted, visible } from './problem.ts';
import type { ArrayNode, Mark, Node, TableNode } from './node.ts';

const maximumKeySegments = 32;

function syntaxError(file: string, at: Mark, found: string, allowed: string): SkillError {
  const report = new Report(file);
  report.add(() => problemAt({ file, ...at, keyPath: '' }, { found, allowed }));
  return report.error('MANIFEST_SYNTAX');
}

function markOf(node: { readonly loc: AST.SourceLocation }): Mark {
  return { line: node.loc.start.line, column: node.loc.start.column + 1 };
}

function nodeOfValue(node: AST.TOMLContentNode, file: string): Node {
  const at = markOf(node);
  if (node.type === 'TOMLArray') {
    return { kind: 'array', at, items: node.elements.map((item) => nodeOfValue(item, file)) };
  }
  if (node.type === 'TOMLInlineTable') {
    const table: TableNode = { kind: 'table', at, entries: new Map() };
    for (const pair of node.body) addPair(table, pair, file);
    return table;
  }
  switch (node.kind) {
    case 'string':
      return { kind: 'string', at, value: node.value };
    case 'boolean':
      return { kind: 'boolean', at, value: node.value };
    case 'integer':
      return { kind: 'integer', at, value: Number(node.bigint), text: node.number };
    case 'float':
      return { kind: 'float', at, value: node.value, text: node.number };
    default:
      return { kind: 'date', at, text: node.datetime };
  }
}

interface Segment {
  readonly name: string;
  readonly at: Mark;
}

function segmentsOf(key: AST.TOMLKey, file: string): Segment[] {
  if (key.keys.length > maximumKeySegments) {
    const found = `a key of ${key.keys.length} parts`;
    throw syntaxError(file, markOf(key), found, `at most ${maximumKeySegments}`);
  }
  return key.keys.map((part) => ({
    name: part.type === 'TOMLBare' ? part.name : part.value,
    at: markOf(part),
  }));
}

/** The table under `segment`, made if it is not there; of an array of tables the last one. */
function descend(table: TableNode, segment: Segment, file: string): TableNode {
  const entry = table.entries.get(segment.name);
  if (entry === undefined) {
    const made: TableNode = { kind: 'table', at: segment.at, entries: new Map() };
    table.entries.set(segment.name, { keyAt: segment.at, value: made });
    return made;
  }
  const value = entry.value.kind === 'array' ? entry.value.items.at(-1) : entry.value;
  if (value?.kind === 'table') return value;
  throw duplicate(file, segment);
}

function duplicate(file: string, segment: Segment): SkillError {
  return syntaxError(
    file,
    segment.at,
    `the key ${quoted(segment.name)} a second time`,
    'each key once',
  );
}

function addPair(table: TableNode, pair: AST.TOMLKeyValue, file: string): void {
  const segments = segmentsOf(pair.key, file);
  const last = segments.pop();
  if (last === undefined) return;
  let target = table;
  for (const segment of segments) target = descend(target, segment, file);
  if (target.entries.has(last.name)) throw duplicate(file, last);
  target.entries.set(last.name, { keyAt: last.at, value: nodeOfValue(pair.value, file) });
}

function openTable(root: TableNode, header: AST.TOMLTable, file: string): TableNode {
  const segments = segmentsOf(header.key, file);
  const last = segments.pop();
  if (last === undefined) return root;
  let parent = root;
  for (const segment of segments) parent = descend(parent, segment, file);
  if (header.kind === 'standard') return descend(parent, last, file);
  const made: TableNode = { kind: 'table', at: markOf(header), entries: new Map() };
  const entry = parent.entries.get(last.name);
  if (entry === undefined) {
    const list: ArrayNode = { kind: 'array', at: last.at, items: [made] };
    parent.entries.set(last.name, { keyAt: last.at, value: list });
  } else if (entry.value.kind === 'array') {
    entry.value.items.push(made);
  } else {
    throw duplicate(file, last);
  }
  return made;
}

/** The parser speaks of its tokens; these words are about the file. Keyed by how its message begins. */
const wordsFor: readonly (readonly [string, string])[] = [
  ['Unexpected token', 'a key, `=` and a value; text in quotes'],
  ['Unexpected character', 'a key, `=` and a value; text in quotes'],
  ['Expected equal', '`=` after the key'],
  ['Must be a newline', 'a line break before the next key'],
  ['Unspecified values', 'a value'],
  ['Unterminated string', 'a closing quote'],
  ['Unterminated array', '`]` at the end of the array'],
  ['Unterminated inline', '`}` at the end of the table'],
  ['Unterminated table', "`]` at the end of the table's name"],
  ['The key, equals sign', "`]` behind a table's name; key, `=` and value on one line"],
  ['Unexpected invalid date', 'a date that exists'],
  ['Unexpected invalid time', 'a time that exists'],
  ['Leading zeros', 'a number without leading zeros'],
];

function explainParseError(error: ParseError, text: string, file: string): SkillError {
  const at = lineAndColumn(text, error.index);
  const rest = text.slice(error.index, error.index + 80).split(/[\r\n]/, 1)[0] ?? '';
  if (error.message.startsWith('Defining a key')) {
    const name = /^[^\s=\].]*/.exec(rest)?.[0] ?? '';
    return syntaxError(file, at, `the key or table ${quoted(name)} a second time`, 'each once');
  }
  const found =
    error.index >= text.length
      ? 'the end of the file'
      : rest === ''
        ? 'the end of the line'
        : visible(rest);
  const words = wordsFor.find(([start]) => error.message.startsWith(start))?.[1];
  const other = error.message.charAt(0).toLowerCase() + error.message.slice(1);
  return syntaxError(file, at, found, words ?? `valid TOML (${visible(other, 120)})`);
}

function decode(bytes: Uint8Array, file: string): string {
  const start = { line: 1, column: 1 };
  if (bytes.length > maximumBytes + 3)
    throw syntaxError(file, start, 'a file of more than 1 MiB', 'at most 1 MiB');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw syntaxError(file, start, 'bytes that are no UTF-8', 'UTF-8');
  }
}

/** @throws SkillError MANIFEST_SYNTAX with the first problem */
export function parseToml(content: string | Uint8Array, file: string): TableNode {
  const given = typeof content === 'string' ? content : decode(content, file);
  const text = given.startsWith('\uFEFF') ? given.slice(1) : given;
  const bound = checkBounds(text);
  if (bound !== undefined) throw syntaxError(file, bound.at, bound.found, bound.allowed);
  let program: AST.TOMLProgram;
  try {
    program = parseTOML(text, { tomlVersion: '1.1' });
  } catch (error) {
    if (error instanceof ParseError) throw explainParseError(error, text, file);
    const found = `what the parser cannot read (${visible(String(error), 100)})`;
    throw syntaxError(file, { line: 1, column: 1 }, found, 'valid TOML');
  }
  const root: TableNode = { kind: 'table', at: { line: 1, column: 1 }, entries: new Map() };
  for (const item of program.body[0].body) {
    if (item.type === 'TOMLKeyValue') {
      addPair(root, item, file);
    } else {
      const table = openTable(root, item, file);
      for (const pair of item.body) addPair(table, pair, file);
    }
  }
  return root;
}
