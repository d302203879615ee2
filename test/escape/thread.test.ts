/** The thread level: asked for twice, and held to the same wire, limits and locked realm; what it gives up is in the docs. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, type Engine, type LoadOptions } from '../../packages/engine/src/index.ts';
import { Supervisor } from '../../packages/engine/src/broker/client.ts';
import { buildGuest } from '../guests/build.ts';
import { countTurns } from './harness.ts';
import { runScript } from './isolate-script.ts';

let folder: string;
let engine: Engine;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skill-thread-'));
  engine = await createEngine({ home: join(folder, 'home'), isolation: { level: 'thread' } });
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});

const inThread: LoadOptions = { isolation: { level: 'thread' }, trust: 'trusted' };

async function load(guest: string, options: LoadOptions = inThread): Promise<string> {
  const [skill] = await engine.load(await buildGuest(guest), options);
  expect(skill!.isolation.level).toBe(options.isolation?.level ?? 'process');
  return skill!.name;
}

describe('a thread', () => {
  it('runs a sound skill, again and again, in a fresh instance each time', async () => {
    const skill = await load('state-keeper');
    for (let call = 0; call < 5; call += 1) {
      expect(await engine.execute(skill, 'run', {})).toMatchObject({ ok: true, value: 1 });
    }
  });

  it.each([
    ['loop-forever', 'TIMEOUT'],
    ['sleep-forever', 'TIMEOUT'],
    ['print-flood', 'OUTPUT_LIMIT'],
    ['deep-recursion', 'STACK_OVERFLOW'],
    ['trap', 'GUEST_TRAP'],
    ['exit-code', 'TOOL_FAILED'],
  ])('ends %s with %s, the embedder goes on, and the next call works', async (guest, code) => {
    const skill = await load(guest, { ...inThread, limits: { timeoutMs: 400 } });
    const { value, turns } = await countTurns(() => engine.execute(skill, 'run', {}));
    expect(value.error?.code).toBe(code);
    if (code === 'TIMEOUT') expect(turns).toBeGreaterThan(0);
    const sound = await load('answer');
    expect(await engine.execute(sound, 'run', {})).toMatchObject({ ok: true, value: 42 });
    const again = await engine.execute(skill, 'run', {});
    expect(again.error?.code).toBe(code);
  });

  it('is called off', async () => {
    const skill = await load('loop-forever');
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    const result = await engine.execute(skill, 'run', {}, { signal: controller.signal });
    expect(result.error?.code).toBe('CANCELLED');
  });

  it('may make code from strings, which leads nowhere either', async () => {
    const supervisor = new Supervisor();
    const glue = new TextEncoder().encode(`(function () {
      let seen = 'pending';
      new Function('return import("node:fs")')().then(
        () => { seen = 'escaped by import'; },
        () => { seen = new Function('return typeof process + typeof require + typeof fetch')(); },
      );
      return () => ({ attack: { invoke: () => seen } });
    })()`);
    const pool = await supervisor.open({
      memoryBytes: 1 << 26,
      size: 1,
      isolation: { level: 'thread' },
      load: {
        blob: glue,
        message: { shape: 'native', exportName: 'attack', glueBytes: glue.length, modules: [] },
      },
    });
    expect((await runScript(supervisor, pool)).text).toBe('undefinedundefinedundefined');
    await supervisor.close();
  });
});
