/** A skill under test: the same engine and sandbox as in use, with everything outside of it described by the test. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createEngine,
  findSkills,
  MemoryAuditStore,
  MemoryCredentialStore,
  type AuditRecord,
  type Engine,
  type EngineOptions,
  type ExecuteOptions,
  type ExecutionResult,
  type IsolationOptions,
  type LoadOptions,
  type Limits,
  type Skill,
  type ToolInfo,
} from '@skill-engine/engine';
import { TestClock, type ClockOptions, type Moment } from './clock.ts';
import {
  changed,
  guestPath,
  readTree,
  writeTree,
  type FileContent,
  type FilePlaces,
  type FileTree,
} from './files.ts';
import type { HttpScripts, RecordedRequest } from './http-script.ts';
import { ScriptedServers } from './http-server.ts';

/** What {@link testSkill} takes: everything outside of the skill. */
export interface TestSkillOptions {
  /** Files, by the paths that the manifest's grants name. Default: none. */
  readonly fs?: FileTree;
  /** The time, or a clock that steps. Default: fixed at `2026-01-01T00:00:00Z`. */
  readonly clock?: ClockOptions | Moment;
  /** Seed of everything random; every run draws the same. Default 0. */
  readonly random?: number | string;
  /** Responses by `METHOD URL`. A request without one makes `run` reject. */
  readonly http?: HttpScripts;
  /** Addresses of names. Default: every name has one address of the public internet. */
  readonly dns?: Readonly<Record<string, readonly string[]>>;
  /** The operator's environment variables. Default: none. */
  readonly env?: Readonly<Record<string, string>>;
  /** Values of the skill's credentials, by name. Default: none is set; the operator's own are never touched. */
  readonly credentials?: Readonly<Record<string, string>>;
  /** Configuration values by name, which win over the manifest's `[skills.config]`. Default: the manifest's alone. */
  readonly config?: Readonly<Record<string, string>>;
  /** Interfaces of the embedding program that the skill imports, as `createEngine` takes them. Default: none. */
  readonly interfaces?: EngineOptions['interfaces'];
  /** Narrower limits than the manifest's, for every run. Default: the manifest's. */
  readonly limits?: Partial<Limits>;
  /** What the operator approves. Default `declared`: all that the manifest asks for. */
  readonly grant?: LoadOptions['grant'];
  /** Manifest for a bare component file. Default: the skill's own. */
  readonly manifest?: string;
  /** Name of the skill to test, of a manifest that has several. Default: the first. */
  readonly only?: string;
  /** Default: as the engine's. */
  readonly isolation?: IsolationOptions;
}

/** A result, with what it left behind. */
export type TestResult = ExecutionResult & {
  /** Its audit record. */
  readonly audit: AuditRecord;
  /** HTTP requests that arrived during the run. */
  readonly requests: readonly RecordedRequest[];
};

/** What `~` stands for in every test, so that no path differs from machine to machine. */
const HOME = '/home/tester';

/** Address of names that a test gives none: an ordinary one, to be judged; nothing ever connects to it. */
const PUBLIC_ADDRESS = '93.184.215.14';

/**
 * Loads a skill for tests: a folder with a manifest, a manifest, or a component file.
 *
 * @throws SkillError as `Engine.load` does; TypeError for options that mean nothing
 */
