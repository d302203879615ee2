/** The engine under calls that come all at once, at the wrong moment, or while its parts fail. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Worker } from 'node:worker_threads';
import {
  createEngine,
  MemoryAuditStore,
  type AuditStore,
  type Engine,
} from '../../packages/engine/src/index.ts';
import { buildGuest } from '../guests/build.ts';
import { probe } from '../guests/probe.ts';

const workers = vi.hoisted((): Worker[] => []);
vi.mock('node:worker_threads', async (original) => {
  const real = await original<typeof import('node:worker_threads')>();
  return {
    ...real,
    Worker: class extends real.Worker {
      constructor(...args: ConstructorParameters<typeof real.Worker>) {
        super(...args);
        workers.push(this);
      }
    },
  };
});

let home: string;
let answer: string;
let loop: string;
let other: string;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'skill-engine-'));
  answer = await buildGuest('answer');
  loop = await buildGuest('loop-forever');
  other = await buildGuest('exit-failure');
});
afterAll(() => rmSync(home, { recursive: true }));

const open = (audit?: AuditStore): Promise<Engine> =>
  createEngine({ home, audit: audit ?? new MemoryAuditStore() });

async function load(engine: Engine, path: string): Promise<string> {
  const [skill] = await engine.load(path);
  return skill!.name;
}

/** Processes that any thread of this one has started and that have not ended. */
function children(): number[] {
  return readdirSync('/proc/self/task').flatMap((thread) => {
    try {
      const list = readFileSync(`/proc/self/task/${thread}/children`, 'utf8');
      return list.trim().split(' ').filter(Boolean).map(Number).filter(runs);
    } catch {
      return []; // The thread has ended.
    }
  });
}

function runs(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat[stat.lastIndexOf(')') + 2] !== 'Z';
  } catch {
    return false;
  }
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('many at once', () => {
  it('ENGINE-01 two hundred calls in parallel each get their own answer', async () => {
    await using engine = await open();
    const name = await load(engine, answer);
    const results = await Promise.all(
      Array.from({ length: 200 }, () => engine.execute(name, 'run')),
    );
    expect(results.filter(({ ok, value }) => ok && value === 42)).toHaveLength(200);
    expect(new Set(results.map(({ executionId }) => executionId)).size).toBe(200);
  });

  it('ENGINE-02 a skill that is replaced while it is called: every call ends as it should', async () => {
    await using engine = await open();
    const name = await load(engine, answer);
    const calls: Promise<unknown>[] = [];
    for (let round = 0; round < 5; round += 1) {
      for (let call = 0; call < 4; call += 1) calls.push(engine.execute(name, 'run'));
      calls.push(engine.load(answer).then(() => ({ ok: true, value: 42 })));
      // The record of an intent is written before the isolate is asked for.
      await Promise.resolve();
    }
    for (const result of await Promise.all(calls))
      expect(result).toMatchObject({ ok: true, value: 42 });
  });

  it('ENGINE-03 loads and calls together', async () => {
    await using engine = await open();
    const name = await load(engine, answer);
    const [, , ...results] = await Promise.all([
      engine.load(loop),
      engine.load(answer),
      ...Array.from({ length: 20 }, () => engine.execute(name, 'run')),
    ]);
    expect(results.every((result) => 'ok' in result && result.ok)).toBe(true);
  });
});

describe('closing', () => {
  it('ENGINE-10 during calls: all end as CANCELLED and are recorded', async () => {
    const audit = new MemoryAuditStore();
    const engine = await open(audit);
    const name = await load(engine, loop);
    const calls = Array.from({ length: 8 }, () => engine.execute(name, 'run'));
    await engine.close();
    for (const result of await Promise.all(calls)) {
      expect(result.error?.code).toBe('CANCELLED');
      expect(await audit.get(result.executionId)).toMatchObject({ status: 'cancelled' });
    }
  });

  it('ENGINE-11 twice, and together', async () => {
    const engine = await open();
    await load(engine, answer);
    await Promise.all([engine.close(), engine.close()]);
    await expect(engine.close()).resolves.toBeUndefined();
  });

  it('ENGINE-12 during a load', async () => {
    const engine = await open();
    const loading = engine.load(answer);
    const closing = engine.close();
    await expect(loading).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
    await closing;
  });

  it('ENGINE-13 afterwards everything says that it is closed', async () => {
    const engine = await open();
    const name = await load(engine, answer);
    await engine.close();
    await expect(engine.execute(name, 'run')).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
    await expect(engine.load(answer)).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
  });
});

