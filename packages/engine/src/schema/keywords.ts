/** What form the value of a keyword has. */
export type KeywordKind =
  /** One schema. */
  | 'schema'
  /** A list of schemas, not empty. */
  | 'schemas'
  /** Names to schemas. */
  | 'schemaMap'
  /** Regular expressions to schemas. */
  | 'patternMap'
  | 'type'
  | 'number'
  /** A number above 0. */
  | 'positive'
  /** A whole number from 0. */
  | 'count'
  | 'boolean'
  /** A list of different names. */
  | 'names'
  /** Names to lists of different names. */
  | 'nameMap'
  | 'pattern'
  | 'format'
  /** A list of values, not empty. */
  | 'values'
  /** Any value. */
  | 'value'
  | 'reference'
  | 'anchor'
  | 'dialect'
  | 'identifier'
  /** Changes nothing about which values are valid. */
  | 'describes'
  | 'refused';

/**
 * Every keyword of draft 2020-12 (https://json-schema.org/draft/2020-12), and `sensitive`, which is ours.
 * Applicators and assertions keep their meaning; annotations are read for redaction only.
 */
export const keywordKinds: ReadonlyMap<string, KeywordKind> = new Map<string, KeywordKind>([
  ...each(
    'schema',
    'additionalProperties',
    'contains',
    'else',
    'if',
    'items',
    'not',
    'propertyNames',
    'then',
  ),
  ...each('schema', 'unevaluatedProperties'),
  ...each('schemas', 'allOf', 'anyOf', 'oneOf', 'prefixItems'),
  ...each('schemaMap', '$defs', 'dependentSchemas', 'properties'),
  ...each('patternMap', 'patternProperties'),
  ...each('type', 'type'),
  ...each('number', 'maximum', 'minimum', 'exclusiveMaximum', 'exclusiveMinimum'),
  ...each('positive', 'multipleOf'),
  ...each(
    'count',
    'maxLength',
    'minLength',
    'maxItems',
    'minItems',
    'maxProperties',
    'minProperties',
  ),
  ...each('count', 'maxContains', 'minContains'),
  ...each('boolean', 'uniqueItems'),
  ...each('names', 'required'),
  ...each('nameMap', 'dependentRequired'),
  ...each('pattern', 'pattern'),
  ...each('format', 'format'),
  ...each('values', 'enum'),
  ...each('value', 'const'),
  ...each('reference', '$ref'),
  ...each('anchor', '$anchor'),
  ...each('dialect', '$schema'),
  ...each('identifier', '$id'),
  ...each(
    'describes',
    '$comment',
    'title',
    'description',
    'default',
    'examples',
    'deprecated',
    'readOnly',
  ),
  ...each(
    'describes',
    'writeOnly',
    'sensitive',
    'contentEncoding',
    'contentMediaType',
    'contentSchema',
  ),
  // The code generator evaluates it wrongly beside `contains` and nested `items` (it then lets values pass).
  ...each('refused', 'unevaluatedItems'),
  ...each(
    'refused',
    '$dynamicRef',
    '$dynamicAnchor',
    '$recursiveRef',
    '$recursiveAnchor',
    '$vocabulary',
  ),
]);

function each(kind: KeywordKind, ...names: readonly string[]): [string, KeywordKind][] {
  return names.map((name) => [name, kind]);
}
