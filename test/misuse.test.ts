/** Programs that use the library wrongly are told so at once, with a code and the way out; nothing is taken for something else. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine, type Engine, MemoryAuditStore } from '../packages/engine/src/index.ts';
import { buildGuest } from './guests/build.ts';

const folder = mkdtempSync(join(tmpdir(), 'misuse-'));
const wit = 'package app:db@1.0.0; interface query { f: func(); }';
const unreadable = new Proxy(
  {},
  {
    ownKeys() {
      throw new Error('not for you');
    },
  },
);

/** Stands for it in the titles of tests, which are made by looking at the values. */
const UNREADABLE = 'what cannot be read';
const real = (value: unknown) => (value === UNREADABLE ? unreadable : value);

let engine: Engine;
let audit: MemoryAuditStore;
let path: string;
beforeAll(async () => {
  audit = new MemoryAuditStore();
  engine = await createEngine({ home: folder, audit });
  path = await buildGuest('answer');
  await engine.load(path);
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});

const refused = (message: RegExp) => ({
  code: 'INVALID_OPTIONS',
  message: expect.stringMatching(message),
});

describe('createEngine', () => {
  it.each<[unknown, RegExp]>([
    [null, /must be an object/],
    ['home', /must be an object/],
    [[], /must be an object/],
    [UNREADABLE, /cannot be read/],
    [{ ceilings: [] }, /no "ceilings"; did you mean "ceiling"/],
    [{ something: 1 }, /no "something"; they are home, audit, /],
    [{ home: 5 }, /"home"; it must be a string/],
    [{ audit: {} }, /"audit"; it must be an object with begin, finish/],
    [{ durability: 'never' }, /"durability"; it must be one of power, process/],
    [{ ceiling: 'everything' }, /ceiling/],
    [{ environment: 'PATH' }, /"environment"/],
    [{ tls: { ca: 'pem' } }, /"tls"; it must be an object whose ca is an array/],
    [{ credentials: {} }, /"credentials"; it must be an object with get/],
    [{ interfaces: 5 }, /"interfaces"/],
    [{ interfaces: { 'app:db/query@1.0.0': null } }, /must have wit, a text, and implementation/],
    [{ interfaces: { 'app:db/query@1.0.0': { wit, implementation: null } } }, /must have wit/],
    [{ isolation: { level: 'none' } }, /isolation\.level/],
    [{ isolation: 'process' }, /isolation/],
    [{ hooks: {} }, /"hooks"; it must be an array/],
    [{ hooks: [null] }, /"hooks"/],
    [{ onAsk: 'yes' }, /"onAsk"; it must be a function/],
    [{ telemetry: 5 }, /"telemetry"/],
    [{ trust: 'trusted' }, /"trust"; it must be an object/],
    [{ trust: { minimum: 'best' } }, /minimum is one of trusted, third_party, untrusted/],
  ])('%j', async (options, message) => {
    const state = { home: folder, audit };
    const isObject = typeof options === 'object' && options !== null && !Array.isArray(options);
    const given = isObject ? { ...state, ...options } : real(options);
    await expect(createEngine(given as never)).rejects.toMatchObject(refused(message));
  });

  it('options that are undefined are as if they were absent', async () => {
    const options = { home: folder, audit, ceiling: undefined, hooks: undefined } as never;
    await using made = await createEngine(options);
    expect(made.tools()).toEqual([]);
  });
});

describe('load', () => {
  it.each<[unknown, unknown, RegExp]>([
    [undefined, {}, /takes a path, .*; it was given undefined\. Give the path as a string/],
    [null, {}, /given null/],
    [5, {}, /given a number/],
    [{}, {}, /given another object/],
    [['a.wasm'], {}, /given an array: load one after the other/],
    [new URL('file:///a.wasm'), {}, /given a URL\. .*fileURLToPath/],
    ['', {}, /an empty path\. A skill is a folder with a skill\.toml.* folder is "\."/],
    [' \n', {}, /a path of white space only\. A skill is/],
    ['x', null, /must be an object/],
    ['x', { grants: 'none' }, /no "grants"; did you mean "grant"/],
    ['x', { manifest: 5 }, /"manifest"; it must be a string/],
    ['x', { only: 5 }, /"only"; it must be a string/],
    ['x', { limits: 5 }, /"limits"; it must be an object/],
    ['x', { limits: { fuel: 'much' } }, /"fuel" is much/],
    ['x', { limits: { fuels: 1 } }, /no limit "fuels"/],
    ['x', { config: 'a' }, /"config"; it must be an object/],
    ['x', { config: { a: 1 } }, /config\.a must be a string/],
    ['x', { grant: 'all' }, /grant.*"all".*"declared", "none"/],
    ['x', { trust: 'best' }, /trust levels are/],
    ['x', UNREADABLE, /cannot be read/],
  ])('%j, %j', async (skill, options, message) => {
    const named = skill === 'x' ? path : skill;
    await expect(engine.load(named as never, real(options) as never)).rejects.toMatchObject(
      refused(message),
    );
    expect(await engine.execute('answer', 'run')).toMatchObject({ ok: true });
  });
});

