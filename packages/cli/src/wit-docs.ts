/** The doc comments of functions in WIT, in the form of the custom section `package-docs` (wit-parser's, version 1). Pure. */

export interface WitDocs {
  readonly worlds: Readonly<Record<string, WorldDocs>>;
  readonly interfaces: Readonly<Record<string, InterfaceDocs>>;
}

interface InterfaceDocs {
  readonly funcs: Record<string, string>;
}

interface WorldDocs {
  readonly func_exports: Record<string, string>;
  readonly interface_exports: Record<string, InterfaceDocs>;
}

type Scope =
  | { readonly kind: 'interface'; readonly docs: InterfaceDocs }
  | { readonly kind: 'world'; readonly docs: WorldDocs }
  | { readonly kind: 'package' | 'other' };

/** Doc comments, other comments, punctuation, and words such as `add`, `app:db/query@1.0.0`. */
const tokens =
  /(?<doc>\/\/\/[^\n]*|\/\*\*[^]*?\*\/)|\/\/[^\n]*|\/\*[^]*?\*\/|(?<mark>[{};,:])|(?<word>%?[A-Za-z][\w-]*(?:[:/][\w-]+)*(?:@[\w.+-]+)?)/gu;

/** Lenient: what is no WIT has been refused by whatever built the component. */
export function docsOf(wit: string): WitDocs {
  const worlds: Record<string, WorldDocs> = Object.create(null) as Record<string, WorldDocs>;
  const interfaces: Record<string, InterfaceDocs> = Object.create(null) as typeof interfaces;
  const scopes: Scope[] = [];
  let docs: string[] = [];
  let words: string[] = [];
  const none = (): InterfaceDocs => ({ funcs: Object.create(null) as Record<string, string> });
  const enter = (): Scope => {
    const outer = scopes.at(-1);
    const [first = '', second = ''] = words;
    if (first === 'package') return { kind: 'package' };
    if (outer?.kind === 'world' && first === 'export' && words.at(-1) === 'interface') {
      return { kind: 'interface', docs: (outer.docs.interface_exports[label(second)] ??= none()) };
    }
    if (outer !== undefined && outer.kind !== 'package') return { kind: 'other' };
    const at = words.findIndex((word) => word === 'interface' || word === 'world');
    const name = label(words[at + 1] ?? '');
    if (words[at] === 'interface') {
      return { kind: 'interface', docs: (interfaces[name] ??= none()) };
    }
    if (words[at] !== 'world') return { kind: 'other' };
    const world = { func_exports: none().funcs, interface_exports: Object.create(null) as never };
    return { kind: 'world', docs: (worlds[name] ??= world) };
  };
  const note = (): void => {
    const scope = scopes.at(-1);
    const name = label(words.findLast((word) => word !== 'async') ?? '');
    const text = docs.join('\n').trim();
    if (text === '') return;
    if (scope?.kind === 'interface') scope.docs.funcs[name] = text;
    if (scope?.kind === 'world' && words[0] === 'export') scope.docs.func_exports[name] = text;
  };
  for (const { groups } of wit.matchAll(tokens)) {
    const { doc, mark, word } = groups!;
    if (doc !== undefined) docs.push(...linesOf(doc));
    else if (word !== undefined) {
      // `add:func()` without a space reads like a name with its package.
      const [, name, keyword] = /^(%?[\w-]+):(func|async)$/u.exec(word) ?? [];
      if (name !== undefined) words.push(name);
      if ((keyword ?? word) === 'func') note();
      if (name === undefined) words.push(word);
    } else if (mark !== undefined && mark !== ':') {
      if (mark === '{') scopes.push(enter());
      if (mark === '}') scopes.pop();
      docs = [];
      words = [];
    }
  }
  return { worlds, interfaces };
}

function label(word: string): string {
  return word.replace(/^%/u, '');
}

function linesOf(doc: string): string[] {
  if (doc.startsWith('///')) return [doc.slice(3).trim()];
  const inner = doc.slice(3, -2).split('\n');
  return inner.map((line) => line.replace(/^\s*\*?\s?/u, '').trimEnd());
}