export async function testSkill(path: string, options: TestSkillOptions = {}): Promise<SkillTest> {
  const sources = await findSkills(path, options.manifest);
  const chosen = options.only ?? sources[0]!.manifest.name;
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'skill-test-')));
  const root = join(folder, 'files');
  const clock = new TestClock(options.clock);
  const seed = createHash('sha256')
    .update(`random ${options.random ?? 0}`)
    .digest();
  let servers: ScriptedServers | undefined;
  let engine: Engine | undefined;
  try {
    mkdirSync(root);
    const places = { root, baseDir: `${HOME}/project/skills/${chosen}`, home: HOME };
    writeTree(options.fs ?? {}, places, clock.now);
    servers = await ScriptedServers.start(options.http ?? {});
    engine = await createEngine({
      audit: new MemoryAuditStore(),
      environment: options.env ?? {},
      credentials: new MemoryCredentialStore({ [chosen]: options.credentials ?? {} }),
      tls: { ca: [servers.certificate] },
      ...(options.isolation === undefined ? {} : { isolation: options.isolation }),
      ...(options.interfaces === undefined ? {} : { interfaces: options.interfaces }),
      substitutes: {
        files: places,
        clock: () => clock.readings(),
        seed: () => seed,
        network: { names: options.dns ?? {}, otherwise: [PUBLIC_ADDRESS], ...servers.ports },
      },
    });
    const [skill] = await engine.load(path, {
      grant: options.grant ?? 'declared',
      only: chosen,
      ...(options.config === undefined ? {} : { config: options.config }),
      ...(options.manifest === undefined ? {} : { manifest: options.manifest }),
    });
    return new SkillTest({
      engine,
      servers,
      skill: skill!,
      clock,
      places,
      folder,
      limits: options.limits ?? {},
    });
  } catch (error) {
    await engine?.close();
    await servers?.close();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

interface Parts {
  readonly engine: Engine;
  readonly servers: ScriptedServers;
  readonly skill: Skill;
  readonly clock: TestClock;
  readonly places: FilePlaces;
  readonly limits: Partial<Limits>;
  /** Everything temporary. */
  readonly folder: string;
}

/** See {@link testSkill}. Runs take place one after the other. Close it, or bind it with `await using`. */
export class SkillTest implements AsyncDisposable {
  /** The skill as the engine loaded it. */
  readonly skill: Skill;
  readonly clock: TestClock;
  readonly #parts: Parts;
  readonly #described: FileTree;
  #turn: Promise<unknown> = Promise.resolve();

  /** @internal Use {@link testSkill}. */
  constructor(parts: Parts) {
    this.#parts = parts;
    this.skill = parts.skill;
    this.clock = parts.clock;
    this.#described = readTree(parts.places.root);
  }

  /** The skill's tools. */
  get tools(): readonly ToolInfo[] {
    return this.skill.tools;
  }

  /**
   * Runs a tool. Resolves for every end of the invocation, as `Engine.execute` does.
   *
   * @throws Error when the skill sent a request that no script answers, or a script failed
   */
  run(tool: string, parameters: unknown = {}, options: ExecuteOptions = {}): Promise<TestResult> {
    const run = this.#turn.then(() => this.#run(tool, parameters, options));
    this.#turn = run.catch(() => undefined);
    return run;
  }

  async #run(tool: string, parameters: unknown, options: ExecuteOptions): Promise<TestResult> {
    const { engine, servers, skill, limits } = this.#parts;
    const before = servers.requests.length;
    const result = await engine.execute(skill.name, tool, parameters, {
      ...options,
      limits: { ...limits, ...options.limits },
    });
    const problems = servers.takeProblems();
    if (problems.length > 0) {
      throw new Error(
        `${skill.name} ${tool}: ${problems.join('; ')}. Add it to \`http\` of testSkill, as "METHOD URL".`,
      );
    }
    const audit = await engine.audit.get(result.executionId);
    return Object.assign({}, result, { audit: audit!, requests: servers.requests.slice(before) });
  }

  /** The absolute path that grants and denials know a path by; relative ones start at the skill's folder. */
  path(path: string): string {
    return guestPath(path, this.#parts.places);
  }

  /** All requests so far. */
  requests(): readonly RecordedRequest[] {
    return [...this.#parts.servers.requests];
  }

  /** All audit records so far, oldest first. */
  async audit(): Promise<readonly AuditRecord[]> {
    const { records } = await this.#parts.engine.audit.query({ limit: 10_000 });
    return records.toReversed();
  }

  /** All files and links, by path: text where it is UTF-8, bytes where it is not. */
  files(): Readonly<Record<string, FileContent>> {
    return readTree(this.#parts.places.root);
  }

  /** What one file holds now; `undefined` when there is none. Relative paths start at the skill's folder. */
  file(path: string): FileContent | undefined {
    return this.files()[this.path(path)];
  }

  /** The files that are new or other than the test described them. */
  written(): Readonly<Record<string, FileContent>> {
    return changed(this.#described, this.files());
  }

  /** Paths of the files that the test described and that are gone. */
  removed(): readonly string[] {
    const now = this.files();
    return Object.keys(this.#described).filter((path) => !Object.hasOwn(now, path));
  }

  /** Ends what runs and removes the temporary files. Idempotent. */
  async close(): Promise<void> {
    await this.#parts.engine.close();
    await this.#parts.servers.close();
    rmSync(this.#parts.folder, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
