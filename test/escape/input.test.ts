/** PRM-* and TOM-*: hostile parameters, schemas and manifests, through the whole engine. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probe, outcome } from '../guests/probe.ts';
import { type Bench, expectFailure, openBench } from './harness.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
  await bench.install('probe');
});
afterAll(() => bench[Symbol.asyncDispose]());

describe('PRM-01 keys that objects inherit are data', () => {
  it('reach the guest as they are, and pollute nothing', async () => {
    const args = JSON.parse('{"__proto__":{"polluted":1},"constructor":2,"toString":3}') as unknown;
    const code = 'return [Object.keys(args), args.constructor, args.toString, {}.polluted ?? null]';
    const result = await bench.engine.execute('probe', 'eval', { code, args });
    expect(outcome(result.value)).toEqual({
      value: [['__proto__', 'constructor', 'toString'], 2, 3, null],
    });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    const record = await bench.engine.audit.get(result.executionId);
    expect(JSON.stringify(record!.parameters)).toContain('"__proto__"');
  });

  it('do not satisfy "required"', async () => {
    const skill = await bench.install(
      'answer',
      '[skills.tools.run]\nparameters = [{ name = "toString", type = "string", required = true }]\n',
      'requires-to-string',
    );
    const result = await bench.engine.execute(skill, 'run', {});
    await expectFailure(bench.engine, result, 'INVALID_PARAMETERS');
    expect(result.error!.details).toMatchObject({ parameter: 'toString', rule: 'required' });
  });

  it('a getter, a proxy or a toJSON cannot change what was checked', async () => {
    let reads = 0;
    const shifty = {
      get code() {
        reads += 1;
        return reads === 1 ? 'return 1' : 'return 2';
      },
      args: null,
    };
    const result = await bench.engine.execute('probe', 'eval', shifty);
    await expectFailure(bench.engine, result, 'INVALID_PARAMETERS');
  });
});

describe('PRM-02 values that JSON cannot hold', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  let deep: unknown = 0;
  for (let level = 0; level < 100_000; level += 1) deep = [deep];
  it.each([
    ['a cycle', cycle],
    ['a function', { code: () => 1 }],
    ['infinity', { code: 'x', args: Infinity }],
    ['a bigint', { code: 'x', args: 1n }],
    ['half a surrogate pair', { code: '\ud800', args: null }],
    ['100 000 levels', { code: 'x', args: deep }],
    ['undefined inside a list', { code: 'x', args: [undefined] }],
    ['a class instance', { code: 'x', args: new Map() }],
  ])('%s is refused and recorded', async (_what, parameters) => {
    const result = await bench.engine.execute('probe', 'eval', parameters);
    await expectFailure(bench.engine, result, 'INVALID_PARAMETERS');
  });

  it('a tool may return what JSON.parse takes and nothing worse', async () => {
    const result = await bench.engine.execute(
      'probe',
      'eval',
      probe('let deep = 0; for (let i = 0; i < 500; i += 1) deep = [deep]; return deep'),
    );
    await expectFailure(bench.engine, result, 'RESULT_INVALID');
    await bench.soundSkillRuns();
  });
});

describe('PRM-03 patterns that hang a backtracking engine', () => {
  it.each(['(a+)+$', '^(([a-z])+.)+[A-Z]([a-z])+$', '(.*a){20}'])('%s', async (pattern) => {
    const skill = await bench.install(
      'answer',
      `[skills.tools.run]\nparameters = [{ name = "text", type = "string", pattern = ${JSON.stringify(pattern)} }]\n`,
      'pattern',
    );
    const result = await bench.engine.execute(skill, 'run', { text: `${'a'.repeat(50_000)}!` });
    expect(['INVALID_PARAMETERS', undefined]).toContain(result.error?.code);
  });

  it('a schema that refers to the network is refused at load', async () => {
    await expect(
      bench.install(
        'answer',
        '[skills.tools.run]\nschema = { "$ref" = "https://example.com/schema.json" }\n',
        'remote',
      ),
    ).rejects.toMatchObject({ code: 'SCHEMA_REFUSED' });
  });
});

describe('TOM-* manifests', () => {
  async function load(text: string | Uint8Array): Promise<string> {
    const folder = join(bench.folder, 'manifests');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'skill.toml'), text);
    return bench.engine.load(folder).then(
      () => 'loaded',
      (error: { code: string }) => error.code,
    );
  }
  const skill = '[[skills]]\nname = "a"\nruntime = "wasm"\ncomponent = "a.wasm"\n';

  it.each([
    ['TOM-01 a repeated key', `${skill}name = "b"\n`],
    ['TOM-01 a redefined table', `${skill}[skills.tools.a]\n[skills.tools.a]\n`],
    ['TOM-01 nesting', `x = ${'['.repeat(100_000)}`],
    ['TOM-01 a key of 100 000 segments', `${'a.'.repeat(100_000)}b = 1`],
    ['TOM-01 an integer of a million digits', `x = ${'9'.repeat(1_000_000)}`],
    ['TOM-01 NUL', `${skill}description = "\u0000"`],
    ['TOM-01 bytes that are not UTF-8', Uint8Array.from([0x78, 0x3d, 0x22, 0xff, 0x22])],
    ['TOM-01 2 MiB', `${skill}# ${'x'.repeat(2 * 1024 * 1024)}`],
  ])('%s', async (_what, text) => {
    expect(await load(text)).toBe('MANIFEST_SYNTAX');
  });

  it.each([
    ['TOM-02 grants by __proto__', `${skill}[skills.__proto__]\nfilesystem = ["read:/"]\n`],
    ['TOM-02 grants by constructor', `${skill}[skills.capabilities.constructor]\nread = ["/"]\n`],
    [
      'TOM-03 a misspelt grant',
      `${skill}[skills.capabilities.network]\nallowed_domain = ["a.b"]\n`,
    ],
    ['TOM-03 a zero-width key', `${skill}[skills.capabilities]\n"file\u200bsystem" = ["read:/"]\n`],
    ['TOM-03 a homoglyph key', `${skill}[skills.capabilities]\n"n\u0435twork" = "none"\n`],
    ['TOM-03 a text for a list', `${skill}[skills.capabilities]\nfilesystem = "read:/"\n`],
    ['TOM-03 a bare star', `${skill}[skills.capabilities.network]\nallowed_domains = ["*"]\n`],
  ])('%s', async (_what, text) => {
    expect(await load(text)).toBe('MANIFEST_INVALID');
  });
});
