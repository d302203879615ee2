/** Bounds on JSON from outside, checked while it is read. */
export interface JsonLimits {
  /** Levels of arrays and objects within each other. Default 64. */
  readonly depth: number;
  /** Arrays, objects, strings, numbers, booleans and nulls in all. Default 1 000 000. */
  readonly values: number;
  /** Length of the text, or of all strings and keys together, in UTF-16 units. Default 16 777 216. */
  readonly characters: number;
}

export const defaultJsonLimits: JsonLimits = {
  depth: 64,
  values: 1_000_000,
  characters: 16_777_216,
};

/** Plain JSON data, or what is wrong, as a phrase without a full stop. A problem never quotes a value. */
export type JsonResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };

/** Thrown inside this room while reading; it never leaves it. */
export class JsonProblem extends Error {}

/** Counts what was read against the limits. */
export class JsonMeter {
  readonly #limits: JsonLimits;
  #values = 0;
  #characters = 0;

  constructor(limits: Partial<JsonLimits> = {}) {
    this.#limits = { ...defaultJsonLimits, ...limits };
  }

  value(depth: number): void {
    this.#values += 1;
    if (this.#values > this.#limits.values) {
      throw new JsonProblem(`it holds more than ${this.#limits.values} values`);
    }
    if (depth > this.#limits.depth) {
      throw new JsonProblem(`it is nested deeper than ${this.#limits.depth} levels`);
    }
  }

  text(length: number): void {
    this.#characters += length;
    if (this.#characters > this.#limits.characters) {
      throw new JsonProblem(`it is longer than ${this.#limits.characters} characters`);
    }
  }
}

/** A key as an error may show it: quoted, and short. */
export function quoteKey(key: string): string {
  return JSON.stringify(key.length <= 64 ? key : `${key.slice(0, 64)}…`);
}
