/** The flat world of Kubiya's Skill Engine, and configuration values. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wasiSource } from '../../scripts/wit-source.ts';
import { type Bench, expectFailure, openBench } from '../escape/harness.ts';
import { buildScript } from './build.ts';
import { coreComponent } from './echo.ts';

const wit = `package skill-engine:skill-basic@1.0.0;
world guest {
  import get-config: func(key: string) -> option<string>;
  import get-all-config: func() -> list<tuple<string, string>>;
  export get-metadata: func() -> string;
  export get-tools: func() -> string;
  export execute-tool: func(tool-name: string, args: string) -> string;
  export validate-config: func(config: string) -> string;
}`;

const script = `
export const getMetadata = () => JSON.stringify({ name: 'flat', version: '1.0.0' });
export const getTools = () => JSON.stringify([
  { name: 'hello', description: 'Greets', parameters: [
    { name: 'name', paramType: 'string', description: 'Whom', required: true },
    { name: 'times', paramType: 'number', required: false, defaultValue: '1' } ] },
  { name: 'wrapped', description: '', parameters: [] },
  { name: 'plain', description: '', parameters: [] },
  { name: 'fails', description: '', parameters: [] },
  { name: 'errs', description: '', parameters: [] },
  { name: 'config', description: '', parameters: [{ name: 'key', paramType: 'string', required: true }] },
  { name: 'configs', description: '', parameters: [] },
]);
export function executeTool(tool, args) {
  const given = JSON.parse(args);
  const result = {
    hello: () => ({ success: true, output: 'Hello, ' + given.name, errorMessage: null }),
    wrapped: () => ({ ok: { success: true, output: 'inside', errorMessage: null } }),
    plain: () => [1, 2],
    fails: () => ({ success: false, output: '', errorMessage: 'out of luck' }),
    errs: () => ({ err: 'no such thing' }),
    config: () => ({ value: getConfig(given.key) ?? null }),
    configs: () => getAllConfig(),
  }[tool]();
  return JSON.stringify(result);
}
export function validateConfig(text) {
  const config = JSON.parse(text);
  const region = config.region?.value;
  if (region === 'trap') throw new Error('trapped');
  if (region === 'endless') for (;;);
  if (region === 'mute') return 'fine';
  if (region === 'both') return JSON.stringify({ ok: null, err: 'neither here nor there' });
  if (region === 'cookbook') return JSON.stringify({ ok: null, error: 'not what a host looks at' });
  if (region === 'what') return JSON.stringify({ err: text });
  if (region === undefined) return JSON.stringify({ err: 'region is missing' });
  if (region !== getConfig('region')) return JSON.stringify({ err: 'two configurations' });
  if (config.wanted !== undefined) {
    const wanted = config[config.wanted.value];
    if (wanted?.secret !== true || !wanted.value.startsWith('keyring://')) return JSON.stringify({ success: false, errorMessage: config.wanted.value + ' is missing' });
  }
  return JSON.stringify({ ok: null });
}
`;

let bench: Bench;
let flat: string;
let component: string;
beforeAll(async () => {
  bench = await openBench();
  const manifest = `[skills.config]\nregion = "eu"\nunits = "metric"\n`;
  component = await buildScript('flat', wit, script);
  flat = await bench.installFile(component, 'flat', manifest);
});
afterAll(() => bench[Symbol.asyncDispose]());

const run = (tool: string, parameters: unknown = {}) =>
  bench.engine.execute(flat, tool, parameters);

describe('a component of the flat world', () => {
  it('lists its tools with schemas from their parameters', () => {
    const tools = bench.engine.tools().filter(({ skill }) => skill === flat);
    expect(tools.map(({ name }) => name)).toContain('hello');
    expect(tools.find(({ name }) => name === 'hello')).toMatchObject({
      description: 'Greets',
      parameters: {
        properties: { name: { type: 'string', description: 'Whom' }, times: { type: 'number' } },
        required: ['name'],
      },
    });
  });

  it('runs them: the output, or the failure that the answer says', async () => {
    expect(await run('hello', { name: 'Ada' })).toMatchObject({ ok: true, value: 'Hello, Ada' });
    expect(await run('wrapped')).toMatchObject({ ok: true, value: 'inside' });
    expect(await run('plain')).toMatchObject({ ok: true, value: [1, 2] });
    await expectFailure(bench.engine, await run('fails'), 'TOOL_FAILED');
    expect(await run('fails')).toMatchObject({ error: { message: 'out of luck' } });
    expect(await run('errs')).toMatchObject({
      error: { code: 'TOOL_FAILED', message: 'no such thing' },
    });
    await expectFailure(bench.engine, await run('hello', {}), 'INVALID_PARAMETERS');
  });

  it('reads the configuration of its manifest, and only that', async () => {
    expect(await run('config', { key: 'region' })).toMatchObject({ value: { value: 'eu' } });
    expect(await run('config', { key: 'PATH' })).toMatchObject({ value: { value: null } });
    expect(await run('config', { key: '__proto__' })).toMatchObject({ value: { value: null } });
    expect(await run('configs')).toMatchObject({
      value: [
        ['region', 'eu'],
        ['units', 'metric'],
      ],
    });
  });
});

describe('validate-config', () => {
  const load = (config: Record<string, string>) =>
    bench.engine.load(component, { config, limits: { fuel: 50_000_000 } });

  it('accepts, or refuses the load with its reason', async () => {
    await expect(load({})).rejects.toMatchObject({
      code: 'CONFIG_REFUSED',
      message: expect.stringMatching(/region is missing.*\[skills\.config\]/u),
    });
    await expect(load({ region: 'eu', wanted: 'units' })).rejects.toMatchObject({
      code: 'CONFIG_REFUSED',
      message: expect.stringContaining('units is missing'),
    });
    const [loaded] = await load({ region: 'eu' });
    expect(loaded!.shape).toBe('flat');
  });

  it('gets what the flat world gives it: a value for each name, and whether it is secret', async () => {
    const given = JSON.stringify({
      region: { value: 'what', secret: false },
      units: { value: '1', secret: false },
    });
    await expect(load({ region: 'what', units: '1' })).rejects.toMatchObject({
      code: 'CONFIG_REFUSED',
      message: expect.stringContaining(given),
    });
  });

  it('is judged as there: by err alone, whatever stands beside it, and by being JSON', async () => {
    await expect(load({ region: 'both' })).rejects.toMatchObject({ code: 'CONFIG_REFUSED' });
    await expect(load({ region: 'mute' })).rejects.toMatchObject({
      code: 'CONFIG_REFUSED',
      message: expect.stringContaining('no JSON'),
    });
    await load({ region: 'cookbook' });
  });

  it('refuses where it does not answer', async () => {
    for (const region of ['trap', 'endless'])
      await expect(load({ region })).rejects.toMatchObject({ code: 'CONFIG_REFUSED' });
  });

  it('sees granted credentials by name, and no value', async () => {
    const credentials = `[skills.capabilities.credentials]\napi_key = { hosts = ["api.example.com"] }\n`;
    const config = `[skills.config]\nregion = "eu"\nwanted = "api_key"\n`;
    await bench.installFile(component, 'wants-key', credentials + config);
    await expect(bench.installFile(component, 'lacks-key', config)).rejects.toMatchObject({
      code: 'CONFIG_REFUSED',
      message: expect.stringContaining('api_key is missing'),
    });
  });
});

it('functions of the same names with other types are typed tools', async () => {
  const rich = `package skill-engine:skill@1.0.0;
world guest {
  record metadata { name: string }
  export get-metadata: func() -> metadata;
  export get-tools: func() -> list<string>;
  export execute-tool: func(tool-name: string, args: list<tuple<string, string>>) -> result<string, string>;
}`;
  const wat = `(module (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
    (func (export "get-metadata") (result i32) unreachable)
    (func (export "get-tools") (result i32) i32.const 16)
    (func (export "execute-tool") (param i32 i32 i32 i32) (result i32) unreachable))`;
  const path = join(bench.folder, 'rich.wasm');
  writeFileSync(path, await coreComponent(wat, rich, 'guest'));
  const [skill] = await bench.engine.load(path);
  expect(skill).toMatchObject({ shape: 'typed' });
  expect(skill!.tools.map(({ name }) => name)).toContain('execute-tool');
  expect(await bench.engine.execute(skill!.name, 'get-tools')).toMatchObject({ value: [] });
});

it('what a guest wrote before it failed to list its tools is told', async () => {
  const world = `package test:talkative;
world guest {
  import wasi:cli/stderr@0.2.12;
  export get-metadata: func() -> string;
  export get-tools: func() -> string;
  export execute-tool: func(tool-name: string, args: string) -> string;
}
${wasiSource()}`;
  const wat = `(module
    (import "wasi:cli/stderr@0.2.12" "get-stderr" (func $stderr (result i32)))
    (import "wasi:io/streams@0.2.12" "[method]output-stream.blocking-write-and-flush"
      (func $write (param i32 i32 i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 900) "\\0a expected a string, received [an object]\\0a  at line 1\\0a at 2\\0a at 3")
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
    (func (export "get-metadata") (result i32) unreachable)
    (func (export "get-tools") (result i32)
      (call $write (call $stderr) (i32.const 900) (i32.const 63) (i32.const 512)) unreachable)
    (func (export "execute-tool") (param i32 i32 i32 i32) (result i32) unreachable))`;
  const path = join(bench.folder, 'talkative.wasm');
  writeFileSync(path, await coreComponent(wat, world, 'guest'));
  await expect(bench.engine.load(path)).rejects.toMatchObject({
    code: 'COMPONENT_UNSUPPORTED',
    message: expect.stringMatching(
      /trapped.* It wrote: expected a string, received \[an object\] \/ at line 1 \/ at 2$/u,
    ),
  });
});

describe('wasi:config', () => {
  const storeWit = (version: string, name: string) => `package test:configured;
world guest {
  import wasi:config/${name}@${version};
  export read: func(key: string) -> option<string>;
  export count: func() -> u32;
}
package wasi:config@${version} {
  interface ${name} {
    variant error { upstream(string), io(string) }
    get: func(key: string) -> result<option<string>, error>;
    get-all: func() -> result<list<tuple<string, string>>, error>;
  }
}`;
  it.each([
    ['store', '0.2.0-rc.1'],
    ['store', '0.2.0-draft'],
    ['runtime', '0.2.0-draft'],
  ])('%s@%s gives the values of manifest and embedder', async (name, version) => {
    const source = `import store from 'wasi:config/${name}@${version}';
      export const read = (key) => store.get(key);
      export const count = () => store.getAll().length;`;
    const guest = await buildScript(`config-${name}`, storeWit(version, name), source);
    const [skill] = await bench.engine.load(guest, { config: { region: 'us' } });
    const value = await bench.engine.execute(skill!.name, 'read', { key: 'region' });
    expect(value).toMatchObject({ ok: true, value: 'us' });
    expect(await bench.engine.execute(skill!.name, 'read', { key: 'none' })).toMatchObject({
      value: null,
    });
    expect(await bench.engine.execute(skill!.name, 'count')).toMatchObject({ value: 1 });
  });
});
