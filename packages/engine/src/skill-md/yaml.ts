/** The YAML that frontmatter may be: mappings, lists and plain text, within bounds. The document is hostile. */
import { Composer, CST, Lexer, Parser } from 'yaml';

/** Collections and scalars within each other, as the parser counts them. */
const DEPTH = 12;

/** A mapping is a `Map`, so that no key means anything but itself; every scalar is text, as it is written. */
export type YamlValue = string | readonly YamlValue[] | ReadonlyMap<string, YamlValue>;

export class YamlProblem extends Error {}

/** Kinds of lexemes that can make a document mean more than it says, and what people call them. */
const refusedKinds: Readonly<Record<string, string>> = {
  alias: 'aliases (*name)',
  anchor: 'anchors (&name)',
  tag: 'tags (!name)',
  'directive-line': 'directives (%NAME)',
};

/**
 * The first refused construct ends it, before any value is made; nesting is counted while the text is read, without
 * recursion. Scalars have no types here (the failsafe schema): `1.0` and `yes` are those characters.
 *
 * @throws YamlProblem
 */
export function parseYaml(text: string): YamlValue {
  const composer = new Composer({
    schema: 'failsafe',
    version: '1.2',
    merge: false,
    customTags: [],
    stringKeys: true,
    uniqueKeys: true,
    strict: true,
    logLevel: 'silent',
  });
  const [document, another] = [...composer.compose(tokens(text))];
  if (another !== undefined) throw new YamlProblem('it has more than one document');
  if (document === undefined) throw new YamlProblem('it is empty');
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) throw new YamlProblem(problem.message.split('\n', 1)[0]!);
  return toValue(document.toJS({ mapAsMap: true, maxAliasCount: 0 }));
}

function tokens(text: string): CST.Token[] {
  const parser = new Parser();
  const found: CST.Token[] = [];
  let isContent = false;
  for (const lexeme of new Lexer().lex(text)) {
    const kind = isContent ? 'scalar' : CST.tokenType(lexeme);
    if (kind !== null && Object.hasOwn(refusedKinds, kind)) {
      throw new YamlProblem(`it has ${refusedKinds[kind]}, which are refused`);
    }
    isContent = lexeme === CST.SCALAR;
    found.push(...parser.next(lexeme));
    if (parser.stack.length > DEPTH) throw new YamlProblem('it is nested too deeply');
  }
  found.push(...parser.end());
  return found;
}

function toValue(value: unknown): YamlValue {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  if (Array.isArray(value)) return value.map(toValue);
  if (value instanceof Map) {
    return new Map([...value].map(([key, member]) => [String(key), toValue(member)]));
  }
  throw new YamlProblem('it has a value that is neither text, list nor mapping');
}
