/** S-expressions of the WebAssembly test script format (.wast). Enough of it to tell commands and values apart. */

export interface List {
  readonly items: readonly Node[];
  /** Offsets of the whole expression in the source. */
  readonly start: number;
  readonly end: number;
}

/** An atom is its text; a string literal is its decoded bytes. */
export type Node = string | Uint8Array | List;

export const isList = (node: Node | undefined): node is List =>
  typeof node === 'object' && 'items' in node;

export const head = (node: Node | undefined): string => {
  const first = isList(node) ? node.items[0] : undefined;
  return typeof first === 'string' ? first : '';
};

const SPACE = new Set([' ', '\t', '\r', '\n']);

/** Parses all top-level expressions of a script. */
export function parseScript(source: string): List[] {
  const top: Node[] = [];
  const open: { items: Node[]; start: number }[] = [];
  const add = (node: Node): void => {
    (open.at(-1)?.items ?? top).push(node);
  };
  let i = 0;
  while (i < source.length) {
    const c = source[i] as string;
    if (SPACE.has(c)) i++;
    else if (source.startsWith(';;', i)) {
      const end = source.indexOf('\n', i);
      i = end < 0 ? source.length : end;
    } else if (source.startsWith('(;', i)) i = skipBlockComment(source, i);
    else if (c === '(') {
      open.push({ items: [], start: i });
      i++;
    } else if (c === ')') {
      const list = open.pop();
      if (list === undefined) throw new Error(`unbalanced ) at ${i}`);
      i++;
      add({ items: list.items, start: list.start, end: i });
    } else if (c === '"') {
      const [bytes, end] = readString(source, i);
      add(bytes);
      i = end;
    } else {
      let end = i;
      while (
        end < source.length &&
        !SPACE.has(source[end] as string) &&
        !'()";'.includes(source[end] as string)
      )
        end++;
      if (end === i) end++;
      add(source.slice(i, end));
      i = end;
    }
  }
  return top.filter(isList);
}

function skipBlockComment(source: string, start: number): number {
  let depth = 0;
  let i = start;
  do {
    if (source.startsWith('(;', i)) {
      depth++;
      i += 2;
    } else if (source.startsWith(';)', i)) {
      depth--;
      i += 2;
    } else i++;
  } while (depth > 0 && i < source.length);
  return i;
}

const ESCAPES: Readonly<Record<string, number>> = {
  n: 10,
  t: 9,
  r: 13,
  '"': 34,
  "'": 39,
  '\\': 92,
};

function readString(source: string, start: number): [Uint8Array, number] {
  const parts: number[] = [];
  const encoder = new TextEncoder();
  let i = start + 1;
  while (source[i] !== '"') {
    if (i >= source.length) throw new Error(`string without end at ${start}`);
    if (source[i] !== '\\') {
      const char = String.fromCodePoint(source.codePointAt(i) as number);
      parts.push(...encoder.encode(char));
      i += char.length;
      continue;
    }
    const next = source[i + 1] as string;
    if (next === 'u') {
      const end = source.indexOf('}', i);
      parts.push(...encoder.encode(String.fromCodePoint(parseInt(source.slice(i + 3, end), 16))));
      i = end + 1;
    } else if (ESCAPES[next] !== undefined) {
      parts.push(ESCAPES[next]);
      i += 2;
    } else {
      parts.push(parseInt(source.slice(i + 1, i + 3), 16));
      i += 3;
    }
  }
  return [Uint8Array.from(parts), i + 1];
}
