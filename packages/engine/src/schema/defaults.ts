import { copyWith } from './copy-json.ts';
import type { CostMeter } from './cost.ts';
import { JsonMeter } from './json-limits.ts';
import { isJsonObject, setOwn } from './json.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { LocalRefs } from './subschemas.ts';

/**
 * Puts the `default` of each absent property into the value (which is changed). Followed are `properties`,
 * `additionalProperties`, `items`, `prefixItems`, `allOf` and `$ref`; branches that may not apply (`anyOf`, `oneOf`,
 * `if`, …) give no defaults. A default is taken as it stands: none are put into it.
 *
 * @throws CostExceeded; JsonProblem when defaults add more than 100 000 values or 1 MiB of text
 */
export function applyDefaults(
  schema: JsonValue,
  value: JsonValue,
  refs: LocalRefs,
  cost: CostMeter,
): void {
  const added = new JsonMeter({ values: 100_000, characters: 1_048_576 });
  fill([schema], value, { refs, cost, added });
}

interface Context {
  readonly refs: LocalRefs;
  readonly cost: CostMeter;
  readonly added: JsonMeter;
}

function fill(schemas: readonly JsonValue[], value: JsonValue, context: Context): void {
  if (typeof value !== 'object' || value === null) return;
  for (const node of inPlace(schemas, context)) {
    if (isJsonObject(value)) fillObject(node, value, context);
    else fillArray(node, value as readonly JsonValue[], context);
  }
}

function fillObject(node: JsonObject, value: JsonObject, context: Context): void {
  const properties = own(node, 'properties');
  const named = isJsonObject(properties) ? properties : {};
  const rest = own(node, 'additionalProperties');
  const present = Object.keys(value);
  context.cost.spend(present.length + Object.keys(named).length);
  for (const key of present) {
    const child = Object.hasOwn(named, key) ? named[key] : rest;
    if (child !== undefined) fill([child], value[key] as JsonValue, context);
  }
  for (const key of Object.keys(named)) {
    const child = named[key];
    if (Object.hasOwn(value, key) || !isJsonObject(child) || !Object.hasOwn(child, 'default'))
      continue;
    setOwn(value, key, copyWith(child.default as JsonValue, context.added));
  }
}

function fillArray(node: JsonObject, value: readonly JsonValue[], context: Context): void {
  const prefix = own(node, 'prefixItems');
  const first: readonly JsonValue[] = Array.isArray(prefix) ? (prefix as readonly JsonValue[]) : [];
  const rest = own(node, 'items');
  context.cost.spend(value.length);
  for (const [index, item] of value.entries()) {
    const child = first[index] ?? rest;
    if (child !== undefined) fill([child], item, context);
  }
}

/** The schemas that certainly apply to the same value. References in circles are refused before. */
function inPlace(schemas: readonly JsonValue[], context: Context): JsonObject[] {
  const found = new Set<JsonObject>();
  const waiting = [...schemas];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (!isJsonObject(node) || found.has(node)) continue;
    found.add(node);
    const all = own(node, 'allOf');
    if (Array.isArray(all)) waiting.push(...(all as readonly JsonValue[]));
    const ref = own(node, '$ref');
    const target = typeof ref === 'string' ? context.refs.resolve(ref) : undefined;
    if (target !== undefined) waiting.push(target);
  }
  context.cost.spend(found.size);
  return [...found];
}

function own(node: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(node, key) ? node[key] : undefined;
}
