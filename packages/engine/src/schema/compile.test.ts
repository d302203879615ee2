import { describe, expect, test } from 'vitest';
import type { SkillError } from '../errors.ts';
import { compileTool } from './compile.ts';

const errorOf = (schema: unknown, parameters: unknown): SkillError => {
  const result = compileTool({ schema }).validate(parameters);
  if (result.ok) throw new Error(`accepted ${JSON.stringify(result.value)}`);
  return result.error;
};
const detailsOf = (schema: unknown, parameters: unknown) => errorOf(schema, parameters).details;
const property = (schema: unknown) => ({ type: 'object', properties: { p: schema } });

describe('the failure', () => {
  test.each<[string, unknown, unknown, object]>([
    [
      'type',
      property({ type: 'string' }),
      { p: 1 },
      { parameter: 'p', value: 1, rule: 'type', expected: 'string' },
    ],
    [
      'enum',
      property({ enum: ['a', 'b'] }),
      { p: 'c' },
      { parameter: 'p', value: 'c', rule: 'enum', expected: ['a', 'b'] },
    ],
    [
      'const',
      property({ const: 1 }),
      { p: 2 },
      { parameter: 'p', value: 2, rule: 'const', expected: 1 },
    ],
    [
      'maximum',
      property({ maximum: 9 }),
      { p: 10 },
      { parameter: 'p', value: 10, rule: 'maximum', expected: 9 },
    ],
    [
      'uniqueItems',
      property({ uniqueItems: true }),
      { p: [1, 1] },
      { parameter: 'p', value: [1, 1], rule: 'uniqueItems', expected: true },
    ],
    [
      'format',
      property({ format: 'path' }),
      { p: '../x' },
      { parameter: 'p', value: '../x', rule: 'format', expected: 'path' },
    ],
    ['required', { required: ['q'] }, {}, { parameter: 'q', rule: 'required', expected: true }],
    [
      'a required part',
      property({ required: ['q'] }),
      { p: {} },
      { parameter: 'p.q', rule: 'required' },
    ],
    [
      'an unknown part',
      property({ properties: { a: true }, additionalProperties: false }),
      { p: { 'b c': 1 } },
      { parameter: 'p["b c"]', value: 1, rule: 'additionalProperties', expected: ['a'] },
    ],
    [
      'an item',
      property({ items: { properties: { n: { type: 'string' } } } }),
      { p: [{ n: 'x' }, { n: 2 }] },
      { parameter: 'p[1].n', value: 2, rule: 'type' },
    ],
    [
      'a branch',
      property({ anyOf: [{ type: 'string' }, { type: 'null' }] }),
      { p: 1 },
      { parameter: 'p', value: 1, rule: 'anyOf' },
    ],
    [
      'false',
      property(false),
      { p: 1 },
      { parameter: 'p', value: 1, rule: 'false', expected: false },
    ],
    [
      'a name with slashes',
      { properties: { 'a/b~c': { type: 'string' } } },
      { 'a/b~c': 1 },
      { parameter: 'a/b~c', value: 1 },
    ],
    ['no object', {}, [1], { parameter: '(parameters)', rule: 'type', expected: 'object' }],
    ['no JSON', {}, { a: 1n }, { parameter: '(parameters)', rule: 'json' }],
  ])('names parameter, value, rule and expectation: %s', (_, schema, parameters, details) => {
    expect(detailsOf(schema, parameters)).toMatchObject(details);
  });

  test('lists all errors in the order of the schema, at most 100', () => {
    const schema = {
      properties: {
        a: { type: 'string' },
        b: { type: 'string' },
        list: { items: { type: 'string' } },
      },
      required: ['c'],
    };
    const details = detailsOf(schema, { b: 2, a: 1 });
    expect(details?.['errors']).toMatchObject([
      { parameter: 'a' },
      { parameter: 'b' },
      { parameter: 'c' },
    ]);
    const many = detailsOf(schema, { c: 1, list: Array.from({ length: 5000 }, () => 1) });
    expect(many?.['errors']).toHaveLength(100);
  });

  test('shortens values', () => {
    const text = JSON.stringify(errorOf(property({ type: 'null' }), { p: 'x'.repeat(1_000_000) }));
    expect(text.length).toBeLessThan(2000);
    expect(
      detailsOf(property({ type: 'null' }), { p: Array.from({ length: 5000 }, () => 1) })?.[
        'value'
      ],
    ).toBe('[5000 items]');
  });

  test.each<[string, object]>([
    ['by name', { apiKey: { type: 'string', maxLength: 3 } }],
    ['by mark', { apiKey: { type: 'integer', sensitive: true } }],
    ['as enum', { apiKey: { enum: ['the-real-one'] } }],
    ['inside', { apiKey: { type: 'object' } }],
    ['as an unknown parameter', { other: {} }],
  ])('never shows the value of a sensitive parameter: %s', (_, properties) => {
    const error = errorOf({ properties, additionalProperties: false }, { apiKey: 'hunter2' });
    expect(JSON.stringify(error)).toContain('[REDACTED]');
    expect(`${JSON.stringify(error)} ${error.message}`).not.toMatch(/hunter2|the-real-one/);
  });

  test('never shows sensitive parts of a larger value, nor below a sensitive name', () => {
    const parameters = {
      conf: { password: 'hunter2', nested: [{ token: 'hunter2' }] },
      secret: { deep: ['hunter2'] },
    };
    const schema = {
      properties: {
        conf: { maxProperties: 1 },
        secret: { properties: { deep: { items: { type: 'null' } } } },
      },
    };
    const text = JSON.stringify(errorOf(schema, parameters));
    expect(text).toContain('"parameter":"secret.deep[0]"');
    expect(text).not.toContain('hunter2');
  });
});

