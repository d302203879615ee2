import { describe, expect, test } from 'vitest';
import { type Given, buildParameters } from './parameters.ts';

const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    name: { type: 'string' },
    count: { type: 'integer' },
    ratio: { type: 'number' },
    deep: { type: 'boolean' },
    dry_run: { type: 'boolean' },
    tags: { type: 'array', items: { type: 'string' } },
    sizes: { type: 'array', items: { type: 'integer' } },
    options: { type: 'object' },
    maybe: { type: ['string', 'null'] },
    either: { anyOf: [{ type: 'integer' }, { type: 'string' }] },
    level: { enum: ['low', 'high'] },
    far: { $ref: '#/$defs/far' },
    any: {},
  },
  $defs: { far: { type: 'integer' } },
} as const;

function build(
  flags: [string, string | undefined][],
  more: Partial<Given> = {},
  of: unknown = schema,
) {
  return buildParameters(
    {
      base: undefined,
      assignments: [],
      rest: undefined,
      ...more,
      flags: flags.map(([name, value]) => ({ name, value })),
    },
    of as never,
    ['timeout', 'json'],
  );
}

describe('a text becomes what the schema asks for', () => {
  test.each([
    ['name', '7', '7'],
    ['name', 'true', 'true'],
    ['count', '-7', -7],
    ['ratio', '2.5e3', 2500],
    ['deep', 'true', true],
    ['deep', 'false', false],
    ['sizes', '[1,2]', [1, 2]],
    ['sizes', '3', [3]],
    ['tags', 'a,b', ['a,b']],
    ['tags', '["a"]', ['a']],
    ['options', '{"a":[1]}', { a: [1] }],
    ['maybe', 'null', null],
    ['maybe', 'x', 'x'],
    ['either', '12', 12],
    ['either', 'x12', 'x12'],
    ['either', '99999999999999999999', '99999999999999999999'],
    ['level', 'low', 'low'],
    ['far', '5', 5],
    ['any', '{"a":1}', { a: 1 }],
    ['any', 'plain', 'plain'],
    ['any', '99999999999999999999', '99999999999999999999'],
  ])('%s = %s', (name, text, value) => {
    expect(build([[name, text]])).toEqual({ [name]: value });
  });
});

test.each([
  ['count', '1.5'],
  ['count', '9007199254740993'],
  ['ratio', 'many'],
  ['ratio', '"1"'],
  ['deep', 'yes'],
  ['options', '[1]'],
  ['options', '{'],
])('a text that does not fit stays a text, for the engine to refuse: %s = %s', (name, text) => {
  expect(build([[name, text]])).toEqual({ [name]: text });
});

test('booleans need no value, and may be denied', () => {
  expect(
    build([
      ['deep', undefined],
      ['no-dry-run', undefined],
    ]),
  ).toEqual({
    deep: true,
    dry_run: false,
  });
  expect(() => build([['name', undefined]])).toThrow('"name" needs a value');
});

test('repetition makes arrays, and nothing else', () => {
  expect(
    build([
      ['sizes', '1'],
      ['sizes', '2'],
    ]),
  ).toEqual({ sizes: [1, 2] });
  expect(() =>
    build([
      ['count', '1'],
      ['count', '2'],
    ]),
  ).toThrow('"count" takes one value, 2 are given');
});

test('single parameters win over --params', () => {
  const base = { count: 1, name: 'a' };
  expect(build([['count', '2']], { base })).toEqual({ count: 2, name: 'a' });
  expect(build([], { base })).toEqual(base);
  expect(build([], { base: [1] })).toEqual([1]);
  expect(() => build([['count', '2']], { base: [1] })).toThrow('--params is not a JSON object');
});

test('a name that the tool does not have is refused, with the one that was meant', () => {
  expect(() => build([['cuont', '2']])).toThrow('Did you mean --count?');
  expect(() => build([['jsno', undefined]])).toThrow('Did you mean --json?');
  expect(build([], { assignments: [{ name: 'cuont', value: '2' }] })).toEqual({ cuont: 2 });
});

test('a tool that says nothing of its parameters takes any', () => {
  expect(
    build(
      [
        ['a', '1'],
        ['b', 'x'],
      ],
      {},
      true,
    ),
  ).toEqual({ a: 1, b: 'x' });
  expect(build([['a', '1']], {}, { properties: {}, additionalProperties: true })).toEqual({ a: 1 });
});

test('hostile names are members like others', () => {
  const value = build([['__proto__', '{"polluted":true}']], {}, true) as object;
  expect(Object.hasOwn(value, '__proto__')).toBe(true);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  const base = JSON.parse('{"__proto__":{"a":1}}') as never;
  expect(JSON.stringify(build([['x', '1']], { base }, true))).toBe('{"__proto__":{"a":1},"x":1}');
});

test('hostile schemas are only read as data', () => {
  const loop = { properties: { a: { $ref: '#/properties/a' } } };
  expect(build([['a', '1']], {}, loop)).toEqual({ a: 1 });
  const away = { properties: { a: { $ref: 'https://example.com/x' } } };
  expect(build([['a', '1']], {}, away)).toEqual({ a: 1 });
  const inherited = { properties: { a: { $ref: '#/__proto__/constructor' } } };
  expect(build([['a', '1']], {}, inherited)).toEqual({ a: 1 });
  let nested: unknown = { type: 'integer' };
  for (let depth = 0; depth < 1000; depth += 1) nested = { anyOf: [nested] };
  expect(build([['a', '1']], {}, { properties: { a: nested } })).toEqual({ a: 1 });
  const wide = {
    $defs: Object.fromEntries(
      Array.from({ length: 10 }, (_, index) => [
        `d${index}`,
        { anyOf: Array.from({ length: 64 }, () => ({ $ref: `#/$defs/d${index + 1}` })) },
      ]),
    ),
    properties: { a: { $ref: '#/$defs/d0' } },
  };
  Object.assign(wide.$defs, { d10: { type: 'string' } });
  expect(build([['a', '1']], {}, wide)).toEqual({ a: 1 });
});

test('arguments after -- are the parameter args', () => {
  expect(build([], { rest: ['-x', 'a b'] })).toEqual({ args: ['-x', 'a b'] });
  expect(() => build([], { rest: ['a'], assignments: [{ name: 'args', value: 'b' }] })).toThrow(
    'both as a parameter and after --',
  );
});
