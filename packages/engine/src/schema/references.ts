import { isJsonObject } from './json.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { quoteKey } from './json-limits.ts';
import { SchemaProblem } from './refusal.ts';
import { LocalRefs, forEachSubschema } from './subschemas.ts';

/** Applicators that evaluate another schema against the same value. */
const IN_PLACE: ReadonlySet<string> = new Set([
  'allOf',
  'anyOf',
  'dependentSchemas',
  'else',
  'if',
  'not',
  'oneOf',
  'then',
]);

/** Most schemas that may stand behind each other for one value: bounds the depth of calls. */
const MAX_CHAIN = 64;

/**
 * Checks that every reference leads to a schema in the same document, that anchors are unique, and that
 * no schema comes back to itself without descending into the value (that evaluation would not end).
 *
 * @throws SchemaProblem
 */
export function checkReferences(schema: JsonValue): void {
  const refs = new LocalRefs(schema);
  const nodes = new Set<JsonObject>();
  const anchors = new Set<JsonValue>();
  forEachSubschema(schema, (node) => {
    nodes.add(node);
    if (!Object.hasOwn(node, '$anchor')) return;
    const anchor = node.$anchor as JsonValue;
    if (anchors.has(anchor)) {
      throw new SchemaProblem(
        'SCHEMA_INVALID',
        '#',
        `the anchor ${quoteKey(String(anchor))} is there twice`,
      );
    }
    anchors.add(anchor);
  });
  const next = new Map<JsonObject, JsonObject[]>([...nodes].map((node) => [node, []]));
  forEachSubschema(schema, (node) => {
    if (Object.hasOwn(node, '$ref')) {
      const target = resolve(refs, node.$ref as string, nodes);
      if (target !== undefined) next.get(node)?.push(target);
    }
    return (child, keyword) => {
      if (IN_PLACE.has(keyword)) next.get(node)?.push(child);
    };
  });
  checkChains(next);
}

function resolve(
  refs: LocalRefs,
  ref: string,
  nodes: ReadonlySet<JsonObject>,
): JsonObject | undefined {
  if (!ref.startsWith('#')) {
    throw new SchemaProblem(
      'SCHEMA_REFUSED',
      '#',
      `the reference ${quoteKey(ref)} leaves the schema; nothing is fetched, put the schema under "$defs" and refer by "#/$defs/…"`,
    );
  }
  const target = refs.resolve(ref);
  if (typeof target === 'boolean') return undefined;
  if (isJsonObject(target) && nodes.has(target)) return target;
  throw new SchemaProblem(
    'SCHEMA_INVALID',
    '#',
    `the reference ${quoteKey(ref)} does not lead to a schema`,
  );
}

/** Topological order (Kahn) with the longest chain to each node. */
function checkChains(next: ReadonlyMap<JsonObject, readonly JsonObject[]>): void {
  const incoming = new Map([...next.keys()].map((node) => [node, 0]));
  for (const target of [...next.values()].flat())
    incoming.set(target, (incoming.get(target) ?? 0) + 1);
  const ready = [...next.keys()].filter((node) => incoming.get(node) === 0);
  const chain = new Map<JsonObject, number>();
  for (const node of ready) {
    const length = (chain.get(node) ?? 0) + 1;
    if (length > MAX_CHAIN) {
      throw new SchemaProblem(
        'SCHEMA_REFUSED',
        '#',
        `more than ${MAX_CHAIN} references and branches stand behind each other`,
      );
    }
    for (const target of next.get(node) ?? []) {
      chain.set(target, Math.max(chain.get(target) ?? 0, length));
      const left = (incoming.get(target) ?? 0) - 1;
      incoming.set(target, left);
      if (left === 0) ready.push(target);
    }
  }
  if (ready.length < next.size) {
    throw new SchemaProblem(
      'SCHEMA_REFUSED',
      '#',
      'a reference comes back to itself without descending into the value',
    );
  }
}
