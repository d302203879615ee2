import { JsonMeter, JsonProblem, quoteKey } from './json-limits.ts';
import type { JsonLimits, JsonResult } from './json-limits.ts';
import { setOwn } from './json.ts';
import type { JsonValue } from './json.ts';

/**
 * Reads JSON text (RFC 8259) more strictly than `JSON.parse`, so that what is checked is what was written:
 * refused are repeated keys, numbers that a double cannot hold (1e400) or would silently change (whole numbers
 * beyond ±(2^53 − 1)), halves of surrogate pairs, a byte order mark, and anything after the value.
 * `-0` is read as 0. `__proto__` is an ordinary key.
 *
 * @param input text, or its bytes in UTF-8
 */
export function parseJson(
  input: string | Uint8Array,
  limits?: Partial<JsonLimits>,
): JsonResult<JsonValue> {
  try {
    const meter = new JsonMeter(limits);
    // No character takes fewer than one byte and one unit more than its bytes.
    meter.text(input.length);
    return { ok: true, value: new Parser(decode(input), meter).document() };
  } catch (error) {
    if (error instanceof JsonProblem) return { ok: false, problem: error.message };
    throw error;
  }
}

function decode(input: string | Uint8Array): string {
  if (typeof input === 'string') return input;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(input);
  } catch {
    throw new JsonProblem('its bytes are not UTF-8');
  }
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
/** More digits than any double or exact whole number needs. */
const NUMBER_LENGTH = 400;
const WORDS = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const;

class Parser {
  readonly #text: string;
  readonly #meter: JsonMeter;
  #at = 0;

  constructor(text: string, meter: JsonMeter) {
    this.#text = text;
    this.#meter = meter;
  }

  document(): JsonValue {
    if (this.#text.startsWith('\ufeff'))
      throw new JsonProblem('it begins with a byte order mark; remove it');
    this.#space();
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) throw this.#problem('there is more after the value');
    return value;
  }

  #value(depth: number): JsonValue {
    const character = this.#text[this.#at];
    const nested = character === '{' || character === '[';
    this.#meter.value(nested ? depth + 1 : depth);
    if (character === '{') return this.#object(depth + 1);
    if (character === '[') return this.#array(depth + 1);
    if (character === '"') return this.#string();
    for (const [word, value] of WORDS) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    return this.#number();
  }

  #object(depth: number): JsonValue {
    const object = {};
    this.#at += 1;
    this.#space();
    if (this.#take('}')) return object;
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') throw this.#problem('a key in double quotes is missing');
      const key = this.#string();
      if (Object.hasOwn(object, key))
        throw this.#problem(`the key ${quoteKey(key)} is there twice`);
      this.#space();
      if (!this.#take(':')) throw this.#problem('":" is missing');
      this.#space();
      setOwn(object, key, this.#value(depth));
      this.#space();
    } while (this.#take(','));
    if (!this.#take('}')) throw this.#problem('"," or "}" is missing');
    return object;
  }

  #array(depth: number): JsonValue {
    const items: JsonValue[] = [];
    this.#at += 1;
    this.#space();
    if (this.#take(']')) return items;
    do {
      this.#space();
      items.push(this.#value(depth));
      this.#space();
    } while (this.#take(','));
    if (!this.#take(']')) throw this.#problem('"," or "]" is missing');
    return items;
  }

  #string(): string {
    const start = this.#at;
    let escaped = false;
    for (let at = start + 1; ; at += 1) {
      const unit = this.#text.charCodeAt(at);
      if (unit === 0x22) {
        this.#at = at + 1;
        return this.#unescape(start, escaped);
      }
      if (unit === 0x5c) {
        escaped = true;
        at += 1;
      } else if (Number.isNaN(unit)) {
        throw this.#problem('a string does not end');
      } else if (unit < 0x20) {
        this.#at = at;
        throw this.#problem('a string holds a control character; write it as an escape');
      }
    }
  }

  #unescape(start: number, escaped: boolean): string {
    let text = this.#text.slice(start + 1, this.#at - 1);
    if (escaped) {
      try {
        text = JSON.parse(this.#text.slice(start, this.#at)) as string;
      } catch {
        throw this.#problem('a string holds an escape that JSON does not have');
      }
    }
    if (!text.isWellFormed())
      throw this.#problem('a string holds half of a surrogate pair, which no text can hold');
    return text;
  }

  #number(): number {
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null)
      throw this.#problem(
        this.#at < this.#text.length ? 'a value is missing' : 'it ends too early',
      );
    const [token, fraction, exponent] = match;
    if (token.length > NUMBER_LENGTH)
      throw this.#problem(`a number has more than ${NUMBER_LENGTH} characters`);
    const value = Number(token);
    if (!Number.isFinite(value)) throw this.#problem('a number is too large for a double');
    const whole = fraction === undefined && exponent === undefined;
    if (whole && !Number.isSafeInteger(value)) {
      throw this.#problem(
        'a whole number lies beyond ±9007199254740991, where it would silently change; send it as a string',
      );
    }
    this.#at += token.length;
    return value === 0 ? 0 : value;
  }

  #space(): void {
    SPACE.lastIndex = this.#at;
    SPACE.test(this.#text);
    this.#at = SPACE.lastIndex;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #problem(what: string): JsonProblem {
    return new JsonProblem(`${what} (at character ${this.#at + 1})`);
  }
}
