import { describe, expect, test } from 'vitest';
import { compileTool } from './compile.ts';

const refusal = (schema: unknown): { code: string; message: string } => {
  try {
    compileTool({ schema }, { tool: 'deploy' });
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('the schema was accepted');
};
const costs = (schema: unknown, parameters: unknown) => {
  const result = compileTool({ schema }).validate(parameters);
  return result.ok ? 'accepted' : result.error.details?.['rule'];
};
const times = <T>(length: number, make: (index: number) => T): T[] =>
  Array.from({ length }, (_, index) => make(index));
const named = (count: number, make: (index: number) => unknown) =>
  Object.fromEntries(times(count, (index) => [`d${index}`, make(index)]));
const nest = (levels: number, around: (inner: unknown) => unknown): unknown =>
  times(levels, () => 0).reduce<unknown>((inner) => around(inner), {});

describe('schemas that are refused before code is generated', () => {
  test.each<[string, unknown, string]>([
    ['a remote reference', { $ref: 'https://example.com/schema.json' }, 'nothing is fetched'],
    ['a file reference', { $ref: 'file:///etc/passwd' }, 'nothing is fetched'],
    ['a relative reference', { $ref: 'other.json#/a' }, 'nothing is fetched'],
    ['a nested $id', { properties: { a: { $id: 'https://example.com/' } } }, 'only at the root'],
    ['$dynamicRef', { $dynamicRef: '#x' }, '$dynamicRef is not supported'],
    ['another draft', { $schema: 'http://json-schema.org/draft-07/schema#' }, '2020-12'],
    ['an unknown keyword', { nullable: true }, 'the keyword "nullable"'],
    ["a code generator's private keyword", { $cost: 0 }, 'the keyword "$cost"'],
    ['$async', { $async: true }, 'the keyword "$async"'],
    ['$data', { properties: { a: { maximum: { $data: '1/b' } } } }, 'must be a number'],
    ['$data in a pattern', { pattern: { $data: '1/b' } }, 'must be a regular expression'],
    ["an inherited keyword's name", { constructor: {} }, 'the keyword "constructor"'],
    ['__proto__ as a keyword', JSON.parse('{"__proto__":{}}'), 'the keyword "__proto__"'],
    [
      '__proto__ as a property',
      JSON.parse('{"properties":{"__proto__":{"type":"string"}}}'),
      '"__proto__"',
    ],
    ['__proto__ as a definition', JSON.parse('{"$defs":{"__proto__":{}}}'), '"__proto__"'],
    ['a reference to itself', { $ref: '#' }, 'comes back to itself'],
    [
      'references in a circle',
      { $defs: { a: { anyOf: [{ $ref: '#/$defs/b' }] }, b: { not: { $ref: '#/$defs/a' } } } },
      'comes back to itself',
    ],
    [
      'a long chain of references',
      { $defs: named(100, (i) => (i === 99 ? {} : { $ref: `#/$defs/d${i + 1}` })) },
      'behind each other',
    ],
    ['65 levels', nest(70, (inner) => ({ not: inner })), 'nested deeper than 64'],
    ['100 000 levels', nest(100_000, (inner) => ({ not: inner })), 'nested deeper than 64'],
    [
      'a cycle of objects',
      (() => {
        const s: { not?: unknown } = {};
        s.not = s;
        return s;
      })(),
      'nested deeper than 64',
    ],
    ['many values', { enum: times(10_001, (i) => i) }, 'more than 10000 values'],
    ['much text', { description: 'x'.repeat(262_145) }, 'longer than 262144 characters'],
    [
      'many subschemas',
      { $defs: named(400, () => ({ properties: named(5, () => ({})) })) },
      'subschemas',
    ],
    ['many branches', { oneOf: times(501, () => ({})) }, 'more than 500'],
    ['many properties', { properties: named(501, () => true) }, 'more than 500'],
    ['a pattern that backtracks', { pattern: '(?=a)(a)\\1' }, 'linear time'],
    ['a large pattern', { patternProperties: { ['a'.repeat(1025)]: {} } }, 'longer than 1024'],
    [
      'an accessor',
      Object.defineProperty({}, 'type', { get: () => 'string', enumerable: true }),
      'accessor',
    ],
    ['a function', { default: () => 1 }, 'function'],
    ['unevaluatedItems', { unevaluatedItems: false }, 'unevaluatedItems'],
    [
      'unevaluatedProperties with if',
      { unevaluatedProperties: false, if: {} },
      'not supported together',
    ],
  ])('%s', (_, schema, reason) => {
    const { code, message } = refusal(schema);
    expect(message).toContain(reason);
    expect(message).toContain('tool "deploy"');
    expect(['SCHEMA_REFUSED', 'SCHEMA_INVALID']).toContain(code);
  });

  test.each<[string, unknown, string]>([
    ['no schema', 'string', '#'],
    ['null', null, '#'],
    ['an unknown type', { type: 'text' }, '#/type'],
    ['a type that is code', { type: '"; process.exit(); "' }, '#/type'],
    ['no types', { type: [] }, '#/type'],
    ['an inherited type', { type: 'toString' }, '#/type'],
    ['a limit as text', { properties: { a: { minLength: '1; x()' } } }, '#/properties/a/minLength'],
    ['a negative count', { minItems: -1 }, '#/minItems'],
    ['a broken count', { maxItems: 1.5 }, '#/maxItems'],
    ['a step of zero', { multipleOf: 0 }, '#/multipleOf'],
    ['required as text', { required: 'a' }, '#/required'],
    ['required twice', { required: ['a', 'a'] }, '#/required'],
    ['required numbers', { required: [1] }, '#/required'],
    ['properties as a list', { properties: [] }, '#/properties'],
    ['an empty enum', { enum: [] }, '#/enum'],
    ['an item that is no schema', { items: [{}] }, '#/items'],
    ['a lost reference', { $ref: '#/$defs/x' }, '#'],
    [
      'a reference into data',
      { default: { type: 'string' }, properties: { a: { $ref: '#/default' } } },
      '#',
    ],
    [
      'a reference to what objects inherit',
      { $defs: {}, properties: { a: { $ref: '#/$defs/constructor' } } },
      '#',
    ],
    ['an anchor twice', { $defs: { a: { $anchor: 'x' }, b: { $anchor: 'x' } } }, '#'],
    ['a broken pattern', { pattern: '(' }, '#/pattern'],
    [
      'an unknown format',
      { properties: { 'a/b': { format: 'phone' } } },
      '#/properties/a~1b/format',
    ],
    ['an inherited format', { format: 'constructor' }, '#/format'],
    ['false', false, '#'],
  ])('%s is not valid, and the place is named', (_, schema, at) => {
    expect(refusal(schema)).toMatchObject({
      code: 'SCHEMA_INVALID',
      details: { at, tool: 'deploy' },
    });
  });
});

describe('text of the schema never becomes code', () => {
  const marker = 'schemaCodeRan';
  const breakouts = [
    `"]; globalThis.${marker} = 1; //`,
    `'); globalThis.${marker} = 1; ('`,
    `\`\${globalThis.${marker} = 1}\``,
    `\u2028globalThis.${marker} = 1\u2028`,
    `*/ globalThis.${marker} = 1; /*`,
    `\\"; globalThis.${marker} = 1; "`,
    `a\nglobalThis.${marker} = 1`,
  ];
  test.each(breakouts)('%j as name, value, default, comment and branch', (text) => {
    const schema = {
      $comment: text,
      description: text,
      properties: { [text]: { enum: [text], const: text, default: text, title: text } },
      required: [text],
      dependentRequired: { [text]: [text] },
      dependentSchemas: { [text]: { properties: { [text]: true } } },
      patternProperties: { x: { const: { [text]: text } } },
      $defs: { [text.slice(0, 8)]: { default: { [text]: 1 } } },
      additionalProperties: false,
      'x-note': { [text]: text },
    };
    const validator = compileTool({ schema });
    expect(validator.validate({}).ok).toBe(true);
    expect(validator.validate({ [text]: 'other', extra: 1 }).ok).toBe(false);
    expect(Object.hasOwn(globalThis, marker)).toBe(false);
  });
});

describe('small schemas that would cost exponential or quadratic time', () => {
  const laughs = {
    $defs: {
      ...named(30, (i) => ({
        allOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }],
      })),
      d30: { type: 'object' },
    },
    $ref: '#/$defs/d0',
  };
  const deep = (levels: number): unknown =>
    JSON.parse('{"x":'.repeat(levels) + '1' + '}'.repeat(levels));

  test('references that double at each step', () => {
    expect(costs(laughs, {})).toBe('cost');
  });

  test('branches that double with each level of the value', () => {
    const schema = { type: 'object', properties: { x: { anyOf: [{ $ref: '#' }, { $ref: '#' }] } } };
    expect(costs(schema, deep(60))).toBe('cost');
  });

  test('defaults that multiply', () => {
    const text = 'x'.repeat(200_000);
    const schema = { properties: { l: { items: { properties: { t: { default: text } } } } } };
    expect(costs(schema, { l: times(1000, () => ({})) })).toBe('cost');
  });

  test('a default inside a default stays as it is', () => {
    const schema = { properties: { x: { default: {}, $ref: '#' } } };
    expect(compileTool({ schema }).validate({})).toEqual({ ok: true, value: { x: {} } });
  });

  test('a large regular expression on a long text', () => {
    const schema = { properties: { p: { pattern: '(?:(?:.{10}){10}){10}' } } };
    expect(costs(schema, { p: 'a'.repeat(1_000_000) })).toBe('cost');
  });

  test('uniqueItems and enum on long lists of objects take linear time', () => {
    const schema = {
      properties: { p: { uniqueItems: true, items: { enum: times(3000, (i) => [i]) } } },
    };
    expect(compileTool({ schema }).validate({ p: times(3000, (i) => [i]) }).ok).toBe(true);
    expect(costs(schema, { p: times(3000, () => [1]) })).toBe('uniqueItems');
  });

  test('the same call is refused at the same step count, again and again', () => {
    const parameters = { p: times(1000, () => 1) };
    const schema = { properties: { p: { items: { type: 'integer' } } } };
    const needed = (steps: number) => compileTool({ schema }, { steps }).validate(parameters).ok;
    let [low, high] = [1, 100_000];
    while (low + 1 < high) {
      const middle = (low + high) >> 1;
      if (needed(middle)) high = middle;
      else low = middle;
    }
    expect([needed(high), needed(low), needed(high)]).toEqual([true, false, true]);
    expect(high).toBeLessThan(10_000);
  });

  test('after a refused call the next one works', () => {
    const schema = { properties: { p: { pattern: '^(.*a){20}$' } } };
    const validator = compileTool({ schema });
    expect(validator.validate({ p: 'a'.repeat(4_000_000) }).ok).toBe(false);
    expect(validator.validate({ p: 'a'.repeat(30) }).ok).toBe(true);
  });
});