describe('the value', () => {
  test("is a copy; the caller's object is not changed", () => {
    const parameters = { a: {} };
    const schema = {
      properties: { a: { properties: { b: { default: 1 } } }, c: { default: [1] } },
    };
    const result = compileTool({ schema }).validate(parameters);
    expect(result).toEqual({ ok: true, value: { a: { b: 1 }, c: [1] } });
    expect(parameters).toEqual({ a: {} });
  });

  test('gets defaults through items, additionalProperties, allOf and $ref, not through branches', () => {
    const schema = {
      $defs: { d: { properties: { x: { default: 1 } } } },
      properties: {
        list: { items: { $ref: '#/$defs/d' } },
        tuple: { prefixItems: [{ $ref: '#/$defs/d' }] },
        map: { additionalProperties: { allOf: [{ $ref: '#/$defs/d' }] } },
        either: { anyOf: [{ $ref: '#/$defs/d' }] },
      },
    };
    const parameters = { list: [{}], tuple: [{}, {}], map: { k: {} }, either: {} };
    expect(compileTool({ schema }).validate(parameters)).toEqual({
      ok: true,
      value: { list: [{ x: 1 }], tuple: [{ x: 1 }, {}], map: { k: { x: 1 } }, either: {} },
    });
  });

  test('defaults are fresh for each call', () => {
    const validator = compileTool({ schema: { properties: { list: { default: [] } } } });
    const first = validator.validate({});
    if (first.ok) (first.value['list'] as unknown as number[]).push(1);
    expect(validator.validate({})).toEqual({ ok: true, value: { list: [] } });
  });

  test('a default for a name of Object.prototype is applied; one that breaks its own rule is refused', () => {
    const schema = { properties: { toString: { default: 'x' } } };
    expect(JSON.stringify(compileTool({ schema }).validate({}))).toBe(
      '{"ok":true,"value":{"toString":"x"}}',
    );
    expect(() => compileTool({ schema: property({ type: 'string', default: 1 }) })).toThrow(
      expect.objectContaining({
        code: 'SCHEMA_INVALID',
        message: expect.stringContaining('#/properties/p') as string,
      }),
    );
  });
});

describe('own-property semantics', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype'];
  test.each(names)('required: ["%s"] is not satisfied by what every object inherits', (name) => {
    expect(detailsOf({ required: [name] }, {})).toMatchObject({
      parameter: name,
      rule: 'required',
    });
    const given = JSON.parse(`{"${name}":1}`) as object;
    expect(JSON.stringify(compileTool({ schema: { required: [name] } }).validate(given))).toBe(
      `{"ok":true,"value":{"${name}":1}}`,
    );
  });

  test.each(names)(
    'the key %s is data: kept, and refused where no further keys are allowed',
    (name) => {
      const given = JSON.parse(`{"a":{"${name}":{"polluted":1}}}`) as object;
      expect(JSON.stringify(compileTool({ schema: {} }).validate(given))).toContain(
        `"${name}":{"polluted":1}`,
      );
      const closed = { properties: { a: { additionalProperties: false } } };
      expect(detailsOf(closed, given)).toMatchObject({ rule: 'additionalProperties' });
      expect(({} as { polluted?: number }).polluted).toBeUndefined();
    },
  );

  test.each(names.slice(1))('a property called %s is checked when given, and only then', (name) => {
    const schema = { properties: { [name]: { type: 'integer' } }, additionalProperties: false };
    expect(compileTool({ schema }).validate({}).ok).toBe(true);
    expect(detailsOf(schema, { [name]: 'x' })).toMatchObject({ parameter: name, rule: 'type' });
  });

  test('dependentRequired, propertyNames and minProperties look at own keys', () => {
    expect(
      compileTool({ schema: { dependentRequired: { toString: ['x'] } } }).validate({}).ok,
    ).toBe(true);
    expect(
      detailsOf({ propertyNames: { maxLength: 3 } }, JSON.parse('{"__proto__":1}')),
    ).toMatchObject({ rule: 'maxLength' });
    expect(detailsOf({ minProperties: 1 }, {})).toMatchObject({ rule: 'minProperties' });
  });
});

test('formats of the draft describe, as it has them by default', () => {
  expect(compileTool({ schema: property({ format: 'email' }) }).validate({ p: 'not one' }).ok).toBe(
    true,
  );
});
