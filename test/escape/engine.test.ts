/** The engine under calls that come all at once, at the wrong moment, or while its parts fail. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
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
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'skill-engine-'));
  answer = await buildGuest('answer');
  loop = await buildGuest('loop-forever');
});
afterAll(() => rmSync(home, { recursive: true }));

const open = (audit?: AuditStore): Promise<Engine> =>
  createEngine({ home, audit: audit ?? new MemoryAuditStore() });

async function load(engine: Engine, path: string): Promise<string> {
  const [skill] = await engine.load(path);
  return skill!.name;
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

  it('ENGINE-30 when its thread ends, running and later calls fail, and closing works', async () => {
    const audit = new MemoryAuditStore();
    const engine = await open(audit);
    const thread = supervisor();
    const name = await load(engine, loop);
    const running = engine.execute(name, 'run');
    await new Promise(setImmediate);
    await thread.terminate();
    expect((await running).error?.code).toBe('INTERNAL');
    const later = await engine.execute(name, 'run');
    expect(later.error?.code).toBe('INTERNAL');
    expect(await audit.get(later.executionId)).toMatchObject({ error_code: 'INTERNAL' });
    await expect(engine.load(answer)).rejects.toMatchObject({ code: 'INTERNAL' });
    await engine.close();
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
    await using engine = await open();
    const thread = supervisor();
    const name = await load(engine, answer);
    const endless = await load(engine, loop);
    const running = engine.execute(endless, 'run');
    // Wait until it runs: calls of one thread are taken in order.
    await engine.execute(name, 'run');
    thread.postMessage(null);
    expect((await running).error?.code).toBe('INTERNAL');
    expect((await engine.execute(name, 'run')).value).toBe(42);
    expect((await engine.execute(name, 'run', {}, { limits: { fuel: 1 } })).error?.code).toBe(
      'FUEL_EXHAUSTED',
    );
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
