import { copyJson } from './copy-json.ts';
import type { JsonLimits, JsonResult } from './json-limits.ts';
import type { JsonValue } from './json.ts';
import { parseJson } from './parse-json.ts';
import { notJson } from './violations.ts';

/**
 * Parameters from JSON text (a command line, a file, a wire), by the rules of {@link parseJson}.
 *
 * @throws SkillError INVALID_PARAMETERS with `details.rule` "json"
 */
export function parseParametersJson(
  text: string | Uint8Array,
  limits?: Partial<JsonLimits>,
): JsonValue {
  return valueOf(parseJson(text, limits));
}

/**
 * Parameters from a program's own value, by the rules of {@link copyJson}.
 *
 * @throws SkillError INVALID_PARAMETERS with `details.rule` "json"
 */
export function assertJsonValue(value: unknown, limits?: Partial<JsonLimits>): JsonValue {
  return valueOf(copyJson(value, limits));
}

function valueOf(result: JsonResult<JsonValue>): JsonValue {
  if (result.ok) return result.value;
  throw notJson(result.problem);
}
