/** Interfaces of the embedding program: granted by name, typed, bounded; and what happens when they fail. */
import { join } from 'node:path';
import { rmSync, writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createEngine,
  type Engine,
  type InterfaceCall,
  InterfaceError,
  MemoryAuditStore,
} from '../../packages/engine/src/index.ts';
import { buildScript } from './build.ts';
import { coreComponent } from './echo.ts';

const offered = `package app:db@1.0.0;
interface query {
  record row { id: u64, name: string, data: list<u8>, note: option<string> }
  variant failure { busy, wrong(string) }
  find: func(name: string, limit: u32) -> list<row>;
  run: func(sql: string) -> result<u32, failure>;
  note: func(text: string) -> result<_, string>;
  odd: func() -> u8;
  wait: func() -> u8;
}`;

const world = (body: string) => `package test:asks;
world guest {
  import app:db/query@1.0.0;
  export find: func(name: string) -> string;
  export run: func(sql: string) -> string;
  export note: func(text: string) -> string;
  export odd: func() -> u8;
  export wait: func() -> u8;
  export flood: func(times: u32) -> u32;
}
${body}`;

const script = `import db from 'app:db/query@1.0.0';
const tell = (call) => { try { return JSON.stringify(call()); } catch (error) { return 'threw ' + JSON.stringify(error.payload ?? error); } };
export const find = (name) => tell(() => db.find(name, 2).map((row) => [Number(row.id), row.name, row.data.length, row.note ?? null]));
export const run = (sql) => tell(() => db.run(sql));
export const note = (text) => tell(() => db.note(text));
export const odd = () => db.odd();
export const wait = () => db.wait();
export const flood = (times) => { let sum = 0; for (let n = 0; n < times; n += 1) sum += db.run('x'); return sum; };
`;

/** Calls of a flood; more for a long run. */
const FLOOD = Number(process.env['INTERFACE_CALLS'] ?? '3000');

const folder = mkdtempSync(join(tmpdir(), 'interfaces-'));
const calls: InterfaceCall[] = [];
const aborted: string[] = [];
let engine: Engine;
let component: string;

/** What `odd` does, test by test. */
let behave: () => unknown = () => 256;

/** What `find` gives instead, test by test. */
let found: unknown;

const implementation = {
  find: async (name: string, limit: number, call: InterfaceCall) => {
    calls.push(call);
    if (found !== undefined) return found;
    return [{ id: 7n, name: `${name} ${limit}`, data: new Uint8Array(3), note: undefined }];
  },
  run(sql: string) {
    if (sql === 'busy') throw new InterfaceError({ tag: 'busy' });
    if (sql === 'bug') throw new Error(`secret of ${folder}`);
    if (sql === 'lie') return 'many';
    if (sql === 'again') {
      const again = engine.execute('asks', 'run', { sql: 'inner' });
      return again.then((result) => Number(result.value));
    }
    return sql.length;
  },
  note() {
    throw new Error(`secret of ${folder}`);
  },
  odd: () => behave(),
  wait: (call: InterfaceCall) =>
    new Promise((resolve) => {
      call.signal.addEventListener('abort', () => {
        aborted.push(call.executionId);
        resolve(0);
      });
    }),
};

const body = offered.replace('app:db@1.0.0;', 'app:db@1.0.0 {').concat('\n}');
const interfaces = { 'app:db/query@1.0.0': { wit: offered, implementation } };

function manifest(name: string, lines: string): string {
  const path = join(folder, `${name}.toml`);
  writeFileSync(path, `[skill]\nname = "${name}"\ncomponent = "x"\n${lines}`);
  return path;
}

beforeAll(async () => {
  engine = await createEngine({ home: folder, audit: new MemoryAuditStore(), interfaces });
  component = await buildScript('asks', world(body), script);
  const lines = '[skill.capabilities]\ninterfaces = ["app:db/query@1.0.0"]\n';
  await engine.load(component, { manifest: manifest('asks', lines), grant: 'declared' });
  await engine.load(component, { manifest: manifest('undeclared', ''), grant: 'declared' });
  await engine.load(component, { manifest: manifest('ungranted', lines), grant: 'none' });
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});

