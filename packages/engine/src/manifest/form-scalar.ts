/** Forms of texts, numbers and truth values. */
import { Refusal } from '../authority/refusal.ts';
import type { Form, JsonSchema } from './form.ts';
import { jsonOf } from './node.ts';
import { suggest } from './suggest.ts';
import type { JsonValue } from './types.ts';

interface TextOptions<T> {
  readonly allowed: string;
  readonly schema?: JsonSchema;
  /** In UTF-16 units; default 4096. */
  readonly maximum?: number;
  readonly parse: (text: string) => T | Refusal;
}

export function parsedText<T>(options: TextOptions<T>): Form<T> {
  const maximum = options.maximum ?? 4096;
  return {
    allowed: options.allowed,
    schema: { type: 'string', ...options.schema },
    read(node, place) {
      if (node.kind !== 'string') {
        const scalar = node.kind === 'integer' || node.kind === 'float' || node.kind === 'boolean';
        const text = node.kind === 'boolean' ? String(node.value) : 'text' in node ? node.text : '';
        const quoted =
          scalar &&
          Object.keys(options.schema ?? {}).length > 0 &&
          !(options.parse(text) instanceof Refusal)
            ? JSON.stringify(text)
            : undefined;
        return place.wrong(node, options.allowed, undefined, quoted);
      }
      if (node.value.length > maximum) {
        return place.wrong(node, options.allowed, `longer than ${maximum} characters`);
      }
      const value = options.parse(node.value);
      if (!(value instanceof Refusal)) return value;
      const instead = value.instead === undefined ? undefined : JSON.stringify(value.instead);
      return place.wrong(node, options.allowed, value.why, instead);
    },
  };
}

/** Any text; `allowed` says what for. */
export function text(allowed: string, maximum = 4096): Form<string> {
  return parsedText({ allowed, maximum, parse: (value) => value });
}

/** Text that is checked and stays as it is. */
export function checkedText(
  allowed: string,
  check: (text: string) => Refusal | undefined,
  schema: JsonSchema = {},
): Form<string> {
  return parsedText({ allowed, schema, parse: (value) => check(value) ?? value });
}

/** Text that matches a pattern, which stands in the JSON Schema too. */
export function patternText(
  allowed: string,
  pattern: RegExp,
  fix?: (text: string) => string,
): Form<string> {
  return parsedText({
    allowed,
    schema: { pattern: pattern.source },
    parse(value) {
      if (pattern.test(value)) return value;
      const fixed = fix?.(value);
      return new Refusal(undefined, fixed !== undefined && pattern.test(fixed) ? fixed : undefined);
    },
  });
}

export function oneOf<const V extends string>(values: readonly V[]): Form<V> {
  return parsedText({
    allowed: values.map((value) => JSON.stringify(value)).join(' or '),
    schema: { enum: values },
    parse(value) {
      const known = values.find((one) => one === value);
      return known ?? new Refusal(undefined, suggest(value, values));
    },
  });
}

export const flag: Form<boolean> = {
  allowed: 'true or false',
  schema: { type: 'boolean' },
  read: (node, place) =>
    node.kind === 'boolean'
      ? node.value
      : place.wrong(
          node,
          'true or false',
          undefined,
          node.kind === 'string' && /^(true|false)$/i.test(node.value)
            ? node.value.toLowerCase()
            : undefined,
        ),
};

export function integer(minimum: number, maximum: number, unit = ''): Form<number> {
  const allowed = `a whole number from ${minimum} to ${maximum}${unit}`;
  return {
    allowed,
    schema: { type: 'integer', minimum, maximum },
    read(node, place) {
      if (node.kind === 'integer' && node.value >= minimum && node.value <= maximum)
        return node.value;
      const meant =
        node.kind === 'string' && /^[0-9]{1,15}$/.test(node.value)
          ? Number(node.value)
          : node.kind === 'float' && Number.isSafeInteger(node.value)
            ? node.value
            : Number.NaN;
      const isAllowed = meant >= minimum && meant <= maximum;
      return place.wrong(node, allowed, undefined, isAllowed ? String(meant) : undefined);
    },
  };
}

const beyondSafe = 'whole numbers beyond 9007199254740991 (2^53-1) would be changed';

/** Whole or not; infinities and NaN never. `above` excludes the minimum itself. */
export function number(minimum: number, maximum: number, unit = '', above = false): Form<number> {
  const allowed =
    minimum === -Infinity
      ? 'a finite number'
      : `a number ${above ? 'above' : 'from'} ${minimum} ${above ? 'and at most' : 'to'} ${maximum}${unit}`;
  const bounds =
    minimum === -Infinity
      ? {}
      : above
        ? { exclusiveMinimum: minimum, maximum }
        : { minimum, maximum };
  return {
    allowed,
    schema: { type: 'number', ...bounds },
    read(node, place) {
      if (node.kind === 'integer' || node.kind === 'float') {
        if (node.kind === 'integer' && !Number.isSafeInteger(node.value))
          return place.wrong(node, allowed, beyondSafe);
        const inRange = above ? node.value > minimum : node.value >= minimum;
        if (Number.isFinite(node.value) && inRange && node.value <= maximum) return node.value;
        return place.wrong(node, allowed);
      }
      const digits =
        node.kind === 'string' && /^[0-9]{1,15}s?$/.test(node.value) ? node.value : undefined;
      return place.wrong(node, allowed, undefined, digits?.replace('s', ''));
    },
  };
}

/** Any value that JSON has too. */
export const json: Form<JsonValue> = {
  allowed: 'text, a finite number, true, false, an array or a table of these',
  schema: {},
  read(node, place) {
    const result = jsonOf(node);
    if ('json' in result) return result.json;
    const isWhole = result.odd.kind === 'integer';
    return place.wrong(result.odd, json.allowed, isWhole ? beyondSafe : undefined);
  },
};
