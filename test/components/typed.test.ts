/** Components of any type: their functions are tools. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, expectFailure, openBench } from '../escape/harness.ts';
import { buildScript } from './build.ts';
import { coreComponent } from './echo.ts';

const wit = `package test:calc@1.0.0;
interface math {
  variant problem { by-zero, other(string) }
  record point { x: f64, y: f64, label: option<string> }
  add: func(a: u32, b: u32) -> u32;
  divide: func(a: s64, b: s64) -> result<s64, problem>;
  move: func(%from: point, by: tuple<f64, f64>) -> point;
  loud: func(text: string) -> result<_, string>;
  nested: func(value: option<option<u8>>) -> option<option<u8>>;
  flood: func(count: u32) -> list<u32>;
  delete: func() -> bool;
}
world guest {
  export math;
  export greet: func(name: string, title: option<string>) -> string;
}`;

const script = `
export const math = {
  add: (a, b) => a + b,
  divide(a, b) { if (b === 0) throw { tag: 'by-zero' }; return Math.trunc(a / b); },
  move: ({ x, y, label }, [dx, dy]) => ({ x: x + dx, y: y + dy, label }),
  loud(text) { throw text; },
  nested: (value) => value,
  flood: (count) => new Uint32Array(count),
  delete: () => true,
};
export const greet = (name, title) => 'Hello, ' + (title ? title + ' ' : '') + name;
`;

let bench: Bench;
let calc: string;
beforeAll(async () => {
  bench = await openBench();
  calc = await bench.installFile(await buildScript('calc', wit, script), 'calc');
});
afterAll(() => bench[Symbol.asyncDispose]());

const run = (tool: string, parameters: unknown) => bench.engine.execute(calc, tool, parameters);

describe('tools', () => {
  it('are all exported functions, of interfaces and of the world', () => {
    const tools = bench.engine.tools().filter(({ skill }) => skill === calc);
    expect(tools.map(({ name }) => name).toSorted()).toEqual([
      'greet',
      'math_add',
      'math_delete',
      'math_divide',
      'math_flood',
      'math_loud',
      'math_move',
      'math_nested',
    ]);
    const schema = (name: string) => tools.find((tool) => tool.name === name)?.parameters;
    expect(schema('greet')).toEqual({
      type: 'object',
      properties: {
        name: { type: 'string' },
        title: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      },
      required: ['name'],
      additionalProperties: false,
    });
    expect(schema('math_add')).toMatchObject({
      properties: { a: { type: 'integer', minimum: 0, maximum: 4_294_967_295 } },
    });
  });

  it('take and return JSON', async () => {
    expect(await run('math_add', { a: 40, b: 2 })).toMatchObject({ ok: true, value: 42 });
    expect(await run('greet', { name: 'Ada' })).toMatchObject({ value: 'Hello, Ada' });
    expect(await run('greet', { name: 'Ada', title: 'Countess' })).toMatchObject({
      value: 'Hello, Countess Ada',
    });
    const moved = await run('math_move', { from: { x: 1, y: 2 }, by: [0.5, -2] });
    expect(moved).toMatchObject({ ok: true, value: { x: 1.5, y: 0, label: null } });
    expect(await run('math_delete', {})).toMatchObject({ ok: true, value: true });
  });

  it('return the ok case of a result as their value; the err case is TOOL_FAILED with it as details', async () => {
    expect(await run('math_divide', { a: '-9223372036854775808', b: 2 })).toMatchObject({
      ok: true,
      value: '-4611686018427387904',
    });
    await expectFailure(bench.engine, await run('math_divide', { a: 1, b: 0 }), 'TOOL_FAILED');
    expect(await run('math_divide', { a: 1, b: 0 })).toMatchObject({
      error: { message: 'by-zero', details: { toolDetails: { tag: 'by-zero' } } },
    });
    expect(await run('math_loud', { text: 'no more' })).toMatchObject({
      error: { message: 'no more', details: { toolDetails: 'no more' } },
    });
  });

  it('tell none, some of none and some of some apart', async () => {
    for (const value of [null, { some: null }, { some: 7 }]) {
      expect(await run('math_nested', { value })).toMatchObject({ ok: true, value });
    }
  });
});

describe('values that are not of the types', () => {
  it.each([
    ['math_add', { a: -1, b: 0 }],
    ['math_add', { a: 2 ** 32, b: 0 }],
    ['math_add', { a: 1.5, b: 0 }],
    ['math_add', { a: 1 }],
    ['math_add', { a: 1, b: 2, c: 3 }],
    ['math_divide', { a: '9223372036854775808', b: 1 }],
    ['math_divide', { a: 2 ** 60, b: 1 }],
    ['math_divide', { a: '1e3', b: 1 }],
    ['math_nested', { value: 7 }],
    ['math_nested', { value: { some: 256 } }],
    ['math_move', { from: { x: 1, y: 2, __proto__: null, toString: 1 }, by: [1, 2] }],
    ['math_move', { from: { x: 1, y: 2 }, by: [1] }],
    ['greet', { name: '\ud800' }],
  ])('are refused before a sandbox exists: %s %j', async (tool, parameters) => {
    const result = await run(tool, parameters);
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'INVALID_PARAMETERS' },
      fuelUsed: null,
    });
  });

  it('a list whose JSON would be larger than the output ends as OUTPUT_LIMIT', async () => {
    await expectFailure(
      bench.engine,
      await run('math_flood', { count: 4_000_000 }),
      'OUTPUT_LIMIT',
    );
  });
});

describe('a manifest', () => {
  it('narrows what the types allow, and describes', async () => {
    const name = await bench.installFile(
      await buildScript('calc', wit, script),
      'narrowed',
      `[skills.tools.math_add]\ndescription = "Adds small numbers."\nparameters = [{ name = "a", type = "integer", required = true, max = 9 }, { name = "b", type = "integer", required = true }]\n`,
    );
    const tool = bench.engine.tools().find((one) => one.skill === name && one.name === 'math_add');
    expect(tool?.description).toBe('Adds small numbers.');
    const tooLarge = await bench.engine.execute(name, 'math_add', { a: 10, b: 1 });
    expect(tooLarge).toMatchObject({ error: { code: 'INVALID_PARAMETERS' } });
    // What the manifest's schema lets through still has to be of the types.
    const negative = await bench.engine.execute(name, 'math_add', { a: 1, b: -1 });
    expect(negative).toMatchObject({
      error: { code: 'INVALID_PARAMETERS', details: { parameter: 'b', rule: 'wit' } },
    });
  });
});

describe('what cannot be a tool', () => {
  const load = async (name: string, world: string, wat = '(module)', more = '') => {
    const path = join(bench.folder, `${name}.wasm`);
    const source = `package test:refused;\n${more}\nworld guest { ${world} }`;
    writeFileSync(path, await coreComponent(wat, source, 'guest'));
    return bench.engine.load(path);
  };

  it('a resource of the guest is refused, with each function that needs it', async () => {
    const more = 'interface things { resource thing { poke: func(); } make: func() -> thing; }';
    const wat = `(module
      (func (export "test:refused/things#[method]thing.poke") (param i32))
      (func (export "test:refused/things#make") (result i32) unreachable)
      (memory (export "memory") 1))`;
    await expect(load('resource', 'export things;', wat, more)).rejects.toMatchObject({
      code: 'COMPONENT_UNSUPPORTED',
      message: expect.stringMatching(/things\.\[method\]thing\.poke[^]*things\.make[^]*resource/),
    });
  });

  it('an HTTP server is refused as one', async () => {
    const path = join(bench.folder, 'server.wasm');
    const source = `package test:server;
world guest { export wasi:http/incoming-handler@0.2.0; }
package wasi:http@0.2.0 {
  interface types { resource incoming-request; resource response-outparam; }
  interface incoming-handler {
    use types.{incoming-request, response-outparam};
    handle: func(request: incoming-request, response-out: response-outparam);
  }
}`;
    const wat = `(module (func (export "wasi:http/incoming-handler@0.2.0#handle") (param i32 i32)))`;
    writeFileSync(path, await coreComponent(wat, source, 'guest'));
    await expect(bench.engine.load(path)).rejects.toMatchObject({
      code: 'COMPONENT_UNSUPPORTED',
      message: expect.stringMatching(/HTTP server.*incoming-handler@0\.2\.0.*calls tools/u),
    });
  });

  it.each([
    ['list<u8, 4>', /f: it needs a list of fixed length\nIn place of list<T, N>, use list<T>/u],
    ['map<string, u8>', /f: it needs a map\nIn place of map<K, V>, use list<tuple<K, V>>/u],
    ['error-context', /error contexts.*WASI 0\.2.*without/u],
    ['stream<u8>', /asynchronous type.*WASI 0\.2.*without asynchronous functions and streams/u],
    ['future<u8>', /asynchronous type.*WASI 0\.2.*without asynchronous functions and streams/u],
    [`${'option<'.repeat(65)}u8${'>'.repeat(65)}`, /nested too deeply\nFlatten them/u],
  ])('%s is refused, with a way out', async (type, message) => {
    const wat = `(module (memory (export "memory") 1) (func (export "f") (result i32) unreachable)
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable))`;
    await expect(load('newer', `export f: func() -> ${type};`, wat)).rejects.toMatchObject({
      code: 'COMPONENT_UNSUPPORTED',
      message: expect.stringMatching(message),
    });
  });

  it('a component without a function is refused', async () => {
    await expect(load('empty', '')).rejects.toMatchObject({
      code: 'COMPONENT_UNSUPPORTED',
      message: expect.stringContaining('exports no function'),
    });
  });
});

it('doc comments of WIT become descriptions', async () => {
  const docs = { worlds: {}, interfaces: { math: { funcs: { add: 'Adds two numbers.' } } } };
  const body = Buffer.concat([
    Buffer.from('\x0cpackage-docs\x00'),
    Buffer.from(JSON.stringify(docs)),
  ]);
  const component = readFileSync(await buildScript('calc', wit, script));
  const path = join(bench.folder, 'documented.wasm');
  writeFileSync(path, Buffer.concat([component, Buffer.from([0, body.length]), body]));
  const [skill] = await bench.engine.load(path);
  expect(skill!.tools.find(({ name }) => name === 'math_add')?.description).toBe(
    'Adds two numbers.',
  );
});
