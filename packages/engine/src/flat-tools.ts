/** The tools that a component of the flat world lists, in the terms of the native one. The guest is not trusted with its form. */
import { SkillError } from './errors.ts';
import { isJsonObject, type JsonValue } from './schema/json.ts';

/** `get-tools` of the flat world names a type for each parameter; what it calls them has changed over time. */
const types: Readonly<Record<string, JsonValue>> = {
  string: { type: 'string' },
  str: { type: 'string' },
  file: { type: 'string' },
  number: { type: 'number' },
  num: { type: 'number' },
  integer: { type: 'integer' },
  boolean: { type: 'boolean' },
  bool: { type: 'boolean' },
  array: { type: 'array' },
  object: { type: 'object' },
  json: {},
};

/** From what `get-tools` says to a list as `list-tools` of the native world gives it; anything odd is left for its checks. */
export function nativeToolList(list: JsonValue, skill: string): JsonValue {
  const inner = isJsonObject(list) ? (list['ok'] ?? list['tools'] ?? null) : list;
  if (!Array.isArray(inner)) {
    throw new SkillError(
      'SCHEMA_INVALID',
      `The skill ${skill} lists its tools wrongly: get-tools returned no list.`,
    );
  }
  return (inner as readonly JsonValue[]).map((tool) => {
    if (!isJsonObject(tool)) return tool;
    const parameters = tool['parameters'] ?? [];
    const schema = Array.isArray(parameters)
      ? fromParameters(parameters as readonly JsonValue[])
      : parameters;
    return { ...tool, parameters: JSON.stringify(schema) };
  });
}

function fromParameters(parameters: readonly JsonValue[]): JsonValue {
  const rows = parameters.filter(isJsonObject);
  const named = rows.filter(({ name }) => typeof name === 'string');
  return {
    type: 'object',
    properties: Object.fromEntries(named.map((row) => [row['name'] as string, propertyOf(row)])),
    required: named.filter(({ required }) => required === true).map(({ name }) => name!),
    additionalProperties: false,
  };
}

/** `get-tools` gives defaults as text; the guest fills them in itself. */
function propertyOf(row: Readonly<Record<string, JsonValue>>): JsonValue {
  const type = row['paramType'] ?? row['param_type'] ?? row['type'];
  const known = typeof type === 'string' && Object.hasOwn(types, type) ? types[type] : {};
  const { description } = row;
  return {
    ...(known as Readonly<Record<string, JsonValue>>),
    ...(typeof description === 'string' ? { description } : {}),
  };
}
