import type { SkillError } from '../errors.ts';
import type { ParameterRow } from '../manifest/types.ts';
import { copyJson } from './copy-json.ts';
import { CostExceeded, CostMeter } from './cost.ts';
import { applyDefaults } from './defaults.ts';
import { isJsonObject } from './json.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { JsonProblem } from './json-limits.ts';
import { copySchema, lowerSchema } from './lower.ts';
import type { LoweredSchema } from './lower.ts';
import { checkReferences } from './references.ts';
import { SchemaProblem, pointerTo } from './refusal.ts';
import { rowsToSchema } from './rows.ts';
import { sensitiveNames } from './sensitive.ts';
import type { SensitiveNames } from './sensitive.ts';
import { LocalRefs } from './subschemas.ts';
import { generate } from './validator.ts';
import type { ErrorObject, ValidateFunction } from './validator.ts';
import { invalidParameters, toViolations, wholeViolation } from './violations.ts';
import type { Violation } from './violations.ts';

export interface CompileOptions {
  /** Named in errors about the schema. */
  readonly tool?: string;
  /**
   * Steps that the validation of one call may take. Default 10 000 000; ordinary parameters take some hundreds.
   * Values above it refuse the call, with `rule` "cost".
   */
  readonly steps?: number;
}

export type Validation =
  | { readonly ok: true; readonly value: JsonObject }
  | { readonly ok: false; readonly error: SkillError };

/** The compiled parameter schema of one tool. */
export interface ToolValidator {
  /** The schema as plain data, as it may be shown to callers. */
  readonly schema: JsonValue;
  /** What it marks as sensitive. */
  readonly sensitive: SensitiveNames;
  /**
   * Checks parameters (copied first; see `copyJson`) and applies defaults. The value is new, plain data.
   * The error is INVALID_PARAMETERS with the details of SPEC §5, and `errors` with all of them, at most 100.
   */
  validate(parameters: unknown): Validation;
}

const STEPS = 10_000_000;
/** Steps of the second pass, which looks for all errors and not just the first. */
const STEPS_FOR_ALL = 200_000;

/**
 * Compiles a tool's parameters, once. The schema is hostile until it has passed: it is copied, bounded
 * (64 levels, 10 000 values, 262 144 characters, 2 000 subschemas, 500 side by side), and rebuilt from known keywords before any code is made of it.
 *
 * @throws SkillError SCHEMA_INVALID when it is not JSON Schema 2020-12; SCHEMA_REFUSED when it is, but not
 *   what we evaluate: remote references, regular expressions without linear time, excessive size, …
 */
export function compileTool(
  source: { readonly schema: unknown } | { readonly parameters: readonly ParameterRow[] },
  options: CompileOptions = {},
): ToolValidator {
  try {
    const schema = copySchema('schema' in source ? source.schema : rowsToSchema(source.parameters));
    return new CompiledTool(schema, options.steps ?? STEPS);
  } catch (error) {
    throw error instanceof SchemaProblem ? error.toSkillError(options.tool) : error;
  }
}

class CompiledTool implements ToolValidator {
  readonly schema: JsonValue;
  readonly sensitive: SensitiveNames;
  readonly #steps: number;
  readonly #cost = new CostMeter();
  readonly #refs: LocalRefs;
  readonly #lowered: LoweredSchema;
  readonly #first: ValidateFunction;
  /** Made at the first failure. */
  #all: ValidateFunction | undefined;

  constructor(schema: JsonValue, steps: number) {
    if (schema === false)
      throw new SchemaProblem('SCHEMA_INVALID', '#', 'no parameters at all satisfy "false"');
    this.#lowered = lowerSchema(schema);
    checkReferences(schema);
    this.schema = schema;
    this.sensitive = sensitiveNames(schema);
    this.#steps = steps;
    this.#refs = new LocalRefs(schema);
    this.#first = generateChecked(this.#lowered, this.#cost);
    this.#checkDefaults();
  }

  validate(parameters: unknown): Validation {
    const copied = copyJson(parameters);
    if (!copied.ok) return refuse([wholeViolation('json', copied.problem)]);
    const { value } = copied;
    if (!isJsonObject(value)) return refuse([wholeViolation('type', 'object')]);
    try {
      this.#cost.refill(this.#steps);
      applyDefaults(this.schema, value, this.#refs, this.#cost);
      if (this.#first(value)) return { ok: true, value };
      return refuse(toViolations(this.#allErrors(value), this.sensitive, this.schema));
    } catch (error) {
      return refuse([wholeViolation('cost', costProblem(error, this.#steps))]);
    }
  }

  /** All errors where looking for them is cheap, else the first. */
  #allErrors(value: JsonObject): readonly ErrorObject[] {
    const first = this.#first.errors ?? [];
    try {
      this.#cost.refill(STEPS_FOR_ALL);
      this.#all ??= generate(this.#lowered, this.#cost, true);
      this.#all(value);
      return this.#all.errors ?? first;
    } catch (error) {
      if (error instanceof CostExceeded || error instanceof RangeError) return first;
      throw error;
    }
  }

  /** With nothing given, an error about a property that has a default is the default's. */
  #checkDefaults(): void {
    const properties = isJsonObject(this.schema) ? this.schema.properties : undefined;
    if (!isJsonObject(properties)) return;
    const hasDefault = (name: string): boolean => {
      const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
      return isJsonObject(property) && Object.hasOwn(property, 'default');
    };
    if (!Object.keys(properties).some(hasDefault)) return;
    const result = this.validate({});
    if (result.ok) return;
    const errors = result.error.details?.['errors'] as readonly Violation[];
    for (const { parameter, rule } of errors) {
      const isOf = (name: string): boolean =>
        parameter === name || parameter.startsWith(`${name}.`) || parameter.startsWith(`${name}[`);
      const name = Object.keys(properties).find(isOf);
      if (name === undefined || !hasDefault(name)) continue;
      const broken = `its default breaks its own rule ${JSON.stringify(rule)}`;
      throw new SchemaProblem('SCHEMA_INVALID', pointerTo('#/properties', name), broken);
    }
  }
}

function refuse(violations: Parameters<typeof invalidParameters>[0]): Validation {
  return { ok: false, error: invalidParameters(violations) };
}

function costProblem(error: unknown, steps: number): string {
  if (error instanceof CostExceeded) return `at most ${steps} validation steps`;
  if (error instanceof JsonProblem) return `fewer defaults: with them, ${error.message}`;
  if (error instanceof RangeError) return 'less nesting';
  throw error;
}

function generateChecked(lowered: LoweredSchema, cost: CostMeter): ValidateFunction {
  try {
    return generate(lowered, cost, false);
  } catch (error) {
    throw new SchemaProblem(
      'SCHEMA_REFUSED',
      '#',
      `it cannot be compiled (${(error as Error).message})`,
    );
  }
}
