import { describe, expect, test } from 'vitest';
import type { ParameterRow } from '../manifest/types.ts';
import { compileTool } from './compile.ts';
import { rowsToSchema } from './rows.ts';

const source = { file: 'skill.toml', line: 1, column: 1, keyPath: '' };
const row = (name: string, fields: Partial<ParameterRow>): ParameterRow => ({
  name,
  type: 'string',
  required: false,
  sensitive: false,
  source,
  ...fields,
});

describe('a parameter table', () => {
  test('becomes JSON Schema 2020-12', () => {
    const rows = [
      row('environment', {
        required: true,
        pattern: '^(dev|prod)$',
        minLength: 3,
        maxLength: 10,
        description: 'Where',
      }),
      row('replicas', { type: 'integer', min: 1, max: 100, default: 2 }),
      row('tags', {
        type: 'array',
        minLength: 1,
        maxLength: 5,
        items: { type: 'string', enum: ['a', 'b'], sensitive: false, source },
      }),
      row('key', { sensitive: true }),
      row('file', { format: 'path' }),
      row('target', {
        type: 'object',
        properties: [row('host', { required: true }), row('on', { type: 'boolean' })],
      }),
      row('anything', { type: 'object' }),
    ];
    expect(rowsToSchema(rows)).toEqual({
      type: 'object',
      properties: {
        environment: {
          type: 'string',
          description: 'Where',
          pattern: '^(dev|prod)$',
          minLength: 3,
          maxLength: 10,
        },
        replicas: { type: 'integer', minimum: 1, maximum: 100, default: 2 },
        tags: {
          type: 'array',
          minItems: 1,
          maxItems: 5,
          items: { type: 'string', enum: ['a', 'b'] },
        },
        key: { type: 'string', sensitive: true },
        file: { type: 'string', format: 'path' },
        target: {
          type: 'object',
          properties: { host: { type: 'string' }, on: { type: 'boolean' } },
          required: ['host'],
          additionalProperties: false,
        },
        anything: { type: 'object' },
      },
      required: ['environment'],
      additionalProperties: false,
    });
  });

  test('gives the failure of the specification for its own example', () => {
    const validator = compileTool({
      parameters: [
        row('environment', {
          required: true,
          pattern: '^(dev|staging|prod)$',
          minLength: 3,
          maxLength: 10,
        }),
        row('replicas', { type: 'number', min: 1, max: 100 }),
      ],
    });
    const result = validator.validate({ environment: 'development' });
    const head = {
      parameter: 'environment',
      value: 'development',
      rule: 'pattern',
      expected: '^(dev|staging|prod)$',
    };
    expect(result.ok ? undefined : JSON.parse(JSON.stringify({ error: result.error }))).toEqual({
      error: {
        code: 'INVALID_PARAMETERS',
        message: 'Parameter validation failed',
        details: {
          ...head,
          errors: [
            head,
            { parameter: 'environment', value: 'development', rule: 'maxLength', expected: 10 },
          ],
        },
      },
    });
  });

  test('refuses parameters that it does not name', () => {
    const result = compileTool({ parameters: [row('a', {})] }).validate({ b: 1 });
    expect(result.ok ? undefined : result.error.details).toMatchObject({
      parameter: 'b',
      rule: 'additionalProperties',
      expected: ['a'],
    });
  });

  test('names that are there twice are refused; names of Object.prototype are ordinary', () => {
    expect(() => rowsToSchema([row('a', {}), row('a', {})])).toThrow(
      expect.objectContaining({ code: 'SCHEMA_INVALID' }),
    );
    const validator = compileTool({
      parameters: [row('constructor', { required: true }), row('toString', {})],
    });
    expect(validator.validate({}).ok).toBe(false);
    expect(validator.validate({ constructor: 'x' }).ok).toBe(true);
    expect(() => compileTool({ parameters: [row('__proto__', {})] })).toThrow(
      expect.objectContaining({ code: 'SCHEMA_REFUSED' }),
    );
  });
});
