/** Whether parameters are of a function's types, before any sandbox exists: the same conversion that the isolate makes. Pure. */
import { SkillError } from '../errors.ts';
import { argumentsFromJson } from './from-json.ts';
import { WitMismatch } from './mismatch.ts';
import type { WitFunction, WitTypes } from './types.ts';

/** @returns INVALID_PARAMETERS without the value, which a schema may have marked as sensitive */
export function checkArguments(
  types: WitTypes,
  fn: WitFunction,
  value: unknown,
): SkillError | undefined {
  try {
    argumentsFromJson(types, fn, value);
    return undefined;
  } catch (error) {
    if (!(error instanceof WitMismatch)) throw error;
    const parameter = error.path || '(parameters)';
    const details = { parameter, rule: 'wit', expected: error.expected };
    return new SkillError('INVALID_PARAMETERS', `Parameter validation failed: ${error.message}.`, {
      details: { ...details, errors: [details] },
    });
  }
}
