/** What the escape tests share: an engine of their own, guests as installed skills, and "the next one works". */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import {
  createEngine,
  type Engine,
  type ExecutionResult,
} from '../../packages/engine/src/index.ts';
import { buildGuest } from '../guests/build.ts';
import { outcome, probe } from '../guests/probe.ts';
import { leaveComponents, takeComponents } from '../support/warm.ts';

export interface Bench extends AsyncDisposable {
  readonly engine: Engine;
  /** A folder of the test's own, outside of every grant unless a manifest names it. */
  readonly folder: string;
  /** Installs a guest as a skill of the same name, with these further lines of manifest, and loads it. */
  install(guest: string, manifest?: string, name?: string): Promise<string>;
  /** A component file that is not a guest, as a skill. */
  installFile(component: string, name: string, manifest?: string): Promise<string>;
  /** Asserts that a sound skill runs on the same engine. */
  soundSkillRuns(): Promise<void>;
}

export async function openBench(): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'skill-escape-'));
  const home = join(folder, '.home');
  takeComponents(home);
  const engine = await createEngine({
    home,
    environment: { HOST_SECRET_TOKEN: 'host-secret', HOST_PLAIN: 'host-plain' },
  });
  const installFile = async (component: string, name: string, manifest = '') => {
    const home = join(folder, 'skills', name);
    mkdirSync(home, { recursive: true });
    copyFileSync(component, join(home, 'component.wasm'));
    writeFileSync(
      join(home, 'skill.toml'),
      `[[skills]]\nname = "${name}"\nruntime = "wasm"\ncomponent = "./component.wasm"\n${manifest}`,
    );
    await engine.load(home, { grant: 'declared' });
    return name;
  };
  const install = async (guest: string, manifest = '', name = guest) =>
    installFile(await buildGuest(guest), name, manifest);
  let answers: string | undefined;
  return {
    engine,
    folder,
    install,
    installFile,
    async soundSkillRuns() {
      answers ??= await install('answer', '', 'sound-skill');
      const result = await engine.execute(answers, 'run', {});
      expect(result).toMatchObject({ ok: true, value: 42 });
    },
    async [Symbol.asyncDispose]() {
      await engine.close();
      leaveComponents(home);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs an action and counts how often the embedder's event loop turned meanwhile. */
export async function countTurns<T>(
  action: () => Promise<T>,
): Promise<{ value: T; turns: number }> {
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 5);
  try {
    return { value: await action(), turns };
  } finally {
    clearInterval(timer);
  }
}

/** Asserts the failure, and that the audit record says the same. */
export async function expectFailure(
  engine: Engine,
  result: ExecutionResult,
  code: string,
  status = 'failure',
): Promise<void> {
  expect({ ok: result.ok, code: result.error?.code }).toEqual({ ok: false, code });
  const record = await engine.audit.get(result.executionId);
  expect(record).toMatchObject({ status, error_code: code });
}

/** Runs each of the bodies in the probe, with its preopens at hand; what it threw, or `done`. */
export async function attempts(
  bench: Bench,
  skill: string,
  bodies: Readonly<Record<string, string>>,
): Promise<Pick<ExecutionResult, 'denials' | 'executionId'> & { errors: Record<string, string> }> {
  const code = `
    const preopens = wasi.filesystem.preopens.getDirectories();
    const dirs = preopens.map(([dir]) => dir);
    const names = preopens.map(([, name]) => name);
    const [ro, rw] = dirs;
    return args.map(([name, body]) => {
      try {
        new Function('wasi', 'utf8', 'dirs', 'names', 'ro', 'rw', body)(wasi, utf8, dirs, names, ro, rw);
        return [name, 'done'];
      } catch (thrown) {
        return [name, typeof thrown === 'string' ? thrown : String(thrown.payload ?? thrown.message)];
      }
    });`;
  const result = await bench.engine.execute(skill, 'eval', probe(code, Object.entries(bodies)));
  if (!result.ok) throw result.error;
  const found = outcome(result.value);
  if ('error' in found) throw new Error(JSON.stringify(found.error));
  const errors = Object.fromEntries(found.value as [string, string][]);
  return { errors, denials: result.denials, executionId: result.executionId };
}
