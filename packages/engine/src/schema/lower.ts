import { copyJson } from './copy-json.ts';
import { checkedFormats, describingFormats } from './formats.ts';
import { isJsonObject, setOwn } from './json.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { quoteKey } from './json-limits.ts';
import { PatternProblem, compilePattern } from './pattern.ts';
import type { LinearPattern } from './pattern.ts';
import { SchemaProblem, pointerTo } from './refusal.ts';
import { checkValue } from './keyword-values.ts';
import { keywordKinds } from './keywords.ts';
import type { KeywordKind } from './keywords.ts';
import { forEachSubschema } from './subschemas.ts';

/** Objects among the subschemas, and subschemas side by side: both bound what generating code takes. */
const MAX_SUBSCHEMAS = 2000;
const MAX_SIDE_BY_SIDE = 500;

/** The keyword under which each lowered subschema carries its weight (see `cost.ts`). */
export const COST = '$cost';

export interface LoweredSchema {
  /** What the validator is generated from: checked keywords only, nothing that merely describes. */
  readonly schema: JsonValue;
  /** Every regular expression of the schema, compiled. */
  readonly patterns: ReadonlyMap<string, LinearPattern>;
}

/**
 * Rebuilds a plain schema so that code may be generated from it: every keyword is known, has a value of its
 * own form, and nothing else remains. Positions are kept, so that references stay right.
 *
 * @throws SchemaProblem
 */
export function lowerSchema(schema: JsonValue): LoweredSchema {
  checkShape(schema);
  const patterns = new Map<string, LinearPattern>();
  return { schema: lower(schema, '#', patterns), patterns };
}

function checkShape(schema: JsonValue): void {
  let count = 0;
  const used = new Set<string>();
  forEachSubschema(schema, (node) => {
    count += 1;
    for (const keyword of ['if', 'unevaluatedProperties'])
      if (Object.hasOwn(node, keyword)) used.add(keyword);
  });
  if (count > MAX_SUBSCHEMAS) {
    throw new SchemaProblem(
      'SCHEMA_REFUSED',
      '#',
      `it has ${count} subschemas, more than ${MAX_SUBSCHEMAS}`,
    );
  }
  if (used.size > 1) {
    // The code generator then forgets what `if` evaluated, and lets properties pass.
    throw new SchemaProblem(
      'SCHEMA_REFUSED',
      '#',
      '"unevaluatedProperties" and "if" are not supported together',
    );
  }
}

/**
 * Bounded plain copy of a schema from outside.
 *
 * @throws SchemaProblem
 */
export function copySchema(schema: unknown): JsonValue {
  const copied = copyJson(schema, { depth: 64, values: 10_000, characters: 262_144 });
  if (copied.ok) return copied.value;
  throw new SchemaProblem('SCHEMA_REFUSED', '#', copied.problem);
}

function lower(node: JsonValue, at: string, patterns: Map<string, LinearPattern>): JsonValue {
  if (typeof node === 'boolean') return node;
  if (!isJsonObject(node)) {
    throw new SchemaProblem('SCHEMA_INVALID', at, 'a schema is an object, true or false');
  }
  const lowered = {};
  let weight = 1;
  for (const keyword of Object.keys(node)) {
    const value = node[keyword] as JsonValue;
    const here = pointerTo(at, keyword);
    const kind = keywordKinds.get(keyword);
    if (kind === undefined) {
      if (keyword.startsWith('x-')) continue;
      throw new SchemaProblem(
        'SCHEMA_REFUSED',
        at,
        `the keyword ${quoteKey(keyword)} is not one of JSON Schema 2020-12 that are supported; ` +
          'describe with "description", or begin the name with "x-"',
      );
    }
    if (kind === 'refused') {
      throw new SchemaProblem(
        'SCHEMA_REFUSED',
        at,
        `${keyword} is not supported; ${insteadOf(keyword)}`,
      );
    }
    checkValue(kind, value, here, at === '#');
    const size = sizeOf(value);
    weight += size;
    if (size > MAX_SIDE_BY_SIDE && sideBySide.has(kind)) {
      throw new SchemaProblem(
        'SCHEMA_REFUSED',
        here,
        `it has ${size} entries, more than ${MAX_SIDE_BY_SIDE}`,
      );
    }
    switch (kind) {
      case 'describes':
      case 'dialect':
      case 'identifier':
        break;
      case 'schema':
        setOwn(lowered, keyword, lower(value, here, patterns));
        break;
      case 'schemas':
        setOwn(
          lowered,
          keyword,
          items(value).map((child, index) => lower(child, pointerTo(here, index), patterns)),
        );
        break;
      case 'patternMap':
        for (const source of Object.keys(value as JsonObject))
          addPattern(source, pointerTo(here, source), patterns);
        setOwn(lowered, keyword, lowerMap(value as JsonObject, here, patterns));
        break;
      case 'schemaMap':
        setOwn(lowered, keyword, lowerMap(value as JsonObject, here, patterns));
        break;
      case 'pattern':
        addPattern(value as string, here, patterns);
        setOwn(lowered, keyword, value);
        break;
      case 'format':
        lowerFormat(lowered, value as string, here);
        break;
      default:
        setOwn(lowered, keyword, value);
    }
  }
  setOwn(lowered, COST, weight);
  return lowered;
}

function insteadOf(keyword: string): string {
  return keyword === 'unevaluatedItems'
    ? 'close a list by "prefixItems" with "items": false'
    : 'refer by $ref to "#/$defs/…" in the same schema';
}

function lowerMap(map: JsonObject, at: string, patterns: Map<string, LinearPattern>): JsonValue {
  const lowered = {};
  for (const name of Object.keys(map)) {
    if (name === '__proto__') {
      // The code generator leaves this name out, so its subschema would silently not apply.
      throw new SchemaProblem(
        'SCHEMA_REFUSED',
        at,
        'a property cannot be called "__proto__"; rename it',
      );
    }
    setOwn(lowered, name, lower(map[name] as JsonValue, pointerTo(at, name), patterns));
  }
  return lowered;
}

function lowerFormat(lowered: object, format: string, at: string): void {
  if (Object.hasOwn(checkedFormats, format)) setOwn(lowered, 'format', format);
  else if (!describingFormats.has(format)) {
    throw new SchemaProblem(
      'SCHEMA_INVALID',
      at,
      `the format ${quoteKey(format)} is not known; checked are ${Object.keys(checkedFormats).join(' and ')}`,
    );
  }
}

function addPattern(source: string, at: string, patterns: Map<string, LinearPattern>): void {
  if (patterns.has(source)) return;
  try {
    patterns.set(source, compilePattern(source));
  } catch (error) {
    if (!(error instanceof PatternProblem)) throw error;
    throw new SchemaProblem(error.syntax ? 'SCHEMA_INVALID' : 'SCHEMA_REFUSED', at, error.message);
  }
}

const sideBySide: ReadonlySet<KeywordKind> = new Set([
  'schemas',
  'schemaMap',
  'patternMap',
  'names',
  'nameMap',
]);

function items(value: JsonValue): readonly JsonValue[] {
  return value as readonly JsonValue[];
}

function sizeOf(value: JsonValue): number {
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
}
