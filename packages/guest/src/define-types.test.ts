/** What `run` is given, by the type of `input`: held by the compiler, and seen to arrive so. */
import { expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { defineSkill, InvalidParameters, jsonSchema } from './index.ts';

const input = z.strictObject({
  count: z.int().default(3),
  maybe: z.string().optional(),
  level: z.enum(['low', 'high']),
  when: z.iso.date().transform((text) => new Date(text)),
  tags: z.record(z.string(), z.number()),
  nested: z.object({ deep: z.array(z.object({ a: z.boolean().nullable() })) }),
  shape: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('circle'), radius: z.number() }),
    z.object({ kind: z.literal('box'), size: z.tuple([z.number(), z.number()]) }),
  ]),
  either: z.union([z.string(), z.number()]),
});

const skill = defineSkill({
  tools: {
    zod: {
      description: 'd',
      input,
      run(p, { tool }) {
        expectTypeOf(p.count).toEqualTypeOf<number>();
        expectTypeOf(p.maybe).toEqualTypeOf<string | undefined>();
        expectTypeOf(p.level).toEqualTypeOf<'low' | 'high'>();
        expectTypeOf(p.when).toEqualTypeOf<Date>();
        expectTypeOf(p.tags).toEqualTypeOf<Record<string, number>>();
        expectTypeOf(p.nested.deep[0]!.a).toEqualTypeOf<boolean | null>();
        expectTypeOf(p.either).toEqualTypeOf<string | number>();
        expectTypeOf(p).not.toHaveProperty('nothing');
        expectTypeOf(tool).toEqualTypeOf<string>();
        if (p.shape.kind === 'circle') throw new InvalidParameters(`radius ${p.shape.radius}`);
        return { tool, count: p.count, year: p.when.getUTCFullYear(), width: p.shape.size[0] };
      },
    },
    plain: {
      description: 'd',
      input: { type: 'object', properties: { a: { type: 'string' } } },
      run(p) {
        expectTypeOf(p).toEqualTypeOf<Record<string, unknown>>();
        return p['a'] ?? null;
      },
    },
    typed: {
      description: 'd',
      input: jsonSchema<{ a: string; b?: number }>({ type: 'object' }),
      run({ a, b }) {
        expectTypeOf(a).toEqualTypeOf<string>();
        expectTypeOf(b).toEqualTypeOf<number | undefined>();
        return a.repeat(b ?? 2);
      },
    },
  },
});

const box = {
  level: 'low',
  when: '2026-01-01',
  tags: {},
  nested: { deep: [{ a: null }] },
  shape: { kind: 'box', size: [1, 2] },
  either: 1,
};

it.each([
  ['zod', box, { tool: 'zod', count: 3, year: 2026, width: 1 }],
  ['plain', { a: 'x' }, 'x'],
  ['typed', { a: 'x' }, 'xx'],
])('%s', (tool, parameters, value) => {
  expect(JSON.parse(skill.invoke(tool, JSON.stringify(parameters)))).toEqual(value);
});

it.each([
  ['an unknown choice', { ...box, level: 'mid' }, 'level: '],
  ['no such day', { ...box, when: 'x' }, 'when: '],
  ['another parameter', { ...box, nothing: 1 }, 'nothing'],
  ['what run refuses itself', { ...box, shape: { kind: 'circle', radius: 5 } }, 'radius 5'],
])('wrong parameters: %s', (_, parameters, problem) => {
  let thrown: unknown;
  try {
    skill.invoke('zod', JSON.stringify(parameters));
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({
    tag: 'invalid-parameters',
    val: expect.stringContaining(problem),
  });
});
