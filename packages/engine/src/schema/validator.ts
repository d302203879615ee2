import { Ajv2020, _ } from 'ajv/dist/2020.js';
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import { canonicalJson } from './canonical.ts';
import type { CostMeter } from './cost.ts';
import { checkedFormats } from './formats.ts';
import type { JsonValue } from './json.ts';
import { COST } from './lower.ts';
import type { LoweredSchema } from './lower.ts';

export type { ErrorObject, ValidateFunction };

/**
 * Generates the validator of a lowered schema. The code generator (ajv) sees checked keywords only; those
 * that would run in more than linear time, or put the author's values into code, are replaced by functions.
 */
export function generate(
  lowered: LoweredSchema,
  cost: CostMeter,
  allErrors: boolean,
): ValidateFunction {
  const ajv = new Ajv2020({
    allErrors,
    // Errors carry the value and the keyword's own value.
    verbose: true,
    messages: false,
    ownProperties: true,
    // `lower.ts` is stricter, and does not run authors' patterns on V8's engine.
    strict: false,
    strictNumbers: true,
    validateSchema: false,
    meta: false,
    // Inlined copies of a schema that is referred to often would multiply the code.
    inlineRefs: false,
    logger: false,
    formats: { ...checkedFormats },
    // Optimising triples the time that a large schema takes and gains nothing measurable.
    code: { regExp: linearRegExp(lowered, cost), optimize: false },
  });
  addCost(ajv, cost);
  for (const keyword of ['enum', 'const', 'uniqueItems']) ajv.removeKeyword(keyword);
  const textOf = (value: JsonValue): string => {
    const text = canonicalJson(value);
    cost.spend(text.length >> 4);
    return text;
  };
  ajv.addKeyword({
    keyword: 'enum',
    compile: (allowed: readonly JsonValue[]) => {
      const texts = new Set(allowed.map((value) => canonicalJson(value)));
      return (value: JsonValue) => texts.has(textOf(value));
    },
  });
  ajv.addKeyword({
    keyword: 'const',
    compile: (allowed: JsonValue) => {
      const wanted = canonicalJson(allowed);
      return (value: JsonValue) => textOf(value) === wanted;
    },
  });
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    compile: (wanted: boolean) => (items: readonly JsonValue[]) =>
      !wanted || new Set(items.map(textOf)).size === items.length,
  });
  return ajv.compile(lowered.schema as object | boolean);
}

/** Each subschema pays before it is evaluated. */
function addCost(ajv: Ajv2020, cost: CostMeter): void {
  ajv.addKeyword({
    keyword: COST,
    before: '$ref',
    code(context) {
      const visit = context.gen.scopeValue('func', { ref: cost.visit });
      context.gen.code(_`${visit}(${context.data}, ${context.schema as number})`);
    },
  });
}

function linearRegExp(lowered: LoweredSchema, cost: CostMeter) {
  const engine = (source: string) => {
    const pattern = lowered.patterns.get(source);
    if (pattern === undefined) throw new Error('a regular expression was not compiled');
    const test = (text: string): boolean => {
      cost.spend(1 + Math.ceil((text.length * pattern.size) / 8));
      return pattern.test(text);
    };
    // The generator tells expressions apart by their text.
    return { test, toString: () => source };
  };
  // Names the engine in exported source code, which is never made here.
  return Object.assign(engine, { code: 'unused' });
}