describe('a granted interface', () => {
  it('answers with values of its types, and knows who asks', async () => {
    const result = await engine.execute('asks', 'find', { name: 'ada' }, { user: 'grace' });
    expect(result).toMatchObject({ ok: true, value: '[[7,"ada 2",3,null]]' });
    const [call] = calls;
    expect(call).toMatchObject({
      skill: 'asks',
      tool: 'find',
      user: 'grace',
      executionId: result.executionId,
    });
    expect(call!.signal.aborted).toBe(true);
    expect(result.interfaceCalls).toEqual([
      { interface: 'app:db/query@1.0.0', function: 'find', count: 1 },
    ]);
    const record = await engine.audit.get(result.executionId);
    expect(record?.host_calls).toBeGreaterThan(0);
    expect(record?.interface_calls).toEqual(result.interfaceCalls);
  });

  it('called ever so often, is one entry of the record', async () => {
    const result = await engine.execute('asks', 'flood', { times: FLOOD });
    expect(result).toMatchObject({ ok: true, value: FLOOD });
    const record = await engine.audit.get(result.executionId);
    expect(record).toMatchObject({
      interface_calls: [{ interface: 'app:db/query@1.0.0', function: 'run', count: FLOOD }],
    });
    expect(JSON.stringify(record).length).toBeLessThan(2000);
  });

  it('has err cases by its types', async () => {
    expect(await engine.execute('asks', 'run', { sql: 'four' })).toMatchObject({ value: '4' });
    expect(await engine.execute('asks', 'run', { sql: 'busy' })).toMatchObject({
      value: 'threw {"tag":"busy"}',
    });
  });

  it('tells the guest of a failure nothing but that', async () => {
    const note = await engine.execute('asks', 'note', { text: 'x' });
    expect(note).toMatchObject({ value: `threw "the host's implementation failed"` });
    const bug = await engine.execute('asks', 'run', { sql: 'bug' });
    expect(bug).toMatchObject({ ok: false, error: { code: 'HOST_INTERFACE_FAILED' } });
    expect(JSON.stringify([note, bug, await engine.audit.get(bug.executionId)])).not.toContain(
      'secret of',
    );
    expect(!bug.ok && (bug.error.cause as Error).message).toContain('secret of');
  });

  it('cannot give what is not of its types', async () => {
    for (const [tool, parameters] of [
      ['run', { sql: 'lie' }],
      ['odd', {}],
    ] as const) {
      behave = () => 256;
      const result = await engine.execute('asks', tool, parameters);
      expect(result).toMatchObject({ ok: false, error: { code: 'HOST_INTERFACE_FAILED' } });
    }
  });

  it('is covered by the time limit, which aborts its signal', async () => {
    const result = await engine.execute('asks', 'wait', {}, { limits: { timeoutMs: 300 } });
    expect(result).toMatchObject({ ok: false, error: { code: 'TIMEOUT' } });
    expect(aborted).toContain(result.executionId);
    // What was called before the guest was ended is known all the same.
    expect((await engine.audit.get(result.executionId))?.interface_calls).toEqual([
      { interface: 'app:db/query@1.0.0', function: 'wait', count: 1 },
    ]);
    expect(await engine.execute('asks', 'run', { sql: 'next' })).toMatchObject({ ok: true });
  });
});

