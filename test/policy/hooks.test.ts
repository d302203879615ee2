/** Hooks around a real engine, and what tries to get past them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  artefactReview,
  concurrency,
  createEngine,
  MemoryAuditStore,
  rateLimits,
  readOnly,
  type EngineOptions,
  type ExecutionResult,
  type Hook,
  type HookCall,
} from '../../packages/engine/src/index.ts';
import { buildGuest } from '../guests/build.ts';
import { probe } from '../guests/probe.ts';

const folder = mkdtempSync(join(tmpdir(), 'skill-policy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const out = join(folder, 'out');
mkdirSync(out);
const manifest = join(folder, 'probe.toml');
writeFileSync(
  manifest,
  `[skill]\nname = "probe"\ncomponent = "x"\ncapabilities = { filesystem = ["write:${out}"] }\n`,
);

async function open(options: EngineOptions) {
  const engine = await createEngine({
    home: join(folder, 'home'),
    audit: new MemoryAuditStore(),
    ...options,
  });
  await engine.load('skills-wasm/text-stats');
  const loadProbe = async () =>
    engine.load(await buildGuest('probe'), { manifest, grant: 'declared' });
  const count = (text = 'one two', more = {}) =>
    engine.execute('text-stats', 'count-text', { text }, { user: 'ada', ...more });
  const records = async () => (await engine.audit.query({})).records;
  return { engine, loadProbe, count, records, [Symbol.asyncDispose]: () => engine.close() };
}

const fails = (result: ExecutionResult) => (result.ok ? 'ok' : result.error.code);
const named = (before: unknown, after?: unknown, timeoutMs = 200): Hook =>
  ({
    name: 'tested',
    timeoutMs,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  }) as Hook;

describe('before', () => {
  const attackers: Record<string, unknown> = {
    throws: () => {
      throw new Error('secret of the hook');
    },
    rejects: () => Promise.reject(new Error('secret of the hook')),
    'never returns': () => new Promise(() => {}),
    'returns nothing': () => undefined,
    'returns true': () => true,
    'returns a word': () => 'allow',
    'returns an unknown decision': () => ({ decision: 'permit' }),
    'returns an inherited decision': () => ({ decision: 'toString' }),
    'returns allow with something more': () => ({ decision: 'allow', unless: 'no' }),
    'returns an accessor': () =>
      Object.defineProperty({}, 'decision', { get: () => 'allow', enumerable: true }),
    'denies without a reason': () => ({ decision: 'deny' }),
    'asks nobody': () => ({ decision: 'ask', question: 'may it?' }),
    'rewrites to what the schema refuses': () => ({ decision: 'rewrite', parameters: { text: 1 } }),
    'rewrites to what is no JSON': () => ({ decision: 'rewrite', parameters: { text: () => 1 } }),
    'changes what it was given': (call: { parameters: { text: string } }) => {
      call.parameters.text = 'changed';
      return { decision: 'deny', reason: call.parameters.text };
    },
  };

  it('denies whatever a hook does wrong, in the record too', async () => {
    await using bench = await open({
      hooks: [
        named((call: HookCall) => (attackers[call.user!] as (one: HookCall) => unknown)(call)),
      ],
    });
    for (const user of Object.keys(attackers)) {
      const result = await bench.count('one two', { user });
      expect([user, fails(result)]).toEqual([user, 'POLICY_DENIED']);
      expect(result.error?.message).not.toContain('secret of the hook');
      expect((await bench.engine.audit.query({ user })).records).toMatchObject([
        {
          status: 'denied',
          error_code: 'POLICY_DENIED',
          fuel_used: null,
          parameters: { text: 'one two' },
        },
      ]);
    }
  });

  it('runs in order, and what hooks get is a copy for each', async () => {
    const seen: unknown[] = [];
    const hook = (name: string): Hook => ({
      name,
      before: ({ signal: _signal, ...call }) => {
        seen.push([name, (call.parameters as { text: string }).text]);
        Object.assign(call.parameters as object, { text: 'changed' });
        Object.assign(call.effective.filesystem, { grants: [{ path: '/', access: 'read-write' }] });
        return { decision: 'allow' };
      },
    });
    await using bench = await open({ hooks: [hook('first'), hook('second')] });
    expect(await bench.count()).toMatchObject({ ok: true, value: { words: 2 } });
    expect(seen).toEqual([
      ['first', 'one two'],
      ['second', 'one two'],
    ]);
    const { engine, loadProbe } = bench;
    await loadProbe();
    expect(
      await engine.execute(
        'probe',
        'eval',
        probe('return wasi.filesystem.preopens.getDirectories().length'),
      ),
    ).toMatchObject({ ok: true });
  });

  it('rewrites what runs and what is recorded, with the digest of what was given', async () => {
    await using bench = await open({
      hooks: [named(() => ({ decision: 'rewrite', parameters: { text: 'a b c' } }))],
    });
    expect(await bench.count('one')).toMatchObject({ ok: true, value: { words: 3 } });
    const [record] = await bench.records();
    expect(record).toMatchObject({
      parameters: { text: 'a b c' },
      caller: {
        'engine:policy': {
          rewritten_by: ['tested'],
          given_parameters_digest: bench.engine.audit.digest({ text: 'one' }),
        },
      },
    });
    await expect(bench.count('one', { caller: { 'engine:policy': {} } })).rejects.toThrow(
      'only the engine writes',
    );
  });

  it('asks the embedder, and only true allows', async () => {
    let answer: unknown = true;
    await using bench = await open({
      hooks: [named(() => ({ decision: 'ask', question: 'count words?' }))],
      onAsk: ({ question }) => (question === 'count words?' ? answer : false) as boolean,
    });
    expect(fails(await bench.count())).toBe('ok');
    for (answer of [false, 1, 'yes', undefined, {}]) {
      expect(fails(await bench.count())).toBe('POLICY_DENIED');
    }
  });

  it('cannot be skipped by the caller, nor by changing the options later', async () => {
    const hooks = [named(() => ({ decision: 'deny', reason: 'closed' }))];
    await using bench = await open({ hooks });
    const hook = hooks.pop()!;
    Object.assign(hook, { before: () => ({ decision: 'allow' }) });
    for (const more of [{ hooks: [] }, { policy: false }, { onAsk: () => true }]) {
      await expect(bench.count('one', more)).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    }
    const inherited = { __proto__: { hooks: [] } };
    expect(fails(await bench.count('one', inherited))).toBe('POLICY_DENIED');
  });

  it('a caller that gives up, and an engine that closes, end the waiting', async () => {
    const bench = await open({ hooks: [named(() => new Promise(() => {}), undefined, 60_000)] });
    expect(fails(await bench.count('one', { signal: AbortSignal.abort() }))).toBe('CANCELLED');
    const waiting = bench.count();
    await bench.engine.close();
    expect(fails(await waiting)).toBe('CANCELLED');
  });

  it.each([
    [{ name: 'Bad Name', before: () => ({ decision: 'allow' }) }],
    [{ name: 'empty' }],
    [{ name: 'no-code', before: 'allow' }],
    [{ name: 'forever', before: () => ({ decision: 'allow' }), timeoutMs: Infinity }],
  ])('refuses an engine with a hook that cannot work: %j', async (hook) => {
    const options = { home: join(folder, 'home'), audit: new MemoryAuditStore(), hooks: [hook] };
    await expect(createEngine(options as EngineOptions)).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
    });
  });
});

describe('after', () => {
  const attackers: Record<string, unknown> = {
    throws: () => {
      throw new Error('no');
    },
    'never returns': () => new Promise(() => {}),
    'answers nonsense': () => 'fine',
    'redacts what is not there': () => ({ decision: 'redact', message: 'x' }),
    withholds: () => ({ decision: 'withhold', reason: 'not today' }),
  };

  it('withholds the result whatever a hook does wrong, in the record too', async () => {
    await using bench = await open({
      hooks: [named(undefined, (call: HookCall) => (attackers[call.user!] as () => unknown)())],
    });
    for (const user of Object.keys(attackers)) {
      const result = await bench.count('one two', { user });
      expect(result).toMatchObject({ ok: false, stdout: '', stderr: '' });
      expect([user, fails(result)]).toEqual([user, 'POLICY_DENIED']);
      expect(JSON.stringify(result)).not.toContain('words');
      const [record] = (await bench.engine.audit.query({ user })).records;
      expect(record).toMatchObject({ status: 'denied', error_code: 'POLICY_DENIED' });
      expect(record!.fuel_used).toBeGreaterThan(0);
    }
  });

  it('redacts, and changing what it was given changes nothing', async () => {
    await using bench = await open({
      hooks: [
        named(undefined, () => ({ decision: 'redact', value: { words: '[hidden]' } })),
        {
          name: 'inner',
          after: (_call, result) => {
            Object.assign(result.value as object, { words: 99 });
          },
        },
      ],
    });
    expect(await bench.count()).toMatchObject({ ok: true, value: { words: '[hidden]' } });
  });

  it('runs in reverse for every hook that was started, also when a later one denied', async () => {
    const seen: string[] = [];
    const hook = (name: string, decision: object): Hook =>
      ({
        name,
        before: () => decision,
        after: (_call: unknown, { error }: { error?: { code: string } }) => {
          seen.push(`${name} ${error?.code}`);
        },
      }) as unknown as Hook;
    await using bench = await open({
      hooks: [
        hook('one', { decision: 'allow' }),
        hook('two', { decision: 'deny', reason: 'no' }),
        hook('three', { decision: 'allow' }),
      ],
    });
    await bench.count();
    expect(seen).toEqual(['two POLICY_DENIED', 'one POLICY_DENIED']);
  });
});

describe('hooks that come with the engine', () => {
  it('a rate limit raced by 100 callers lets exactly so many through', async () => {
    await using bench = await open({
      hooks: [rateLimits({ rules: [{ count: 7, perMs: 3_600_000, per: 'user' }] })],
    });
    const results = await Promise.all(Array.from({ length: 100 }, () => bench.count('x')));
    expect(results.filter(({ ok }) => ok)).toHaveLength(7);
    expect(results.find(({ ok }) => !ok)?.error?.details).toMatchObject({
      retryAfterMs: expect.any(Number),
    });
    expect(fails(await bench.count('x', { user: 'grace' }))).toBe('ok');
  });

  it('concurrency: a bounded queue, and every slot comes back', async () => {
    let running = 0;
    let most = 0;
    await using bench = await open({
      hooks: [
        concurrency({ running: 2, waiting: 3 }),
        {
          name: 'gauge',
          before: async () => {
            most = Math.max(most, (running += 1));
            await new Promise(setImmediate);
            return { decision: 'allow' };
          },
          after: () => {
            running -= 1;
          },
        },
      ],
    });
    const results = await Promise.all(Array.from({ length: 20 }, () => bench.count('x')));
    expect(results.filter(({ ok }) => ok)).toHaveLength(5);
    expect(most).toBe(2);
    const again = await Promise.all(Array.from({ length: 5 }, () => bench.count('x')));
    expect(again.map(fails)).toEqual(Array(5).fill('ok'));
  });

  it('concurrency: who gave up waiting holds no place', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await using bench = await open({
      hooks: [
        concurrency({ running: 1, waiting: 1 }),
        {
          name: 'slow',
          before: async ({ parameters }) => {
            if ((parameters as { text: string }).text === 'slow') await held;
            return { decision: 'allow' };
          },
        },
      ],
    });
    const slow = bench.count('slow');
    const aborter = new AbortController();
    const waiting = bench.count('x', { signal: aborter.signal });
    aborter.abort();
    expect(fails(await waiting)).toBe('CANCELLED');
    const next = bench.count('x');
    release();
    expect([fails(await slow), fails(await next)]).toEqual(['ok', 'ok']);
  });

  it('read-only mode denies a skill that could write, whatever it does', async () => {
    await using bench = await open({ hooks: [readOnly()] });
    await bench.loadProbe();
    expect(fails(await bench.count())).toBe('ok');
    const result = await bench.engine.execute('probe', 'eval', probe('return 1'));
    expect(result.error).toMatchObject({ code: 'POLICY_DENIED' });
    expect(result.error?.message).toContain('write files');
  });

  it('artefact review withholds the result when infrastructure was written, and under another name too', async () => {
    const flagged: string[] = [];
    await using bench = await open({
      hooks: [
        artefactReview({
          onFlagged: (files) => void flagged.push(...files.map(({ path }) => path)),
        }),
      ],
    });
    await bench.loadProbe();
    const write = (name: string, renamed = name) =>
      bench.engine.execute(
        'probe',
        'eval',
        probe(
          `const [[root]] = wasi.filesystem.preopens.getDirectories();
           const file = root.openAt({}, args[0], { create: true }, { write: true });
           file.write(utf8.encode ? utf8.encode('x') : new Uint8Array(1), 0);
           if (args[1] !== args[0]) root.renameAt(args[0], root, args[1]);
           return 'done';`,
          [name, renamed],
        ),
      );
    const plain = await write('notes.txt');
    expect(plain).toMatchObject({
      ok: true,
      filesWritten: { paths: [join(out, 'notes.txt')], complete: true },
    });
    expect(fails(await write('main.tf'))).toBe('POLICY_DENIED');
    expect(fails(await write('harmless.txt', 'setup.sh'))).toBe('POLICY_DENIED');
    expect(flagged).toEqual([join(out, 'main.tf'), join(out, 'setup.sh')]);
  });
});