describe('load, of a path that is no skill', () => {
  const at = (name: string) => join(folder, name);
  beforeAll(() => {
    for (const name of ['empty', 'instructions', 'built']) mkdirSync(at(name));
    writeFileSync(at('instructions/SKILL.md'), '---\nname: instructions\n---\n');
    writeFileSync(at('built/b.wasm'), '');
    writeFileSync(at('cut.wasm'), '');
    writeFileSync(at('main.py'), 'print(1)\n');
  });

  it.each<[string, string, RegExp]>([
    ['nowhere', 'MANIFEST_NOT_FOUND', /no file or folder ".*nowhere"\. A skill is a folder/],
    ['nowhere ', 'MANIFEST_NOT_FOUND', /nowhere "\. It begins or ends with white space/],
    ['n'.repeat(9000), 'MANIFEST_NOT_FOUND', /^.{0,600}$/],
    ['empty', 'MANIFEST_NOT_FOUND', /The folder ".*empty" has neither .*`skill new`/],
    ['instructions', 'MANIFEST_NOT_FOUND', /instructions \(SKILL\.md\): createSkillTools/],
    ['built', 'MANIFEST_NOT_FOUND', /name the file itself: ".*built\/b\.wasm"/],
    ['cut.wasm', 'COMPONENT_MALFORMED', /the file ".*cut\.wasm" is empty\. Build it again/],
    ['main.py', 'COMPONENT_MALFORMED', /main\.py" does not begin as WebAssembly.*`skill build`/],
    ['instructions/SKILL.md', 'COMPONENT_MALFORMED', /skill of instructions: createSkillTools/],
  ])('%s: %s', async (name, code, message) => {
    await expect(engine.load(at(name))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ['answer', /installed skill, load what findInstalled finds/],
    ['https://example.com/a.tgz', /This is a URL: install the package first/],
    ['file:///a.wasm', /This is a URL: .*fileURLToPath/],
    ['a\0b', /no file or folder "a\\u0000b"/],
  ])('%s', async (named, message) => {
    await expect(engine.load(named)).rejects.toMatchObject({
      code: 'MANIFEST_NOT_FOUND',
      message: expect.stringMatching(message),
    });
  });
});

describe('execute', () => {
  const execute = (...args: unknown[]) =>
    (engine.execute as (...args: unknown[]) => Promise<unknown>).apply(engine, args);
  it.each<[unknown[], RegExp]>([
    [[], /name of a skill, not undefined/],
    [[null, null], /name of a skill, not null/],
    [[Symbol('answer'), 'run'], /name of a skill, not symbol/],
    [[{ toString: () => 'answer' }, 'run'], /name of a skill, not object/],
    [['answer'], /name of a tool, not undefined/],
    [['answer', 'run', {}, null], /must be an object/],
    [['answer', 'run', {}, 5], /must be an object/],
    [['answer', 'run', {}, UNREADABLE], /cannot be read/],
    [['answer', 'run', {}, { timeoutMs: 5 }], /no "timeoutMs"; they are user, caller/],
    [['answer', 'run', {}, { signals: 1 }], /did you mean "signal"/],
    [['answer', 'run', {}, { signal: {} }], /"signal"; it must be an object with addEventListener/],
    [['answer', 'run', {}, { limits: null }], /"limits"/],
    [['answer', 'run', {}, { limits: { timeoutMs: Infinity } }], /"timeoutMs" is Infinity/],
  ])('%o', async (args, message) => {
    const before = (await audit.query({})).records.length;
    await expect(execute(...args.map(real))).rejects.toMatchObject(refused(message));
    expect((await audit.query({})).records.length).toBe(before);
  });
});