describe('aborting', () => {
  it('ENGINE-20 at any moment ends the call, and no other', async () => {
    await using engine = await open();
    const name = await load(engine, answer);
    const calls = Array.from({ length: 40 }, async (_, index) => {
      const aborter = new AbortController();
      const running = engine.execute(name, 'run', {}, { signal: aborter.signal });
      for (let turn = 0; turn < index; turn += 1) await new Promise(setImmediate);
      aborter.abort();
      return running;
    });
    const others = Array.from({ length: 10 }, () => engine.execute(name, 'run'));
    for (const result of await Promise.all(calls)) {
      expect(result.ok ? result.value : result.error.code).toBe(result.ok ? 42 : 'CANCELLED');
    }
    for (const result of await Promise.all(others)) expect(result.value).toBe(42);
  });

  it('ENGINE-21 leaves no listener on the signal', async () => {
    await using engine = await open();
    const name = await load(engine, answer);
    const { signal } = new AbortController();
    const listening = new Set<unknown>();
    const add = vi
      .spyOn(signal, 'addEventListener')
      .mockImplementation((_, f) => void listening.add(f));
    const remove = vi
      .spyOn(signal, 'removeEventListener')
      .mockImplementation((_, f) => void listening.delete(f));
    await engine.execute(name, 'run', {}, { signal });
    expect(add).toHaveBeenCalledOnce();
    expect(remove).toHaveBeenCalledOnce();
    expect(listening.size).toBe(0);
  });
});

describe('the supervisor fails', () => {
  /** The newest thread of that name. */
  const supervisor = (): Worker => workers.findLast(({ threadId }) => threadId > 0)!;

  /** A skill whose tool tells when it runs, and then never ends. */
  async function endless(audit?: AuditStore) {
    const begun = Promise.withResolvers<void>();
    const wit = 'package test:signal@1.0.0; interface begin { begun: func(); }';
    const times = { begun: 0 };
    const implementation = {
      begun() {
        times.begun += 1;
        begun.resolve();
      },
    };
    const engine = await createEngine({
      home,
      audit: audit ?? new MemoryAuditStore(),
      interfaces: { 'test:signal/begin@1.0.0': { wit, implementation } },
    });
    const manifest = join(home, 'endless.toml');
    writeFileSync(
      manifest,
      '[skill]\nname = "endless"\ncomponent = "x"\n[skill.capabilities]\ninterfaces = ["test:signal/begin@1.0.0"]\n',
    );
    await engine.load(await buildGuest('tell-and-loop'), { manifest, grant: 'declared' });
    return { engine, begun: begun.promise, times };
  }

  it('ENGINE-30 when its thread ends, what runs fails and is recorded, and the next call has another thread', async () => {
    const audit = new MemoryAuditStore();
    const { engine, begun, times } = await endless(audit);
    const thread = supervisor();
    const name = await load(engine, answer);
    const unused = await load(engine, other);
    const isolates = children();
    expect(isolates.length).toBeGreaterThanOrEqual(3);
    const running = engine.execute('endless', 'run');
    await begun;
    await thread.terminate();
    const ended = await running;
    expect(ended.error).toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('thread is gone'),
    });
    expect(await audit.get(ended.executionId)).toMatchObject({ error_code: 'INTERNAL' });
    // Several at once: one thread for them all, and the isolates of each skill once.
    const after = await Promise.all(
      Array.from({ length: 8 }, (_, n) => engine.execute(n % 2 ? name : unused, 'run')),
    );
    expect(after.map(({ value, error }) => error?.code ?? value)).toEqual(
      Array.from({ length: 8 }, (_, n) => (n % 2 ? 42 : 'TOOL_FAILED')),
    );
    expect(workers.filter(({ threadId }) => threadId > 0)).toHaveLength(1);
    await until(() => isolates.every((pid) => !children().includes(pid)));
    expect(await load(engine, answer)).toBe(name);
    expect((await engine.execute(name, 'run')).value).toBe(42);
    await engine.close();
    await until(() => children().length === 0);
    expect(times.begun).toBe(1);
  });

  it('ENGINE-33 another thread grants what was granted, and no more', async () => {
    await using engine = await open();
    const folder = mkdtempSync(join(tmpdir(), 'skill-granted-'));
    writeFileSync(join(folder, 'here'), 'granted');
    const manifest = join(home, 'reads.toml');
    writeFileSync(
      manifest,
      `[skill]\nname = "reads"\ncomponent = "x"\n[skill.capabilities]\nfilesystem = ["read:${folder}"]\n`,
    );
    await engine.load(await buildGuest('probe'), { manifest, grant: 'declared' });
    const reads = async () => {
      const names = await engine.execute(
        'reads',
        'eval',
        probe(
          `const [[root]] = wasi.filesystem.preopens.getDirectories();
           const open = (flags, mode) => root.openAt({}, 'here', flags, mode);
           open({}, { read: true });
           try { open({}, { write: true }); } catch (error) { return error.payload; }`,
        ),
      );
      return [names.value, names.denials.length];
    };
    const before = await reads();
    expect(before).toEqual([
      { value: expect.stringMatching(/^(read-only|access|not-permitted)$/) },
      1,
    ]);
    await supervisor().terminate();
    expect(await reads()).toEqual(before);
    rmSync(folder, { recursive: true });
  });

  it('ENGINE-34 a thread that ends while it is asked to open is no fault of the component', async () => {
    await using engine = await open();
    await load(engine, answer);
    const loading = engine.load(other);
    const failed = loading.catch((error: unknown) => error);
    await until(() => children().length > 1);
    await supervisor().terminate();
    expect(await failed).toMatchObject({ code: 'INTERNAL' });
    const [again] = await engine.load(other);
    expect((await engine.execute(again!.name, 'run')).error?.code).toBe('TOOL_FAILED');
  });

  it('ENGINE-35 closing and cancelling work on a thread that is gone', async () => {
    const engine = await open();
    const name = await load(engine, answer);
    await supervisor().terminate();
    const signal = AbortSignal.abort();
    expect((await engine.execute(name, 'run', {}, { signal })).error?.code).toBe('CANCELLED');
    await engine.load(answer);
    await supervisor().terminate();
    await engine.close();
    await expect(engine.execute(name, 'run')).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
  });

  it('ENGINE-31 a question that it cannot take does not end it', async () => {
    await using engine = await open();
    const thread = supervisor();
    const name = await load(engine, answer);
    thread.postMessage({ type: 'open', id: 1_000_000, pool: undefined });
    thread.postMessage({ type: 'run', id: 1_000_001, pool: 1, run: {} });
    expect((await engine.execute(name, 'run')).value).toBe(42);
  });

  it('ENGINE-32 an exception outside of any call ends what runs; the next call works', async () => {
    const { engine, begun } = await endless();
    await using _ = engine;
    const thread = supervisor();
    const name = await load(engine, answer);
    const running = engine.execute('endless', 'run');
    await begun;
    thread.postMessage(null);
    expect((await running).error?.code).toBe('INTERNAL');
    expect((await engine.execute(name, 'run')).value).toBe(42);
    expect((await engine.execute(name, 'run', {}, { limits: { fuel: 1 } })).error?.code).toBe(
      'FUEL_EXHAUSTED',
    );
    expect(supervisor()).toBe(thread);
  });
});

