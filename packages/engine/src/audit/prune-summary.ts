/** What a summary of removed entries says of the intents that it left where they were. */
import { isJsonObject, type JsonObject, type JsonValue } from '../schema/json.ts';

/** An intent before the cut, whose invocation ended behind it or still runs. */
export interface Carried {
  readonly seq: number;
  /** Hash of the entry before it, as hexadecimal. */
  readonly previous: string;
}

/** Undefined for a summary that does not say it as the engine does. */
export function carriedOf(summary: JsonObject): readonly Carried[] | undefined {
  const { carried = [] } = summary;
  if (!Array.isArray(carried)) return undefined;
  const isCarried = (one: JsonValue): one is JsonValue & Carried =>
    isJsonObject(one) && typeof one['seq'] === 'number' && typeof one['previous'] === 'string';
  return carried.every(isCarried) ? carried : undefined;
}