describe('an implementation that misbehaves', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const trapped = new Proxy(new Error('x'), {
    getPrototypeOf() {
      throw new Error(`secret of ${folder}`);
    },
  });
  const throws = (what: unknown) => () => {
    throw what;
  };
  const payload = new InterfaceError(1);
  Object.defineProperty(payload, 'payload', { get: throws(new Error('no payload')) });
  const cases: [string, () => unknown][] = [
    ['throws nothing', throws(undefined)],
    ['throws null', throws(null)],
    ['throws an object without a prototype', throws(Object.create(null))],
    ['throws a revoked proxy', throws(proxy)],
    ['throws a proxy that throws', throws(trapped)],
    ['throws a symbol', throws(Symbol('x'))],
    ['throws an error case where the type has none', throws(new InterfaceError('x'))],
    ['throws an error case that throws', throws(payload)],
    ['rejects with a revoked proxy', () => Promise.reject(proxy as Error)],
    ['returns a revoked proxy', () => proxy],
    [
      'returns a thenable that throws',
      () => ({
        // oxlint-disable-next-line unicorn/no-thenable -- that is the point
        get then() {
          throw trapped;
        },
      }),
    ],
    ['returns nothing', () => undefined],
    ['returns a function', () => () => 1],
    ['returns a number beyond the type', () => 256],
    ['returns a bigint beyond the type', () => 2n ** 70n],
    ['returns what only converts to a number', () => ({ valueOf: () => 1 })],
  ];
  it.each(cases)('that %s ends the invocation, and nothing else', async (_, action) => {
    behave = action;
    const result = await engine.execute('asks', 'odd', {});
    expect(result).toMatchObject({ ok: false, error: { code: 'HOST_INTERFACE_FAILED' } });
    expect(JSON.stringify(await engine.audit.get(result.executionId))).not.toContain('secret of');
    behave = () => 7;
    expect(await engine.execute('asks', 'odd', {})).toMatchObject({ ok: true, value: 7 });
  });

  it('that answers more than a mebibyte ends the invocation', async () => {
    for (const huge of [
      [{ id: 1n, name: 'x'.repeat(2 ** 20), data: new Uint8Array() }],
      [{ id: 1n, name: 'x', data: new Uint8Array(2 ** 20) }],
      Array.from({ length: 100_000 }, () => ({ id: 1n, name: '', data: new Uint8Array() })),
      Object.assign([], { length: 2 ** 32 - 1 }),
    ]) {
      found = huge;
      const result = await engine.execute('asks', 'find', { name: 'x' });
      expect(result).toMatchObject({ ok: false, error: { code: 'HOST_INTERFACE_FAILED' } });
    }
    found = undefined;
  });

  it('that calls the engine again gets an answer; where it waits for its own place, until the time limit', async () => {
    const nested = await engine.execute('asks', 'run', { sql: 'again' });
    expect(nested).toMatchObject({ ok: true, value: '5' });
    const lines =
      '[skill.capabilities]\ninterfaces = ["app:db/query@1.0.0"]\n[skill.resources]\nconcurrency = 1\n';
    await using alone = await createEngine({
      home: folder,
      audit: new MemoryAuditStore(),
      interfaces: {
        'app:db/query@1.0.0': {
          wit: offered,
          implementation: {
            ...implementation,
            run: () => alone.execute('alone', 'run', { sql: 'inner' }).then(() => 1),
          },
        },
      },
    });
    await alone.load(component, { manifest: manifest('alone', lines), grant: 'declared' });
    const options = { limits: { timeoutMs: 500 } };
    const blocked = await alone.execute('alone', 'run', { sql: 'outer' }, options);
    expect(blocked).toMatchObject({ ok: false, error: { code: 'TIMEOUT' } });
  });
});

describe('versions', () => {
  const inner = (version: string) => `package app:db@${version};
interface query { odd: func() -> u8; }`;
  const load = async (imported: string, offeredVersions: readonly string[]) => {
    const name = `app:db/query@${imported}`;
    const given = offeredVersions.map((version, index) => [
      `app:db/query@${version}`,
      { wit: inner(version), implementation: { odd: () => index + 1 } },
    ]);
    await using versions = await createEngine({
      home: folder,
      audit: new MemoryAuditStore(),
      interfaces: Object.fromEntries(given) as typeof interfaces,
    });
    const wit = `package test:versions;
world guest { import ${name}; export odd: func() -> u8; }
${inner(imported).replace(';', ' {')} }`;
    const wat = `(module (import "${name}" "odd" (func $odd (result i32)))
      (func (export "odd") (result i32) (call $odd)))`;
    const path = join(folder, 'versions.wasm');
    writeFileSync(path, await coreComponent(wat, wit, 'guest'));
    const lines = `[skill.capabilities]\ninterfaces = ["${name}"]\n`;
    await versions.load(path, { manifest: manifest('versions', lines), grant: 'declared' });
    return await versions.execute('versions', 'odd');
  };

  it('an import is answered by the newest compatible version, and counted under its own', async () => {
    expect(await load('1.2.0', ['1.0.3', '1.10.0', '2.0.0'])).toMatchObject({
      ok: true,
      value: 2,
      interfaceCalls: [{ interface: 'app:db/query@1.2.0', function: 'odd', count: 1 }],
    });
  });

  it('an import of another major version is refused at load', async () => {
    await expect(load('1.0.0', ['2.0.0'])).rejects.toMatchObject({
      code: 'COMPONENT_IMPORT_UNKNOWN',
    });
  });
});

