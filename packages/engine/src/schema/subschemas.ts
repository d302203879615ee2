import { isJsonObject } from './json.ts';
import type { JsonObject, JsonValue } from './json.ts';

/** Keywords of draft 2020-12 whose value is one schema. */
const single = [
  'additionalProperties',
  'contains',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
];
/** … a list of schemas. */
const list = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
/** … an object whose values are schemas. */
const keyed = ['$defs', 'dependentSchemas', 'patternProperties', 'properties'];

/** Called for each schema directly below another: the keyword that leads there, and the name under it. */
export type ChildVisitor = (
  child: JsonObject,
  keyword: string,
  name: string,
  parent: JsonObject,
) => void;

/**
 * Visits every schema object of a (bounded, plain) schema, the root first. `visit` may give back a function
 * that is then called for each child. Values that are not schemas (enum, const, default) are never entered.
 */
export function forEachSubschema(
  schema: JsonValue,
  visit: (node: JsonObject) => ChildVisitor | void,
): void {
  if (!isJsonObject(schema)) return;
  const waiting: JsonObject[] = [schema];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const onChild = visit(node);
    for (const [child, keyword, name] of children(node)) {
      onChild?.(child, keyword, name, node);
      waiting.push(child);
    }
  }
}

function* children(node: JsonObject): Generator<readonly [JsonObject, string, string]> {
  const own = (keyword: string): JsonValue | undefined =>
    Object.hasOwn(node, keyword) ? node[keyword] : undefined;
  for (const keyword of single) {
    const child = own(keyword);
    if (isJsonObject(child)) yield [child, keyword, ''];
  }
  for (const keyword of list) {
    const value = own(keyword);
    if (!Array.isArray(value)) continue;
    for (const [index, child] of (value as readonly JsonValue[]).entries()) {
      if (isJsonObject(child)) yield [child, keyword, String(index)];
    }
  }
  for (const keyword of keyed) {
    const value = own(keyword);
    if (!isJsonObject(value)) continue;
    for (const name of Object.keys(value)) {
      const child = value[name];
      if (isJsonObject(child)) yield [child, keyword, name];
    }
  }
}

/** Resolves the references that a schema may make: `#`, `#/json/pointer` (RFC 6901) and `#anchor`. */
export class LocalRefs {
  readonly #root: JsonValue;
  readonly #anchors = new Map<string, JsonObject>();

  constructor(root: JsonValue) {
    this.#root = root;
    forEachSubschema(root, (node) => {
      const anchor = Object.hasOwn(node, '$anchor') ? node.$anchor : undefined;
      if (typeof anchor === 'string' && !this.#anchors.has(anchor)) this.#anchors.set(anchor, node);
    });
  }

  /** Undefined when the reference is not local, or leads nowhere. */
  resolve(ref: string): JsonValue | undefined {
    if (ref === '#') return this.#root;
    if (ref.startsWith('#/')) return resolvePointer(this.#root, ref.slice(2).split('/'));
    return ref.startsWith('#') ? this.#anchors.get(ref.slice(1)) : undefined;
  }
}

function resolvePointer(root: JsonValue, tokens: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = root;
  for (const token of tokens) {
    const key = decode(token);
    if (key === undefined || typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value) && !/^(0|[1-9]\d{0,8})$/.test(key)) return undefined;
    value = Object.hasOwn(value, key) ? (value as JsonObject)[key] : undefined;
  }
  return value;
}

function decode(token: string): string | undefined {
  try {
    return decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return undefined;
  }
}
