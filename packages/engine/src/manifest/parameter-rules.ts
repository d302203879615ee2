/** Which rules go with which type of parameter, and whether they can be met at all. */
import { canonicalJson } from '../authority/canonical.ts';
import { visible, type Complaint } from './problem.ts';
import type { JsonValue, ParameterShape, ParameterType } from './types.ts';

const appliesTo: Readonly<Record<string, readonly ParameterType[]>> = {
  pattern: ['string'],
  format: ['string'],
  minLength: ['string', 'array'],
  maxLength: ['string', 'array'],
  min: ['number', 'integer'],
  max: ['number', 'integer'],
  items: ['array'],
  properties: ['object'],
};

const written: Readonly<Record<string, string>> = {
  minLength: 'min_length',
  maxLength: 'max_length',
};

function hasType(value: JsonValue, type: ParameterType): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

/** The first rule that does not fit; `undefined` if all do. */
export function parameterProblem(shape: ParameterShape): Complaint | undefined {
  const { type } = shape;
  for (const [rule, types] of Object.entries(appliesTo)) {
    if (shape[rule as keyof ParameterShape] === undefined || types.includes(type)) continue;
    return {
      found: `${written[rule] ?? rule} for a parameter of type ${type}`,
      allowed: `${written[rule] ?? rule} for type ${types.join(' or ')}`,
    };
  }
  const { minLength = 0, maxLength = Infinity, min = -Infinity, max = Infinity } = shape;
  if (minLength > maxLength || min > max) {
    const [low, high] = min > max ? ['min', 'max'] : ['min_length', 'max_length'];
    return { found: `${low} above ${high}`, allowed: `${low} at most ${high}` };
  }
  const odd = shape.enum?.find((value) => !hasType(value, type));
  if (odd !== undefined) {
    return {
      found: `the enum value ${visible(JSON.stringify(odd))}`,
      allowed: `values of type ${type}`,
    };
  }
  if (shape.default !== undefined && !hasType(shape.default, type)) {
    return {
      found: `the default ${visible(JSON.stringify(shape.default))}`,
      allowed: `a value of type ${type}`,
    };
  }
  return shape.default === undefined ? undefined : defaultProblem(shape, shape.default);
}

/** A default that breaks a rule beside it would be told to whoever calls, as a value of theirs. */
function defaultProblem(shape: ParameterShape, value: JsonValue): Complaint | undefined {
  const { minLength = 0, maxLength = Infinity, min = -Infinity, max = Infinity } = shape;
  const found = `the default ${visible(JSON.stringify(value))}`;
  if (typeof value === 'number' && (value < min || value > max)) {
    return { found, allowed: value < min ? `at least ${min}` : `at most ${max}` };
  }
  const length =
    typeof value === 'string' ? [...value].length : Array.isArray(value) ? value.length : undefined;
  if (length !== undefined && (length < minLength || length > maxLength)) {
    const bound = length < minLength ? `at least ${minLength}` : `at most ${maxLength}`;
    return { found, allowed: `a length of ${bound}` };
  }
  const same = (other: JsonValue): boolean => canonicalJson(other) === canonicalJson(value);
  if (shape.enum !== undefined && !shape.enum.some(same)) {
    return { found, allowed: 'a value of its enum' };
  }
  return undefined;
}
