import { isJsonObject } from './json.ts';
import type { JsonValue } from './json.ts';
import type { KeywordKind } from './keywords.ts';
import { SchemaProblem } from './refusal.ts';

const DIALECT = /^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/;
const TYPES: readonly JsonValue[] = [
  'string',
  'number',
  'integer',
  'boolean',
  'array',
  'object',
  'null',
];

type Check = readonly [isValid: (value: JsonValue) => boolean, allowed: string];

const isNames = (value: JsonValue | undefined): boolean =>
  isDistinct(value) && (value as readonly JsonValue[]).every((name) => typeof name === 'string');
const isList = (value: JsonValue): boolean => Array.isArray(value) && value.length > 0;

const checks: { readonly [Kind in KeywordKind]?: Check } = {
  schemas: [isList, 'a list of schemas with at least one'],
  schemaMap: [isJsonObject, 'an object of schemas'],
  patternMap: [isJsonObject, 'an object of schemas'],
  type: [
    (value) =>
      TYPES.includes(value) ||
      (isDistinct(value) &&
        isList(value) &&
        (value as readonly JsonValue[]).every((one) => TYPES.includes(one))),
    `one of ${TYPES.join(', ')}, or a list of different ones`,
  ],
  number: [(value) => typeof value === 'number', 'a number'],
  positive: [(value) => typeof value === 'number' && value > 0, 'a number above 0'],
  count: [
    (value) => Number.isSafeInteger(value) && (value as number) >= 0,
    'a whole number from 0',
  ],
  boolean: [(value) => typeof value === 'boolean', 'true or false'],
  names: [isNames, 'a list of different names'],
  nameMap: [
    (value) => isJsonObject(value) && Object.keys(value).every((key) => isNames(value[key])),
    'an object of lists of different names',
  ],
  pattern: [(value) => typeof value === 'string', 'a regular expression as text'],
  format: [(value) => typeof value === 'string', 'the name of a format'],
  values: [isList, 'a list of values with at least one'],
  reference: [(value) => typeof value === 'string', 'a reference as text'],
  anchor: [
    (value) => typeof value === 'string' && /^[A-Za-z_][-A-Za-z0-9._]{0,127}$/.test(value),
    'a plain name',
  ],
};

/** @throws SchemaProblem when the value of a keyword does not have the keyword's form */
export function checkValue(kind: KeywordKind, value: JsonValue, at: string, isRoot: boolean): void {
  if (kind === 'dialect' && !(typeof value === 'string' && DIALECT.test(value))) {
    throw new SchemaProblem(
      'SCHEMA_REFUSED',
      at,
      'only "https://json-schema.org/draft/2020-12/schema" is supported; leave $schema out, or convert the schema',
    );
  }
  if (kind === 'identifier' && !isRoot) {
    throw new SchemaProblem(
      'SCHEMA_REFUSED',
      at,
      '$id is allowed only at the root; refer by "#/$defs/…" or by $anchor',
    );
  }
  const check = checks[kind];
  if (check !== undefined && !check[0](value)) {
    throw new SchemaProblem('SCHEMA_INVALID', at, `the value must be ${check[1]}`);
  }
}

function isDistinct(value: JsonValue | undefined): boolean {
  return Array.isArray(value) && new Set(value).size === value.length;
}