describe('the audit store fails', () => {
  const failing = (method: 'begin' | 'finish', how: () => Promise<void>): AuditStore =>
    Object.assign(new MemoryAuditStore(), { [method]: how });
  const rejects = () => Promise.reject(new Error('disk full'));
  const throws = () => {
    throw new Error('disk full');
  };

  it.each([
    ['ENGINE-40 before the guest: it does not run', failing('begin', rejects)],
    ['ENGINE-41 by throwing', failing('begin', throws)],
    ['ENGINE-42 after the guest: its answer is withheld', failing('finish', rejects)],
    ['ENGINE-43 after the guest, by throwing', failing('finish', throws)],
  ])('%s', async (_, audit) => {
    await using engine = await open(audit);
    const name = await load(engine, answer);
    for (const tool of ['run', 'unknown']) {
      const result = await engine.execute(name, tool);
      expect({ code: result.error?.code, value: result.value }).toEqual({
        code: 'AUDIT_UNAVAILABLE',
        value: undefined,
      });
    }
  });
});

it('ENGINE-50 parameters that change during the call are those of its beginning', async () => {
  const audit = new MemoryAuditStore();
  await using engine = await open(audit);
  const name = await load(engine, answer);
  const parameters: Record<string, unknown> = { path: 'docs' };
  const running = engine.execute(name, 'run', parameters);
  parameters['path'] = '/etc';
  const { executionId } = await running;
  expect((await audit.get(executionId))?.parameters).toEqual({ path: 'docs' });
});

it('ENGINE-51 hundreds of calls leave no process and no descriptor behind', async () => {
  await using engine = await open();
  const name = await load(engine, answer);
  const open_ = () => readdirSync('/proc/self/fd').length;
  const wave = () => Promise.all(Array.from({ length: 40 }, () => engine.execute(name, 'run')));
  await wave();
  const before = open_();
  for (let round = 0; round < 10; round += 1) await wave();
  expect(open_()).toBeLessThanOrEqual(before);
});

it('ENGINE-52 a program that forgets to close its engine ends by itself', () => {
  const index = fileURLToPath(new URL('../../packages/engine/src/index.ts', import.meta.url));
  const program = `
    import { createEngine } from ${JSON.stringify(index)};
    const engine = await createEngine({ home: ${JSON.stringify(join(home, 'forgotten'))} });
    const [skill] = await engine.load(${JSON.stringify(answer)});
    const { value } = await engine.execute(skill.name, 'run');
    console.log(value);`;
  const ended = spawnSync(
    process.execPath,
    ['--no-warnings', '--input-type=module', '-e', program],
    {
      encoding: 'utf8',
      timeout: 50_000,
    },
  );
  expect({ status: ended.status, stdout: ended.stdout, signal: ended.signal }).toEqual({
    status: 0,
    stdout: '42\n',
    signal: null,
  });
});
