/** A JSON Schema, draft 2020-12, of a JSON object. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What https://standardschema.dev asks of a schema library; zod 4, Valibot and ArkType have it. */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** The schema, by the names of the standard. */
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    validate(value: unknown): StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    readonly jsonSchema?: {
      input(options: { readonly target: 'draft-2020-12' }): Record<string, unknown>;
    };
  };
}

/** A value that was validated, or what is wrong with it. */
export type StandardResult<Output> =
  /** What was validated, perhaps converted. */
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** One thing that is wrong with a value. */
export interface StandardIssue {
  /** One sentence. */
  readonly message: string;
  /** Keys from the outside in. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a tool takes: a JSON Schema, or a schema of a library that says its JSON Schema. */
export type ToolInput = JsonSchema | StandardSchema;

/** The type of the parameters that `run` gets for an `input`. */
export type InputOf<Input extends ToolInput> =
  Input extends StandardSchema<infer _, infer Output> ? Output : Record<string, unknown>;

/** A JSON Schema by which `run` gets parameters of the type `T`; with a validator, of what that returns. */
export function jsonSchema<T>(schema: JsonSchema, validator?: StandardSchema<unknown, T>) {
  const standard = validator?.['~standard'];
  return {
    '~standard': {
      version: 1,
      vendor: standard?.vendor ?? 'skill-engine',
      validate: (value: unknown) => standard?.validate(value) ?? { value: value as T },
      jsonSchema: { input: () => ({ ...schema }) },
    },
  } satisfies StandardSchema<unknown, T>;
}

function isStandard(input: ToolInput): input is StandardSchema {
  return typeof (input as StandardSchema)['~standard'] === 'object';
}

/** The JSON Schema of an input, for the host to validate with. */
export function jsonSchemaOf(tool: string, input: ToolInput): JsonSchema {
  if (!isStandard(input)) return input;
  const { jsonSchema: own, vendor } = input['~standard'];
  if (own === undefined) {
    throw new Error(
      `The input of ${tool} is a schema of ${vendor} that can't say its JSON Schema. Wrap it: ` +
        "jsonSchema(z.toJSONSchema(schema), schema), with jsonSchema of '@skill-engine/guest'.",
    );
  }
  return withoutFormatPatterns(own.input({ target: 'draft-2020-12' })) as JsonSchema;
}

/**
 * Libraries write the pattern by which they check a format beside it, often one that needs lookaround, which the host's
 * linear-time expressions refuse. The format says the same, and `run` is only reached past the library's own check.
 */
function withoutFormatPatterns(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutFormatPatterns);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).filter(
    ([key, value]) =>
      !(
        key === 'pattern' &&
        typeof value === 'string' &&
        typeof (schema as JsonSchema)['format'] === 'string'
      ),
  );
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutFormatPatterns(value)]));
}

/** The parameters as the schema's library returns them: with defaults, coerced, transformed; or what is wrong with them. */
export function checked(
  input: ToolInput,
  parameters: unknown,
): { value: unknown } | { problem: string } {
  if (!isStandard(input)) return { value: parameters };
  const result = input['~standard'].validate(parameters);
  if (result instanceof Promise) {
    throw new Error(
      'A schema of a tool must check without waiting: async checks are not possible.',
    );
  }
  return result.issues === undefined
    ? { value: result.value }
    : { problem: describe(result.issues) };
}

function describe(issues: readonly StandardIssue[]): string {
  const one = ({ path = [], message }: StandardIssue) => {
    const where = path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
    return where === '' ? message : `${where}: ${message}`;
  };
  return issues.map(one).join('; ');
}
