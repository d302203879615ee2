/** The public names of the packages, read from the declarations that are published, with the compiler's own reader. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  isClassDeclaration,
  isInterfaceDeclaration,
  isTypeAliasDeclaration,
  isTypeLiteralNode,
  isVariableDeclaration,
} from 'typescript/unstable/ast/is';
import { membersIn, referencesIn, type PublicMember } from './api-members.ts';
import type { Node } from 'typescript/unstable/ast';
import { API, SymbolFlags, type Project, type Symbol } from 'typescript/unstable/sync';

export interface PublicName {
  readonly name: string;
  readonly kind: 'class' | 'function' | 'interface' | 'type' | 'constant';
  /** The doc comment's prose, and its tags as `name` and `text`. */
  readonly doc: string;
  readonly tags: readonly { readonly name: string; readonly text: string }[];
  /** The declarations without what is private or internal; overloads are one each. */
  readonly code: string;
  /** Of classes, interfaces and literals of types, also of those inside of others. */
  readonly members: readonly PublicMember[];
  /** Types of the packages' own that it speaks of, by `file name`. */
  readonly references: readonly string[];
  /** Where it is declared, as in `references`. */
  readonly declared: string;
}

export interface EntryPoint {
  /** What is written in an import: `@skill-engine/testing/vitest`. */
  readonly specifier: string;
  readonly names: readonly PublicName[];
}

export interface PublishedPackage {
  readonly name: string;
  readonly folder: string;
  readonly description: string;
  readonly entries: readonly EntryPoint[];
}

interface PackageJson {
  readonly name: string;
  readonly description: string;
  readonly exports?: Readonly<Record<string, string | { readonly types?: string }>>;
}

/** Every package that exports something, with its public names in the order of its entry files. Needs a build. */
export function publishedPackages(): readonly PublishedPackage[] {
  const found = readdirSync('packages').map((folder) => {
    const text = readFileSync(join('packages', folder, 'package.json'), 'utf8');
    return { folder, json: JSON.parse(text) as PackageJson };
  });
  const api = new API({ cwd: process.cwd() });
  try {
    return found.flatMap(({ folder, json }) => {
      const entries = Object.entries(json.exports ?? {}).flatMap(([path, target]) => {
        if (typeof target === 'string' || target.types === undefined) return [];
        const file = resolve('packages', folder, target.types);
        return [{ specifier: join(json.name, path), names: namesOf(api, file) }];
      });
      if (entries.length === 0) return [];
      return [{ name: json.name, folder, description: json.description, entries }];
    });
  } finally {
    api.close();
  }
}

function namesOf(api: API, file: string): readonly PublicName[] {
  const project = api.updateSnapshot({ openFiles: [file] }).getDefaultProjectForFile(file);
  const source = project?.program.getSourceFile(file);
  if (project === undefined || source === undefined) throw new Error(`${file}: build first`);
  const module = project.checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${file}: exports nothing`);
  return project.checker.getExportsOfModule(module).map((exported) => {
    const alias = (exported.flags & SymbolFlags.Alias) !== 0;
    const symbol = alias ? project.checker.getAliasedSymbol(exported) : exported;
    return describe(exported.name, symbol, project);
  });
}

function describe(name: string, symbol: Symbol, project: Project): PublicName {
  const nodes = symbol.declarations.flatMap((declaration) => declaration.resolve(project) ?? []);
  if (nodes.length === 0) throw new Error(`${name}: no declaration`);
  return {
    name,
    kind: kindOf(symbol),
    doc: symbol.getDocumentationComment(project.checker).trim(),
    tags: symbol
      .getJsDocTags(project.checker)
      .map((tag) => ({ name: tag.name, text: (tag.text ?? '').trim() })),
    code: nodes.map(codeOf).join('\n'),
    members: nodes.flatMap((node) => membersIn(node, project.checker, isHidden)),
    references: nodes.flatMap((node) => referencesIn(node, project.checker, isHidden)),
    declared: `${nodes[0]!.getSourceFile().fileName} ${symbol.name}`,
  };
}

function kindOf({ flags }: Symbol): PublicName['kind'] {
  if ((flags & SymbolFlags.Class) !== 0) return 'class';
  if ((flags & SymbolFlags.Function) !== 0) return 'function';
  if ((flags & SymbolFlags.Interface) !== 0) return 'interface';
  if ((flags & SymbolFlags.TypeAlias) !== 0 && (flags & SymbolFlags.Variable) === 0) return 'type';
  return 'constant';
}

function membersOf(node: Node): readonly Node[] {
  if (isClassDeclaration(node) || isInterfaceDeclaration(node)) return [...node.members];
  if (isTypeAliasDeclaration(node) && isTypeLiteralNode(node.type)) return [...node.type.members];
  return [];
}

function commentOf(node: Node): string {
  return node.getFullText().slice(0, node.getStart() - node.getFullStart());
}

function isHidden(member: Node): boolean {
  return /^(private |#)/.test(member.getText()) || commentOf(member).includes('@internal');
}

function codeOf(node: Node): string {
  const statement = isVariableDeclaration(node) ? node.parent.parent : node;
  const start = statement.getStart();
  let code = statement.getSourceFile().text.slice(start, statement.getEnd());
  for (const member of membersOf(node).filter(isHidden).toReversed()) {
    code = code.slice(0, member.getFullStart() - start) + code.slice(member.getEnd() - start);
  }
  return code.replace(/^export (declare )?/, '').replaceAll(/^( +)\1/gm, '$1');
}