describe('an interface that is not granted', () => {
  it('is never called; the denial has the lines that would allow it', async () => {
    const before = calls.length;
    for (const skill of ['undeclared', 'ungranted']) {
      const result = await engine.execute(skill, 'find', { name: 'ada' });
      expect(result).toMatchObject({
        ok: false,
        error: { code: 'CAPABILITY_DENIED' },
        denials: [{ code: 'INTERFACE_NOT_GRANTED', resource: 'app:db/query@1.0.0' }],
      });
    }
    const { denials } = await engine.execute('undeclared', 'find', { name: 'ada' });
    expect(denials[0]!.allow.join('\n')).toContain('interfaces = ["app:db/query@1.0.0"]');
    expect(calls.length).toBe(before);
  });

  it('loads to be looked at where the engine does not offer it, and every call ends the invocation', async () => {
    await using bare = await createEngine({
      home: join(folder, 'looking'),
      audit: new MemoryAuditStore(),
    });
    const lines = '[skill.capabilities]\ninterfaces = ["app:db/query@1.0.0"]\n';
    const looked = { manifest: manifest('looked', lines), missingInterfaces: 'deny' } as const;
    const [skill] = await bare.load(component, looked);
    expect(skill!.tools.map(({ name }) => name)).toContain('find');
    expect(await bare.execute('looked', 'find', { name: 'x' })).toMatchObject({
      error: { code: 'CAPABILITY_DENIED' },
    });
    await bare.load(component, { ...looked, grant: 'declared' });
    expect(await bare.execute('looked', 'find', { name: 'x' })).toMatchObject({
      error: { code: 'HOST_INTERFACE_FAILED', message: expect.stringContaining('There is no') },
      interfaceCalls: [],
    });
  });

  it('is refused at load where the engine does not offer it, or with other types', async () => {
    await using bare = await createEngine({
      home: join(folder, 'bare'),
      audit: new MemoryAuditStore(),
    });
    await expect(bare.load(component)).rejects.toMatchObject({ code: 'COMPONENT_IMPORT_UNKNOWN' });
    const wit = offered.replace('limit: u32', 'limit: u64');
    await using other = await createEngine({
      home: join(folder, 'other'),
      audit: new MemoryAuditStore(),
      interfaces: { 'app:db/query@1.0.0': { wit, implementation } },
    });
    await expect(other.load(component)).rejects.toMatchObject({
      code: 'COMPONENT_IMPORT_UNKNOWN',
      message: expect.stringContaining('find, with other types'),
    });
  });
});

describe('an offer that cannot be kept is refused at once', () => {
  it.each([
    ['another name', { 'app:db/other@1.0.0': { wit: offered, implementation } }, 'cannot be read'],
    ['wasi', { 'wasi:db/query@1.0.0': { wit: offered, implementation } }, 'not be one of wasi'],
    [
      'no function',
      { 'app:db/query@1.0.0': { wit: offered, implementation: {} } },
      'no function find',
    ],
    [
      'an inherited function',
      {
        'app:db/query@1.0.0': {
          wit: 'package app:db@1.0.0; interface query { to-string: func() -> string; }',
          implementation: {},
        },
      },
      'no function toString',
    ],
    [
      'a resource',
      {
        'app:db/query@1.0.0': {
          wit: 'package app:db@1.0.0; interface query { resource r; f: func() -> r; }',
          implementation: { f: () => 1 },
        },
      },
      'a resource',
    ],
  ])('%s', async (_, given, message) => {
    const options = { home: folder, audit: new MemoryAuditStore(), interfaces: given };
    await expect(createEngine(options)).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringContaining(message),
    });
  });
});
