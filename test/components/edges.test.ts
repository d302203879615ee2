/** Values at the edges of every type, through a component and back; each as the reference of JSON and WIT says. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, openBench } from '../escape/harness.ts';
import { echoComponent, type EchoType } from './echo.ts';

const range = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);
const nested = (wrap: string, levels: number, inner: string): string =>
  levels === 0 ? inner : nested(wrap, levels - 1, `${wrap}<${inner}>`);
const wrapped = (levels: number, inner: unknown): unknown =>
  levels === 0 ? inner : wrapped(levels - 1, { some: inner });

/** Type, declarations, values that come back as they are, and values that come back as another of their forms. */
type Row = readonly [
  reference: string,
  declarations: string,
  same: readonly unknown[],
  other?: readonly (readonly [given: unknown, back: unknown])[],
];

const rows: readonly Row[] = [
  [
    'f64',
    '',
    ['NaN', 'Infinity', '-Infinity', '-0', 0, 5e-324, Number.MAX_VALUE, 2 ** 53, 1e21, -0.1],
    [[-0, 0]],
  ],
  [
    'f32',
    '',
    ['NaN', 'Infinity', '-Infinity', '-0', 2 ** -149, 3.4028234663852886e38, 16_777_216],
    [
      [-0, 0],
      [0.1, Math.fround(0.1)],
      [1e-60, 0],
    ],
  ],
  [
    'u64',
    '',
    ['0', '18446744073709551615', '9007199254740993'],
    [[2 ** 53 - 1, '9007199254740991']],
  ],
  ['s64', '', ['-9223372036854775808', '9223372036854775807', '-1'], [[-0, '0']]],
  ['u32', '', [0, 4_294_967_295], [[-0, 0]]],
  ['s8', '', [-128, 127]],
  ['char', '', ['\u0000', '\u{10ffff}', '\ud7ff', '\ue000', '\uffff', '\ufeff', '😀']],
  [
    'string',
    '',
    ['', '\ufeffwith a mark', '\u0000', '😀\u{10ffff}', '__proto__', '"\\\n', 'é'.repeat(400_000)],
  ],
  ['option<option<u8>>', '', [null, { some: null }, { some: 7 }]],
  [nested('option', 60, 'u8'), '', [null, wrapped(30, null), wrapped(59, null), wrapped(59, 7)]],
  ['result', '', [{ ok: null }, { err: null }]],
  ['result<u8>', '', [{ ok: 255 }, { err: null }]],
  ['result<_, string>', '', [{ ok: null }, { err: '' }]],
  ['result<option<u8>, option<u8>>', '', [{ ok: null }, { ok: 1 }, { err: null }, { err: 0 }]],
  [
    'wide',
    `variant wide { ${range(299, 'c')
      .map((name, index) => (index % 2 === 0 ? name : `${name}(u64)`))
      .join(', ')}, last(string) }`,
    [{ tag: 'c0' }, { tag: 'c1', val: '1' }, { tag: 'c256' }, { tag: 'last', val: 'x' }],
  ],
  ['names', `enum names { ${range(300, 'n').join(', ')} }`, ['n0', 'n255', 'n256', 'n299']],
  [
    'bits',
    `flags bits { ${range(32, 'b').join(', ')} }`,
    [[], range(32, 'b'), ['b31'], ['b0', 'b8', 'b16']],
  ],
  [
    'many',
    `record many { ${range(60, 'field')
      .map((name) => `${name}: u8`)
      .join(', ')} }`,
    [Object.fromEntries(range(60, 'field').map((name, index) => [name, index]))],
  ],
  ['tuple<u8, list<list<u8>>, tuple<char>>', '', [[1, ['AAE=', ''], ['😀']]]],
];

let bench: Bench;
let skill: string;
beforeAll(async () => {
  bench = await openBench();
  const types = rows.map(([reference, declarations]): EchoType => ({ reference, declarations }));
  const path = join(bench.folder, 'edges.wasm');
  writeFileSync(path, await echoComponent(types));
  skill = (await bench.engine.load(path))[0]!.name;
});
afterAll(() => bench[Symbol.asyncDispose]());

it.each(rows.map((row, index) => [row[0].slice(0, 40), index] as const))('%s', async (_, index) => {
  const [, , same, other = []] = rows[index]!;
  const values = [...same, ...other.map(([given]) => given)];
  const result = await bench.engine.execute(skill, `types_echo-${index}`, { values });
  expect(result.ok || result.error).toBe(true);
  expect(result.value).toEqual([...same, ...other.map(([, back]) => back)]);
});

describe('values beyond the edges', () => {
  const at = (type: string) => rows.findIndex(([reference]) => reference === type);
  const polluted = JSON.parse('{ "__proto__": 1, "ok": 1 }') as unknown;
  it.each([
    ['f64', 'nan'],
    ['f64', '1'],
    ['f64', null],
    ['f32', 3.5e38],
    ['u64', '18446744073709551616'],
    ['u64', '-1'],
    ['u64', '01'],
    ['u64', '-0'],
    ['u64', ' 1'],
    ['u64', 2 ** 53],
    ['s64', '9223372036854775808'],
    ['s64', '+1'],
    ['u32', -1],
    ['u32', '1'],
    ['s8', 128],
    ['s8', 1.5],
    ['char', ''],
    ['char', 'ab'],
    ['char', 'e\u0301'],
    ['char', '\ud800'],
    ['string', '\udc00a'],
    ['string', 1],
    ['option<option<u8>>', 7],
    ['option<option<u8>>', {}],
    ['option<option<u8>>', { some: 1, more: 2 }],
    ['result', {}],
    ['result', { ok: null, err: null }],
    ['result', { ok: 1 }],
    ['result<u8>', { ok: null }],
    ['result<u8>', polluted],
    ['wide', { tag: 'c300' }],
    ['wide', { tag: 'c0', val: null }],
    ['wide', { tag: 'c1' }],
    ['wide', 'c0'],
    ['names', 'toString'],
    ['names', 0],
    ['bits', ['b32']],
    ['bits', { b0: true }],
    ['many', []],
    ['tuple<u8, list<list<u8>>, tuple<char>>', [1, ['AAE'], ['a']]],
    ['tuple<u8, list<list<u8>>, tuple<char>>', [1, ['AAF='], ['a']]],
    ['tuple<u8, list<list<u8>>, tuple<char>>', [1, [], ['a'], 2]],
  ])('%s refuses %j', async (type, value) => {
    const call = bench.engine.execute(skill, `types_echo-${at(type)}`, { values: [value] });
    expect(await call).toMatchObject({ error: { code: 'INVALID_PARAMETERS' }, fuelUsed: null });
  });
});
