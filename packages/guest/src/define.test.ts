import { expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import * as mini from 'zod/mini';
import { defineSkill, InvalidParameters, jsonSchema, ToolError, type ToolInput } from './index.ts';

const skillOf = (input: ToolInput, run: (parameters: never) => unknown) =>
  defineSkill({ tools: { t: { description: 'd', input, run } } });

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('nothing was thrown');
}

it('lists tools with the JSON Schema of what they take, not of what they make of it', () => {
  const input = z.strictObject({ at: z.string().transform(Number), n: z.int().default(2) });
  const skill = defineSkill({
    tools: { a: { description: 'A', input, output: { type: 'number' }, run: ({ n }) => n } },
  });
  const [tool] = skill.listTools();
  expect(tool).toMatchObject({ name: 'a', description: 'A', output: '{"type":"number"}' });
  expect(JSON.parse(tool!.parameters)).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    properties: { at: { type: 'string' }, n: { type: 'integer', default: 2 } },
    required: ['at'],
    additionalProperties: false,
  });
});

it('run gets what the schema makes of the parameters, by its type', () => {
  const skill = defineSkill({
    tools: {
      t: {
        description: 'd',
        input: z.object({ at: z.string().transform(Number), n: z.int().default(2) }),
        run(parameters, { tool }) {
          expectTypeOf(parameters).toEqualTypeOf<{ at: number; n: number }>();
          return [parameters, tool];
        },
      },
    },
  });
  expect(JSON.parse(skill.invoke('t', '{"at":"7"}'))).toEqual([{ at: 7, n: 2 }, 't']);
});

it('takes a plain JSON Schema, and one with a type', () => {
  const schema = { type: 'object', properties: { n: { type: 'number' } } };
  const plain = skillOf(schema, ({ n }: { n: number }) => n + 1);
  expect(plain.invoke('t', '{"n":1}')).toBe('2');
  const typed = defineSkill({
    tools: {
      t: { description: 'd', input: jsonSchema<{ n: number }>(schema), run: ({ n }) => n * 2 },
    },
  });
  expect(typed.listTools()[0]!.parameters).toBe(JSON.stringify(schema));
  expect(typed.invoke('t', '{"n":4}')).toBe('8');
});

it('takes zod/mini with its JSON Schema beside it, and says so when that is missing', () => {
  const schema = mini.object({ n: mini.number().check(mini.minimum(3)) });
  expect(() => skillOf(schema, () => null)).toThrow('jsonSchema(z.toJSONSchema(schema), schema)');
  const skill = defineSkill({
    tools: {
      t: {
        description: 'd',
        input: jsonSchema(mini.toJSONSchema(schema), schema),
        run: ({ n }) => n,
      },
    },
  });
  expect(skill.invoke('t', '{"n":3}')).toBe('3');
  expect(thrownBy(() => skill.invoke('t', '{"n":2}'))).toMatchObject({ tag: 'invalid-parameters' });
});

it("leaves out the patterns of formats, which the host's expressions would refuse, and no other", () => {
  const skill = skillOf(z.object({ mail: z.email(), code: z.string().regex(/^a+$/) }), () => null);
  const { properties } = JSON.parse(skill.listTools()[0]!.parameters) as {
    properties: Record<string, object>;
  };
  expect(properties).toEqual({
    mail: { type: 'string', format: 'email' },
    code: { type: 'string', pattern: '^a+$' },
  });
  expect(thrownBy(() => skill.invoke('t', '{"mail":"x","code":"a"}'))).toMatchObject({
    tag: 'invalid-parameters',
    val: expect.stringContaining('mail: '),
  });
});

it.each([
  [
    new ToolError('gone', 'not there', { at: 1 }),
    { code: 'gone', message: 'not there', details: '{"at":1}' },
  ],
  [
    new TypeError('a bug'),
    {
      code: undefined,
      message: 'TypeError: a bug',
      details: expect.stringMatching(/^\{"stack":".*define\.test/),
    },
  ],
  ['text', { code: undefined, message: 'text', details: undefined }],
  [{ tag: 'x' }, { code: undefined, message: '{"tag":"x"}', details: undefined }],
])('%o becomes a failure', (thrown, val) => {
  const skill = skillOf({ type: 'object' }, () => {
    throw thrown;
  });
  expect(thrownBy(() => skill.invoke('t', '{}'))).toEqual({ tag: 'failed', val });
});

it('tells wrong parameters and unknown tools apart from failures', () => {
  const skill = skillOf({ type: 'object' }, () => {
    throw new InvalidParameters('a before b');
  });
  expect(thrownBy(() => skill.invoke('t', '{}'))).toEqual({
    tag: 'invalid-parameters',
    val: 'a before b',
  });
  expect(thrownBy(() => skill.invoke('u', '{}'))).toEqual({ tag: 'unknown-tool', val: 'u' });
});

it('a promise is an error that says what to do; nothing is null', () => {
  const later = skillOf({ type: 'object' }, () => Promise.resolve(1));
  expect(thrownBy(() => later.invoke('t', '{}'))).toMatchObject({
    val: { message: expect.stringContaining('return the value itself') },
  });
  const nothing = skillOf({ type: 'object' }, () => undefined);
  expect(nothing.invoke('t', '{}')).toBe('null');
});

it.each<[Record<string, unknown>, string]>([
  [{}, 'at least one tool'],
  [
    { 'no name': { description: '', input: { type: 'object' }, run: () => 1 } },
    'no name for a tool',
  ],
  [{ t: { description: '', input: z.string(), run: () => 1 } }, 'schema of an object'],
  [{ t: { description: '', input: { type: 'object' }, rnu: () => 1 } }, 'no function "run"'],
  [{ t: { input: { type: 'object' }, run: () => 1 } }, 'no "description"'],
])('refuses at build time: %o', (tools, problem) => {
  expect(() => defineSkill({ tools: tools as Record<string, never> })).toThrow(problem);
});
