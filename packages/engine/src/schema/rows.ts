import type { ParameterRow, ParameterShape } from '../manifest/types.ts';
import { setOwn } from './json.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { quoteKey } from './json-limits.ts';
import { SchemaProblem } from './refusal.ts';

/**
 * JSON Schema 2020-12 of a manifest's parameter table (SPEC §5). Parameters that the table does not name
 * are refused.
 *
 * @throws SkillError SCHEMA_INVALID for a name that is there twice
 */
export function rowsToSchema(rows: readonly ParameterRow[]): JsonObject {
  return objectSchema(rows);
}

function objectSchema(rows: readonly ParameterRow[]): JsonObject {
  const properties = {};
  for (const row of rows) {
    if (Object.hasOwn(properties, row.name)) {
      throw new SchemaProblem(
        'SCHEMA_INVALID',
        '#/properties',
        `the parameter ${quoteKey(row.name)} is there twice`,
      ).toSkillError(undefined);
    }
    setOwn(properties, row.name, shapeSchema(row));
  }
  const required = rows.filter((row) => row.required).map((row) => row.name);
  return {
    type: 'object',
    properties,
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
}

function shapeSchema(shape: ParameterShape): JsonObject {
  const isArray = shape.type === 'array';
  const members: Record<string, JsonValue | undefined> = {
    type: shape.type,
    description: shape.description,
    pattern: shape.pattern,
    [isArray ? 'minItems' : 'minLength']: shape.minLength,
    [isArray ? 'maxItems' : 'maxLength']: shape.maxLength,
    minimum: shape.min,
    maximum: shape.max,
    enum: shape.enum,
    default: shape.default,
    format: shape.format,
    sensitive: shape.sensitive ? true : undefined,
    items: shape.items === undefined ? undefined : shapeSchema(shape.items),
  };
  const stated = Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as JsonObject;
  return shape.properties === undefined ? stated : { ...stated, ...objectSchema(shape.properties) };
}
