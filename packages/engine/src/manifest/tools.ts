/** `[skills.tools.NAME]`: descriptions, time limits and parameters. */
import {
  described,
  invalid,
  mapped,
  spanned,
  byKind,
  type Form,
  type Place,
  type Read,
  referred,
} from './form.ts';
import { list, named, table, type TableValue } from './form-compound.ts';
import { flag, integer, json, number, oneOf, patternText, text } from './form-scalar.ts';
import type { Node } from './node.ts';
import { quoted } from './problem.ts';
import { parameterProblem } from './parameter-rules.ts';
import { timeout } from './resources.ts';
import type {
  JsonValue,
  ParameterRow,
  ParameterShape,
  ToolDeclaration,
  ToolParameters,
} from './types.ts';

const parameterTypes = ['string', 'number', 'integer', 'boolean', 'array', 'object'] as const;

const parameterName = patternText(
  'a letter or `_`, then letters, digits, `_`, `.` and `-`; at most 64',
  /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/,
);

/** The form of the items and properties is the form itself. */
function later<T>(definition: string, form: () => Form<T>, allowed: string): Form<T> {
  return {
    allowed,
    schema: { $ref: `#/$defs/${definition}` },
    read: (node, place) => form().read(node, place),
  };
}

const length = integer(0, 1_000_000_000);
const bound = number(-Infinity, Infinity);

const shapeFields = {
  type: oneOf(parameterTypes),
  description: text('text'),
  pattern: described(
    text('a regular expression of at most 1024 characters', 1024),
    'Strings; unanchored.',
  ),
  min_length: described(length, 'Strings: code points. Arrays: items.'),
  max_length: described(length, 'Strings: code points. Arrays: items.'),
  min: described(bound, 'Numbers: inclusive.'),
  max: described(bound, 'Numbers: inclusive.'),
  enum: list(json, 'an array of values', { min: 1 }),
  default: json,
  format: described(
    oneOf(['path', 'argument']),
    'path: relative, no escape. argument: no NUL, newline or shell metacharacters.',
  ),
  sensitive: described(flag, 'Never shown in errors, logs or records.', { default: false }),
  items: later('parameterShape', () => shape, 'a table with type and rules'),
  properties: later(
    'parameterProperties',
    () => properties,
    'an array of rows, or a table of names',
  ),
} as const;

const requiredFlag = described(flag, 'Whether the parameter has to be there.', { default: false });

type ShapeValues = {
  readonly type: ParameterShape['type'];
  readonly [key: string]: unknown;
};

/** The reader knows the fields' types; here they only get their names of the normal form. */
function normalise(values: ShapeValues, place: Place, node: Node): Read<ParameterShape> {
  const { min_length: minLength, max_length: maxLength, sensitive = false, ...rest } = values;
  const result = {
    ...rest,
    ...(minLength === undefined ? {} : { minLength }),
    ...(maxLength === undefined ? {} : { maxLength }),
    sensitive,
    source: place.span(node.at),
  } as ParameterShape;
  const problem = parameterProblem(result);
  return problem === undefined ? result : place.complain(node.at, problem);
}

const shape: Form<ParameterShape> = mapped(table(shapeFields, { required: ['type'] }), normalise);

const namedShape: Form<ParameterRow> = mapped(
  table({ ...shapeFields, required: requiredFlag }, { required: ['type'] }),
  (values, place, node) => {
    const { required = false, ...rest } = values;
    const normal = normalise(rest, place, node);
    return normal === invalid ? invalid : { ...normal, name: '', required };
  },
);

const row: Form<ParameterRow> = mapped(
  table(
    { name: parameterName, ...shapeFields, required: requiredFlag },
    { required: ['name', 'type'] },
  ),
  (values, place, node) => {
    const { name, required = false, ...rest } = values;
    const normal = normalise(rest, place, node);
    return normal === invalid ? invalid : { ...normal, name, required };
  },
);

const rows: Form<ParameterRow[]> = mapped(
  list(row, 'an array of tables, each with name and type'),
  (values, place) => {
    const seen = new Set<string>();
    let failed = false;
    for (const { name, source } of values) {
      if (seen.has(name)) {
        place.complain(source, {
          found: `a second parameter ${quoted(name)}`,
          allowed: 'each name once',
        });
        failed = true;
      }
      seen.add(name);
    }
    return failed ? invalid : values;
  },
);

const properties: Form<ParameterRow[]> = byKind<ParameterRow[]>({
  array: referred('parameterRows', rows),
  table: mapped(
    named(
      { allowed: parameterName.allowed, pattern: /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/ },
      namedShape,
      'a table of names',
    ),
    (entries) => entries.map(({ name, value }) => ({ ...value, name })),
  ),
});

const schemaAllowed = 'the path of a JSON Schema file, or a table with a JSON Schema';
const inlineSchema: Form<JsonValue> = {
  ...json,
  allowed: schemaAllowed,
  schema: { type: 'object' },
};
const schema: Form<ToolParameters> = mapped(
  spanned(byKind<JsonValue>({ string: text(schemaAllowed), table: inlineSchema })),
  ({ value, source }): ToolParameters =>
    typeof value === 'string'
      ? { kind: 'schemaFile', path: value, source }
      : { kind: 'schema', schema: value as { readonly [key: string]: JsonValue }, source },
);

const toolFields = {
  description: text('text'),
  timeout: described(timeout, "Seconds; instead of the skill's."),
  parameters: described(
    mapped(referred('parameterRows', rows), (values): ToolParameters => ({
      kind: 'rows',
      rows: values,
    })),
    'One row for each parameter. Not together with schema.',
  ),
  schema: described(schema, 'JSON Schema 2020-12. Not together with parameters.'),
};

type ToolValue = Omit<ToolDeclaration, 'name'>;

const tool: Form<ToolValue> = mapped(
  table(toolFields),
  (value: TableValue<typeof toolFields, never>, place, node): Read<ToolValue> => {
    if (value.parameters !== undefined && value.schema !== undefined) {
      return place.complain(node.at, { found: 'parameters and schema', allowed: 'one of the two' });
    }
    return {
      description: value.description,
      timeoutMs: value.timeout,
      parameters: value.parameters ?? value.schema,
      source: place.span(node.at),
    };
  },
);

const toolName = {
  allowed: 'a letter, then letters, digits and `_ . : / @ # -`; at most 128',
  pattern: /^[A-Za-z][A-Za-z0-9_.:/@#-]{0,127}$/,
};

export const tools: Form<ToolDeclaration[]> = mapped(
  named(toolName, tool, 'a table with one table for each tool'),
  (entries) => entries.map(({ name, value }) => ({ name, ...value })),
);

/** Under `$defs` of the JSON Schema. */
export const parameterDefinitions = {
  parameterRows: rows.schema,
  parameterShape: shape.schema,
  parameterProperties: properties.schema,
};
