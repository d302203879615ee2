/** What stands inside of a public declaration: its members with their comments, and the types that it speaks of. */
import {
  isClassDeclaration,
  isExpressionWithTypeArguments,
  isIdentifier,
  isInterfaceDeclaration,
  isTypeLiteralNode,
  isTypeReferenceNode,
} from 'typescript/unstable/ast/is';
import type { Node } from 'typescript/unstable/ast';
import { type Checker, SymbolFlags } from 'typescript/unstable/sync';

export interface PublicMember {
  /** Dotted where literals of types are nested. */
  readonly name: string;
  /** Its documentation, also where it comes from an interface that its class implements; empty without one. */
  readonly doc: string;
  /** Its declaration. */
  readonly text: string;
  readonly optional: boolean;
  /** Of the literal that it stands in; empty for others. */
  readonly outer: string;
}

/** Members of the declaration and of the literals in it. */
export function membersIn(
  node: Node,
  checker: Checker,
  isHidden: (member: Node) => boolean,
  path = '',
  outer = '',
): PublicMember[] {
  const found: PublicMember[] = [];
  const holder =
    isClassDeclaration(node) || isInterfaceDeclaration(node) || isTypeLiteralNode(node);
  node.forEachChild((child) => {
    const member = holder && node.members.some((one) => one === child);
    if (member && isHidden(child)) return;
    const name = member ? [path, nameOf(child)].filter(Boolean).join('.') : path;
    if (member) {
      const text = child.getText();
      const named = (child as Node & { readonly name?: Node }).name;
      const symbol = named === undefined ? undefined : checker.getSymbolAtLocation(named);
      const doc =
        symbol?.getDocumentationComment(checker).trim() ||
        child
          .getFullText()
          .slice(0, child.getStart() - child.getFullStart())
          .trim();
      const optional = /^(?:readonly )?[\w$]+\?/u.test(text);
      found.push({ name, doc, text, optional, outer });
      found.push(...membersIn(child, checker, isHidden, name, doc || outer));
    } else found.push(...membersIn(child, checker, isHidden, name, outer));
  });
  return found;
}

function nameOf(member: Node): string {
  const { name } = member as Node & { readonly name?: Node };
  return name?.getText() ?? member.getText().replace(/\s*\(.*$/su, '');
}

/** Types from this project, as `file name`; what is hidden speaks of nothing. */
export function referencesIn(
  node: Node,
  checker: Checker,
  isHidden: (member: Node) => boolean,
): string[] {
  const found = new Set<string>();
  const visit = (at: Node): void => {
    const holder = isClassDeclaration(at) || isInterfaceDeclaration(at) || isTypeLiteralNode(at);
    at.forEachChild((child) => {
      if (holder && at.members.some((one) => one === child) && isHidden(child)) return;
      visit(child);
    });
    const name = referred(at);
    if (name === undefined) return;
    const symbol = checker.getSymbolAtLocation(name);
    if (symbol === undefined) return;
    const alias = (symbol.flags & SymbolFlags.Alias) !== 0;
    const target = alias ? checker.getAliasedSymbol(symbol) : symbol;
    if ((target.flags & SymbolFlags.TypeParameter) !== 0) return;
    const file = target.declarations[0]?.path;
    if (file?.includes('/packages/') === true && !file.includes('/node_modules/'))
      found.add(`${file} ${target.name}`);
  };
  visit(node);
  return [...found];
}

function referred(node: Node): Node | undefined {
  if (isTypeReferenceNode(node)) return node.typeName;
  if (isExpressionWithTypeArguments(node) && isIdentifier(node.expression)) return node.expression;
  return undefined;
}
