import { isJsonObject, setOwn } from '../schema/json.ts';
import type { JsonValue } from '../schema/json.ts';
import { REDACTED, isSensitive, noMarkers, redactSensitive } from '../schema/sensitive.ts';
import type { SensitiveNames } from '../schema/sensitive.ts';

/** How much of the parameters one record keeps. What is left out leaves a marker in its place. */
export const recordBounds = {
  /** UTF-16 units of one string; longer ones keep their beginning. */
  text: 2048,
  /** Items of one array, and members of one object. */
  members: 256,
  /** Values in all. */
  values: 4096,
  /** Levels of nesting. */
  depth: 32,
} as const;

/**
 * The form of parameters (and of caller metadata) that an audit record keeps: sensitive values replaced by
 * `[REDACTED]`, large ones shortened. A new value; the original is never changed.
 *
 * @param sensitive names that the tool's schema marks (`sensitiveNames(schema)`); names that look sensitive
 *   (`isSensitiveName`) are redacted in any case
 */
export function redactParameters(
  parameters: JsonValue,
  sensitive: SensitiveNames = noMarkers,
): JsonValue {
  // Shortened first: what comes after is bounded whatever the parameters were.
  const short = shorten(parameters, { sensitive, values: recordBounds.values }, 0);
  return redactSensitive(short, sensitive);
}

interface Budget {
  readonly sensitive: SensitiveNames;
  values: number;
}

function shorten(value: JsonValue, budget: Budget, depth: number): JsonValue {
  budget.values -= 1;
  if (typeof value === 'string') return shortenText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= recordBounds.depth) return '[TRUNCATED: nested deeper]';
  return isJsonObject(value)
    ? shortenObject(value, budget, depth)
    : shortenArray(value as readonly JsonValue[], budget, depth);
}

function shortenText(text: string): string {
  if (text.length <= recordBounds.text) return text;
  return `${text.slice(0, recordBounds.text)}… [TRUNCATED: ${text.length} characters]`;
}

function shortenArray(items: readonly JsonValue[], budget: Budget, depth: number): JsonValue {
  const kept: JsonValue[] = [];
  for (const item of items) {
    if (kept.length >= recordBounds.members || budget.values <= 0) {
      kept.push(`[TRUNCATED: ${items.length} items]`);
      break;
    }
    kept.push(shorten(item, budget, depth + 1));
  }
  return kept;
}

function shortenObject(
  object: { readonly [key: string]: JsonValue },
  budget: Budget,
  depth: number,
): JsonValue {
  const keys = Object.keys(object);
  const kept = {};
  let count = 0;
  for (const key of keys) {
    if (count >= recordBounds.members || budget.values <= 0) {
      setOwn(kept, '[TRUNCATED]', `${keys.length} members`);
      break;
    }
    // Judged by the whole name: a shortened one may have lost the word that makes it sensitive.
    const hidden = isSensitive(key, budget.sensitive);
    const member = hidden ? REDACTED : shorten(object[key] as JsonValue, budget, depth + 1);
    setOwn(kept, shortenText(key), member);
    count += 1;
  }
  return kept;
}
