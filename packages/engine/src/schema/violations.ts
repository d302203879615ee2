import { SkillError } from '../errors.ts';
import { isJsonObject } from './json.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { REDACTED, isSensitive, redactSensitive } from './sensitive.ts';
import type { SensitiveNames } from './sensitive.ts';
import type { ErrorObject } from './validator.ts';

/** One broken rule, in the shape of SPEC §5. */
export interface Violation {
  /** The parameter's name; parts of it as in `list[0].name`. `(parameters)` is the whole. */
  readonly parameter: string;
  /** What was given, shortened; `[REDACTED]` if sensitive; absent when nothing was given. */
  readonly value?: JsonValue;
  /** The JSON Schema keyword that was broken, or `json` or `cost`. */
  readonly rule: string;
  /** The keyword's value. */
  readonly expected?: JsonValue;
}

const MOST = 100;
const WHOLE = '(parameters)';

/** @param violations at least one; the first becomes the head of the details */
export function invalidParameters(violations: readonly Violation[]): SkillError {
  return new SkillError('INVALID_PARAMETERS', 'Parameter validation failed', {
    details: { ...violations[0], errors: violations.slice(0, MOST) },
  });
}

/** Parameters that are not acceptable JSON, for this reason. */
export function notJson(problem: string): SkillError {
  return invalidParameters([wholeViolation('json', problem)]);
}

/** About the parameters as a whole. */
export function wholeViolation(rule: string, expected: JsonValue): Violation {
  return { parameter: WHOLE, rule, expected };
}

/**
 * Errors of the validator in the order in which a reader of the schema meets them: parameters as declared, then
 * keywords as written. Those about a branch of `anyOf`, `oneOf`, `if` or `not` come last.
 */
export function toViolations(
  errors: readonly ErrorObject[],
  sensitive: SensitiveNames,
  schema: JsonValue,
): Violation[] {
  const properties =
    isJsonObject(schema) && isJsonObject(schema.properties) ? schema.properties : {};
  const declared = Object.keys(properties);
  const instances = [...new Set(errors.map((error) => error.instancePath))];
  const ranked = errors.map((error) => {
    const path = pathOf(error);
    const parameter = declared.indexOf(path[0] ?? '');
    const rank = [
      /\/(?:anyOf|oneOf|if|then|else|not)\//.test(error.schemaPath) ? 1 : 0,
      parameter < 0 ? declared.length : parameter,
      instances.indexOf(error.instancePath),
      Object.keys(error.parentSchema ?? {}).indexOf(error.keyword),
    ];
    return { error, path, rank };
  });
  ranked.sort((a, b) => {
    const at = a.rank.findIndex((part, index) => part !== b.rank[index]);
    return at < 0 ? 0 : (a.rank[at] ?? 0) - (b.rank[at] ?? 0);
  });
  return ranked.slice(0, MOST).map(({ error, path }) => toViolation(error, path, sensitive));
}

/** Where the value is, with the name of the member that is missing or too much. */
function pathOf(error: ErrorObject): string[] {
  const path = error.instancePath.split('/').slice(1).map(unescape);
  const { additionalProperty, unevaluatedProperty, missingProperty, propertyName } =
    error.params as Record<string, unknown>;
  const named = additionalProperty ?? unevaluatedProperty ?? missingProperty ?? propertyName;
  return typeof named === 'string' ? [...path, named] : path;
}

function toViolation(
  error: ErrorObject,
  path: readonly string[],
  sensitive: SensitiveNames,
): Violation {
  const params = error.params as Record<string, JsonValue | undefined>;
  const extra = params['additionalProperty'] ?? params['unevaluatedProperty'];
  const missing = params['missingProperty'];
  const parameter = display(path);
  const rule = error.keyword === 'false schema' ? 'false' : error.keyword;
  const hidden = sensitive.everything || path.some((name) => isSensitive(name, sensitive));

  if (missing !== undefined) return { parameter, rule, expected: true };
  const value = typeof extra === 'string' ? memberOf(error.data, extra) : (error.data as JsonValue);
  return {
    parameter,
    value: hidden ? REDACTED : shorten(redactSensitive(value, sensitive)),
    rule,
    ...expectedOf(error, rule, hidden),
  };
}

function expectedOf(error: ErrorObject, rule: string, hidden: boolean): { expected?: JsonValue } {
  if (rule === 'false') return { expected: false };
  if (hidden && (rule === 'const' || rule === 'enum')) return { expected: REDACTED };
  if (rule === 'additionalProperties' || rule === 'unevaluatedProperties') {
    const declared = (error.parentSchema as { properties?: JsonObject } | undefined)?.properties;
    return { expected: shorten(Object.keys(declared ?? {})) };
  }
  const simple = error.schema as JsonValue;
  if (
    isJsonObject(simple) ||
    (Array.isArray(simple) && simple.some((part) => typeof part === 'object'))
  ) {
    // Branches and subschemas: their own errors say more.
    return {};
  }
  return { expected: shorten(simple) };
}

function memberOf(data: unknown, key: string): JsonValue {
  const isOwn = typeof data === 'object' && data !== null && Object.hasOwn(data, key);
  return isOwn ? ((data as JsonObject)[key] as JsonValue) : null;
}

function display(path: readonly string[]): string {
  const [first, ...rest] = path;
  if (first === undefined) return WHOLE;
  const steps = rest.map((step) => {
    if (/^\d+$/.test(step)) return `[${step}]`;
    return /^[\w$-]+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  });
  return clip(first + steps.join(''));
}

function shorten(value: JsonValue): JsonValue {
  if (typeof value === 'string') return clip(value);
  if (typeof value !== 'object' || value === null) return value;
  if (JSON.stringify(value).length <= 1024) return value;
  return Array.isArray(value)
    ? `[${value.length} items]`
    : `[${Object.keys(value).length} members]`;
}

function clip(text: string): string {
  return text.length <= 256
    ? text
    : `${text.slice(0, 256).toWellFormed()}… [${text.length} characters]`;
}

function unescape(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}
