/** Runtimes beside WebAssembly take the same road as components: a runtime that behaves, and one that does not. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  createEngine,
  MemoryAuditStore,
  MemoryCredentialStore,
  readOnly,
  Secret,
  SkillError,
  type Engine,
  type EngineOptions,
  type LoadOptions,
  type Runtime,
  type RuntimeCall,
  type RuntimeOutcome,
  type RuntimeSkill,
} from '../../packages/engine/src/index.ts';

let folder: string;
let audit: MemoryAuditStore;
let opened: RuntimeSkill[];
let calls: RuntimeCall[];
let closed: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runtimes-'));
  audit = new MemoryAuditStore();
  opened = [];
  calls = [];
  closed = 0;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const answer = (
  how: RuntimeOutcome['answer'],
  more: Partial<RuntimeOutcome> = {},
): RuntimeOutcome => ({
  answer: how,
  stdout: '',
  stderr: '',
  denials: [],
  memoryPeakBytes: null,
  ...more,
});

type Run = (call: RuntimeCall) => Promise<RuntimeOutcome>;

function runtime(run: Run, kind: Runtime['kind'] = 'native'): Runtime {
  return {
    kind,
    async open(skill) {
      opened.push(skill);
      return {
        sha256: 'ab'.repeat(32),
        layers: ['nothing'],
        tools: [{ name: 'run', description: 'Runs it.', schema: { type: 'object' } }],
        run: (call) => {
          calls.push(call);
          return run(call);
        },
        close: async () => void closed++,
      };
    },
  };
}

const native = `[skill]
name = "tool"
runtime = "native"
[skill.allowed_commands]
commands = ["true"]
`;

async function open(
  run: Run,
  {
    manifest = native,
    engine: options = {},
    load = {},
    kind = 'native',
  }: {
    manifest?: string;
    engine?: EngineOptions;
    load?: LoadOptions;
    kind?: Runtime['kind'];
  } = {},
): Promise<Engine> {
  const path = join(folder, 'skill.toml');
  await writeFile(path, manifest);
  const engine = await createEngine({
    home: join(folder, 'home'),
    audit,
    runtimes: [runtime(run, kind)],
    ...options,
  });
  try {
    await engine.load(path, { grant: 'declared', ...load });
    return engine;
  } catch (error) {
    await engine.close();
    throw error;
  }
}

const never: Run = ({ signal }) =>
  new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve(answer({ exitCode: 0 }, { stdout: 'so far' }))),
  );

test('a call is planned, judged and recorded like any other', async () => {
  const seen: string[] = [];
  await using engine = await open(async () => answer({ exitCode: 0 }, { stdout: 'fine' }), {
    manifest: `${native}[skill.tools.run]\nparameters = [{ name = "level", type = "integer", max = 3, default = 2 }]\n`,
    engine: {
      hooks: [
        {
          name: 'watch',
          before: ({ tool }) => {
            seen.push(tool);
            return { decision: 'allow' };
          },
        },
      ],
    },
  });
  const result = await engine.execute('tool', 'run', {}, { user: 'ada' });
  expect(result).toMatchObject({
    ok: true,
    value: { stdout: 'fine', stderr: '', exitCode: 0 },
    exitCode: 0,
    fuelUsed: null,
  });
  expect(calls[0]).toMatchObject({ tool: 'run', parameters: { level: 2 }, environment: [] });
  expect(seen).toEqual(['run']);
  const refused = await engine.execute('tool', 'run', { level: 4 });
  expect(refused).toMatchObject({ ok: false, error: { code: 'INVALID_PARAMETERS' } });
  expect(calls).toHaveLength(1);
  const { records } = await audit.query();
  expect(records).toMatchObject([
    { status: 'failure', error_code: 'INVALID_PARAMETERS' },
    { status: 'success', user: 'ada', component_sha256: 'ab'.repeat(32), exit_code: 0 },
  ]);
});

test('a policy of reading alone denies commands, and lets a container pass that cannot change anything', async () => {
  const manifests = {
    native,
    docker: '[skill]\nname = "tool"\nruntime = "docker"\nimage = "x:1"\n',
  };
  for (const [kind, ok] of [
    ['native', false],
    ['docker', true],
  ] as const) {
    await using engine = await open(async () => answer({ value: 1 }), {
      kind,
      manifest: manifests[kind],
      engine: { hooks: [readOnly()] },
    });
    expect(await engine.execute('tool', 'run')).toMatchObject(
      ok
        ? { ok }
        : { ok, error: { code: 'POLICY_DENIED', message: expect.stringContaining('commands') } },
    );
  }
});

test('what it is shows on the loaded skill', async () => {
  await using engine = await open(async () => answer({ value: null }));
  const [skill] = await engine.load(join(folder, 'skill.toml'));
  expect(skill).toMatchObject({
    runtime: 'native',
    shape: null,
    imports: [],
    isolation: { level: 'command', layers: ['nothing'] },
  });
});

test('without a grant it is loaded, to be looked at, and does not run', async () => {
  await using engine = await open(async () => answer({ value: null }), { load: { grant: 'none' } });
  const result = await engine.execute('tool', 'run');
  expect(result).toMatchObject({ ok: false, error: { code: 'CAPABILITY_DENIED' } });
  expect(calls).toEqual([]);
  expect((await audit.query()).records[0]).toMatchObject({ status: 'denied' });
});

test.each([
  ['a runtime that the engine was not given', native, { runtimes: [] }, {}, 'RUNTIME_UNSUPPORTED'],
  [
    'a placeholder that nobody would replace',
    `${native}[skill.capabilities.credentials]\ntoken = { hosts = ["a.example"] }\n`,
    {},
    {},
    'RUNTIME_UNSUPPORTED',
  ],
  [
    'an interface that it could not call',
    `${native}[skill.capabilities]\ninterfaces = ["app:db/query@1.0.0"]\n`,
    {},
    {},
    'RUNTIME_UNSUPPORTED',
  ],
  [
    'a machine that is not the one that commands would run on',
    native,
    { substitutes: { files: { root: '/tmp', baseDir: '/', home: '/' } } },
    {},
    'RUNTIME_UNSUPPORTED',
  ],
  [
    'commands where walls are required',
    native,
    { isolation: { os: 'required' } },
    {},
    'ISOLATION_UNAVAILABLE',
  ],
  ['commands of an untrusted skill', native, {}, { trust: 'untrusted' }, 'ISOLATION_UNAVAILABLE'],
  [
    'a tool that it does not have',
    `${native}[skill.tools.other]\ndescription = "x"\n`,
    {},
    {},
    'MANIFEST_INVALID',
  ],
] as const)('refuses at load: %s', async (_, manifest, engine, load, code) => {
  await expect(
    open(async () => answer({ value: null }), { manifest, engine, load }),
  ).rejects.toMatchObject({ code });
  expect(closed).toBe(opened.length);
});

test('an untrusted container is loaded: a container is a wall', async () => {
  const manifest = '[skill]\nname = "tool"\nruntime = "docker"\nimage = "x:1"\n';
  await using engine = await open(async () => answer({ value: 1 }), {
    manifest,
    kind: 'docker',
    load: { trust: 'untrusted' },
  });
  expect(await engine.execute('tool', 'run')).toMatchObject({ ok: true, value: 1 });
});

test('only what the rules let pass is in its environment, with what a credential is', async () => {
  const credentials = new MemoryCredentialStore();
  await credentials.set({ skill: 'tool', name: 'token' }, Secret.fromText('tok-3-7f8a9b'));
  await using engine = await open(
    async (call) => {
      const [, value] = call.environment.find(([name]) => name === 'token')!;
      return answer(
        { error: new SkillError('TOOL_FAILED', `no ${value}`, { details: { at: [value] } }) },
        { stdout: `is ${value}`, stderr: Buffer.from(value).toString('base64') },
      );
    },
    {
      manifest: `${native}[skill.capabilities]\nenvironment = { allowlist = ["REGION"] }\ncredentials = { token = { hosts = ["a.example"], exposure = "guest" } }\n`,
      engine: { credentials, environment: { REGION: 'eu', OTHER: 'x' } },
    },
  );
  const result = await engine.execute('tool', 'run');
  expect(calls[0]!.environment).toEqual([
    ['REGION', 'eu'],
    ['token', 'tok-3-7f8a9b'],
  ]);
  expect(calls[0]!.filterEnvironment({ REGION: 'us', OTHER: 'y' })).toEqual([['REGION', 'us']]);
  expect(result).toMatchObject({ ok: false, credentialsUsed: [{ name: 'token', host: null }] });
  const said = JSON.stringify([result, (await audit.query()).records]);
  expect(said).not.toContain('tok-3-7f8a9b');
  expect(said).not.toContain(Buffer.from('tok-3-7f8a9b').toString('base64'));
});

test('the time limit ends it, and what it printed so far stays', async () => {
  await using engine = await open(never);
  const result = await engine.execute('tool', 'run', {}, { limits: { timeoutMs: 50 } });
  expect(result).toMatchObject({ ok: false, error: { code: 'TIMEOUT' }, stdout: 'so far' });
  expect((await audit.query()).records[0]).toMatchObject({ status: 'timeout' });
});

test('the caller cancels, and closing the engine does', async () => {
  const engine = await open(never);
  const aborter = new AbortController();
  const first = engine.execute('tool', 'run', {}, { signal: aborter.signal });
  const second = engine.execute('tool', 'run');
  while (calls.length < 2) await sleep(1);
  aborter.abort();
  expect(await first).toMatchObject({ ok: false, error: { code: 'CANCELLED' } });
  await engine.close();
  expect(await second).toMatchObject({
    error: { code: 'CANCELLED', message: expect.stringContaining('closed') },
  });
  expect(closed).toBe(1);
});

test('a runtime that throws when it is told to end has ended', async () => {
  await using engine = await open(
    ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  );
  const result = await engine.execute('tool', 'run', {}, { limits: { timeoutMs: 20 } });
  expect(result).toMatchObject({ ok: false, error: { code: 'TIMEOUT' } });
});

test('a runtime that does not end when it is told to is given up', async () => {
  await using engine = await open(() => new Promise(() => {}));
  const aborter = new AbortController();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const running = engine.execute('tool', 'run', {}, { signal: aborter.signal });
    await vi.waitFor(() => expect(calls).toHaveLength(1));
    aborter.abort();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await running).toMatchObject({ ok: false, error: { code: 'CANCELLED' }, stdout: '' });
  } finally {
    vi.useRealTimers();
  }
});

test('no more calls wait than a bound', async () => {
  const engine = await open(never);
  const running = Array.from({ length: 4 + 1024 + 1 }, () => engine.execute('tool', 'run'));
  expect(await Promise.race(running)).toMatchObject({ error: { code: 'CONCURRENCY_LIMIT' } });
  await engine.close();
  const ends = (await Promise.all(running)).map((result) => (result.ok ? '' : result.error.code));
  expect(ends.filter((code) => code === 'CONCURRENCY_LIMIT')).toHaveLength(1);
  expect(calls).toHaveLength(4);
});

test('a runtime that fails is a flaw of the engine, and the next call works', async () => {
  let works = false;
  await using engine = await open(async () => {
    if (!works) throw new TypeError('no socket');
    return answer({ value: 'fine' });
  });
  expect(await engine.execute('tool', 'run')).toMatchObject({
    ok: false,
    error: { code: 'INTERNAL', message: 'no socket' },
  });
  works = true;
  expect(await engine.execute('tool', 'run')).toMatchObject({ ok: true, value: 'fine' });
});

test('no more of it run at once than the manifest says; the others wait in turn, or leave', async () => {
  const ends: (() => void)[] = [];
  await using engine = await open(
    () => new Promise((resolve) => ends.push(() => resolve(answer({ value: ends.length })))),
    { manifest: native.replace('runtime', 'resources = { concurrency = 2 }\nruntime') },
  );
  const aborter = new AbortController();
  const running = [1, 2, 3, 4].map((n) =>
    engine.execute('tool', 'run', {}, n === 3 ? { signal: aborter.signal } : {}),
  );
  while (ends.length < 2) await sleep(1);
  await sleep(20);
  expect(calls).toHaveLength(2);
  aborter.abort();
  expect(await running[2]).toMatchObject({ error: { code: 'CANCELLED' } });
  ends[0]!();
  await running[0];
  while (ends.length < 3) await sleep(1);
  expect(calls).toHaveLength(3);
  ends[1]!();
  ends[2]!();
  expect(await Promise.all([running[1], running[3]])).toMatchObject([{ ok: true }, { ok: true }]);
});

test('what is no JSON, and what is too much, is no result', async () => {
  let value: unknown = { at: 1n };
  await using engine = await open(async () => answer({ value: value as null }));
  expect(await engine.execute('tool', 'run')).toMatchObject({ error: { code: 'RESULT_INVALID' } });
  value = 'x'.repeat(200);
  expect(await engine.execute('tool', 'run', {}, { limits: { outputBytes: 100 } })).toMatchObject({
    error: { code: 'OUTPUT_LIMIT' },
  });
});

test('a skill that is loaded again has its session closed once what runs of it has ended', async () => {
  await using engine = await open(never);
  const aborter = new AbortController();
  const running = engine.execute('tool', 'run', {}, { signal: aborter.signal });
  while (calls.length < 1) await sleep(1);
  await engine.load(join(folder, 'skill.toml'), { grant: 'declared' });
  await sleep(10);
  expect(closed).toBe(0);
  aborter.abort();
  await running;
  await expect.poll(() => closed).toBe(1);
  expect(opened).toHaveLength(2);
});

test('a call that is over leaves no timer when the engine closes, which would keep the process', async () => {
  const engine = await open(async () => answer({ exitCode: 0 }));
  await engine.execute('tool', 'run', {});
  const set = vi.spyOn(globalThis, 'setTimeout');
  try {
    await engine.close();
    expect(set.mock.calls.filter(([, ms = 0]) => ms >= 10_000)).toEqual([]);
  } finally {
    set.mockRestore();
  }
});
