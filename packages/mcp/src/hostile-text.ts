/** Texts of skill authors that go to a model and its user: shown as they are, but for what hides or reorders text. */
import { escapeLines, type JsonValue } from '@skill-engine/engine';

/** Characters of one description. */
const LONGEST = 4096;

export function shownText(text: string): string {
  const short = text.length <= LONGEST ? text : `${text.slice(0, LONGEST)} [shortened]`;
  return escapeLines(short);
}

const texts: readonly string[] = ['description', 'title', '$comment'];

/**
 * The same schema, its texts for people escaped. Members of `properties` and its like are names and not keywords, but
 * a value that is a string is a text for people in both places.
 */
export function shownSchema(schema: JsonValue): JsonValue {
  if (Array.isArray(schema)) return (schema as readonly JsonValue[]).map(shownSchema);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema as Readonly<Record<string, JsonValue>>).map(([key, value]) => [
      key,
      texts.includes(key) && typeof value === 'string' ? shownText(value) : shownSchema(value),
    ]),
  );
}
