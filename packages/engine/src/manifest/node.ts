/** A TOML document as a tree that knows where everything stands. Tables are maps: no key is special. */
import type { JsonValue } from './types.ts';
import { quoted, visible } from './problem.ts';

export interface Mark {
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

export type Node = TableNode | ArrayNode | ScalarNode;

export interface TableNode {
  readonly kind: 'table';
  readonly at: Mark;
  readonly entries: Map<string, Entry>;
}

export interface Entry {
  readonly keyAt: Mark;
  readonly value: Node;
}

export interface ArrayNode {
  readonly kind: 'array';
  readonly at: Mark;
  readonly items: Node[];
}

export type ScalarNode =
  | { readonly kind: 'string'; readonly at: Mark; readonly value: string }
  | { readonly kind: 'boolean'; readonly at: Mark; readonly value: boolean }
  /** `text` as in the file; `value` may have lost precision where it is no safe integer. */
  | { readonly kind: 'integer'; readonly at: Mark; readonly value: number; readonly text: string }
  | { readonly kind: 'float'; readonly at: Mark; readonly value: number; readonly text: string }
  | { readonly kind: 'date'; readonly at: Mark; readonly text: string }
  | { readonly kind: 'nothing'; readonly at: Mark };

/** What stands there, in words, for "found …". */
export function describeNode(node: Node): string {
  switch (node.kind) {
    case 'table':
      return node.entries.size === 0 ? 'an empty table' : 'a table';
    case 'array':
      return node.items.length === 0 ? 'an empty array' : 'an array';
    case 'string':
      return quoted(node.value);
    case 'boolean':
      return String(node.value);
    case 'nothing':
      return 'null';
    default:
      return `${node.kind === 'date' ? 'the date ' : ''}${visible(node.text, 40)}`;
  }
}

const nowhere: Mark = { line: 1, column: 1 };
const maximumDepth = 64;

/** The same tree from a value of the program, such as an option or a line of the lock file. Own properties only. */
export function nodeOf(value: unknown, depth = 0): Node {
  const at = nowhere;
  if (depth > maximumDepth) return { kind: 'nothing', at };
  if (typeof value === 'string') return { kind: 'string', at, value };
  if (typeof value === 'boolean') return { kind: 'boolean', at, value };
  if (typeof value === 'number') {
    return { kind: Number.isInteger(value) ? 'integer' : 'float', at, value, text: String(value) };
  }
  if (Array.isArray(value))
    return { kind: 'array', at, items: value.map((item) => nodeOf(item, depth + 1)) };
  if (typeof value !== 'object' || value === null) return { kind: 'nothing', at };
  const entries = new Map<string, Entry>();
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) entries.set(key, { keyAt: at, value: nodeOf(item, depth + 1) });
  }
  return { kind: 'table', at, entries };
}

/** The JSON value, or the node that has none (dates, infinities, integers beyond 2^53). */
export function jsonOf(node: Node): { readonly json: JsonValue } | { readonly odd: Node } {
  if (node.kind === 'string' || node.kind === 'boolean') return { json: node.value };
  if (node.kind === 'integer')
    return Number.isSafeInteger(node.value) ? { json: node.value } : { odd: node };
  if (node.kind === 'float')
    return Number.isFinite(node.value) ? { json: node.value } : { odd: node };
  if (node.kind === 'array') {
    const items: JsonValue[] = [];
    for (const item of node.items) {
      const result = jsonOf(item);
      if ('odd' in result) return result;
      items.push(result.json);
    }
    return { json: items };
  }
  if (node.kind !== 'table') return { odd: node };
  const pairs: [string, JsonValue][] = [];
  for (const [key, entry] of node.entries) {
    const result = jsonOf(entry.value);
    if ('odd' in result) return result;
    pairs.push([key, result.json]);
  }
  // fromEntries defines own properties, also for the key `__proto__`
  return { json: Object.fromEntries(pairs) };
}
