import type { JsonValue } from '@skill-engine/engine';

/** What JSON.stringify leaves as it is, and a terminal or a log might obey: C1 controls, format characters, separators. */
const UNSAFE = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]--[\u200c\n\u200d]]/gv;

/** JSON text that is safe to print: unsafe characters are `\u` escapes, so that it still means exactly the same. */
export function jsonText(value: JsonValue, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(UNSAFE, (character) =>
    Array.from(
      { length: character.length },
      (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}

/** Plain JSON data of a value that consists of plain data: drops `undefined`, calls `toJSON`. */
export function toJson(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}
