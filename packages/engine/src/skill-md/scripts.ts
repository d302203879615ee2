/**
 * Scripts of a skill: tools of the engine's own sandbox, and nothing else. A script is a tool of the folder's
 * `skill.toml`, or a component `scripts/NAME.wasm`, which has no capability. No interpreter and no process is started.
 */
import type { BuiltInCall } from '../built-in.ts';
import { checkDigest } from '../component/read.ts';
import type { Engine } from '../engine.ts';
import type { LoadOptions } from '../engine-options.ts';
import { SkillError } from '../errors.ts';
import type { ExecutionResult, ToolInfo } from '../execution.ts';
import { CandidateSkill } from '../install/candidate.ts';
import type { InstalledSkill } from '../install/installed.ts';
import {
  fileDigests,
  FileGatherer,
  treeDigest,
  type PackageFiles,
} from '../install/package-files.ts';
import { sourcesOf } from '../install/sources.ts';
import type { SkillSource } from '../load.ts';
import { readPackage, type SkillPackage } from '../trust/package.ts';
import type { FoundSkill } from './discover.ts';

/** What the operator lets the scripts of one skill have. */
export type ScriptOptions = Omit<LoadOptions, 'manifest' | 'only'>;

/**
 * Asked once for each skill with a manifest, when its scripts are first needed. What is loaded then is the very package
 * that it was asked about: compare `digest`, not only `name`. What it throws is the answer to the call.
 */
export type ScriptPolicy = (skill: SkillPackage) => ScriptOptions | Promise<ScriptOptions>;

/** Files of a skill's folder that are read for its component. */
const FILES = 2000;

const componentPath = (script: string): string => `scripts/${script}.wasm`;

export class Scripts {
  readonly #engine: Engine;
  readonly #policy: ScriptPolicy;
  /** Digest of what was loaded, by name in the engine. */
  readonly #opened = new Map<string, Promise<string>>();

  constructor(engine: Engine, policy: ScriptPolicy = () => ({})) {
    this.#engine = engine;
    this.#policy = policy;
  }

  /** The tools that run as scripts; loads the skill if it has a manifest. */
  async list(found: FoundSkill): Promise<Omit<ToolInfo, 'skill'>[]> {
    const files = found.folder.list(FILES);
    const components = files.flatMap((path) => {
      const name = /^scripts\/([a-z0-9][a-z0-9_-]*)\.wasm$/.exec(path)?.[1];
      const description = 'A component without capabilities; its tool says what it takes.';
      return name === undefined ? [] : [{ name, description, parameters: { type: 'object' } }];
    });
    if (!hasManifest(files)) return components;
    const skill = await this.#ensure(found.head.name, () => this.#openManifest(found));
    const tools = this.#engine.loaded(skill)?.tools ?? [];
    return [...tools.map(({ skill: _same, ...tool }) => tool), ...components];
  }

  /** @throws SkillError SCRIPT_UNSUPPORTED, PACKAGE_CHANGED, and what `engine.load` throws */
  async run(
    found: FoundSkill,
    script: string,
    parameters: unknown,
    { executionId, options }: BuiltInCall,
  ): Promise<ExecutionResult> {
    const { name } = found.head;
    const files = found.folder.list(FILES);
    const execute = (skill: string, tool: string) =>
      this.#engine.executeWithin(executionId, skill, tool, parameters, options);
    if (hasManifest(files)) {
      const skill = await this.#ensure(name, () => this.#openManifest(found));
      if (this.#engine.loaded(skill)!.tools.some((tool) => tool.name === script)) {
        return execute(skill, script);
      }
    }
    if (files.includes(componentPath(script))) {
      const bare = await this.#ensure(`${name}.${script}`, () => this.#openBare(found, script));
      const [only, ...others] = this.#engine.loaded(bare)!.tools;
      if (only !== undefined && others.length === 0) return execute(bare, only.name);
      throw unsupported(
        name,
        `${componentPath(script)} has ${others.length + 1} tools; a script without a skill.toml has one`,
      );
    }
    throw whyNone(name, script, files);
  }

  /** Loads what is not loaded; what the engine has of that name must be what was loaded for this folder. */
  async #ensure(name: string, open: () => Promise<CandidateSkill | InstalledSkill>) {
    const before = await this.#opened.get(name);
    if (before !== undefined && this.#engine.loaded(name)?.digest === before) return name;
    const opening = this.#load(name, open);
    this.#opened.set(name, opening);
    await opening.catch((error: unknown) => {
      this.#opened.delete(name);
      throw error;
    });
    return name;
  }

  async #load(name: string, open: () => Promise<CandidateSkill | InstalledSkill>): Promise<string> {
    const skill = await open();
    const { digest } = skill.package;
    const loaded = this.#engine.loaded(name);
    if (loaded === undefined) {
      const bare = name.includes('.');
      const options = bare ? {} : await this.#policy(skill.package);
      await this.#engine.load(skill, { ...options, only: name });
    } else if (loaded.digest !== digest) {
      throw new SkillError(
        'PACKAGE_CHANGED',
        `A skill ${name} is loaded that is not the one of this folder, so its scripts do not run. Rename one of both, or load this one.`,
        { details: { skill: name, loaded: loaded.digest, found: digest } },
      );
    }
    return digest;
  }

  async #openManifest({
    folder,
    head,
    installed,
  }: FoundSkill): Promise<CandidateSkill | InstalledSkill> {
    if (installed !== undefined) return installed;
    const files = readFiles(folder);
    const source = sourcesOf(files, folder.where).find(
      ({ manifest }) => manifest.name === head.name,
    );
    if (source !== undefined) return candidate(source, files, folder.where);
    throw new SkillError(
      'SKILL_NOT_FOUND',
      `The manifest in ${folder.where} has no skill ${head.name}; the names must be the same.`,
    );
  }

  /** Under a name that no manifest can have, so that it takes nobody's place and nobody's grants. */
  async #openBare({ folder, head }: FoundSkill, script: string): Promise<CandidateSkill> {
    const path = componentPath(script);
    const bytes = folder.read(path.split('/'), new FileGatherer().room);
    const { sha256 } = await checkDigest(bytes, undefined);
    const text = `[skill]\nname = "bare"\ncomponent = ${JSON.stringify(path)}\nsha256 = "${sha256}"\n`;
    const files: PackageFiles = new Map([
      [path, bytes],
      ['skill.toml', new TextEncoder().encode(text)],
    ]);
    const [source] = sourcesOf(files, folder.where);
    const named = { ...source!.manifest, name: `${head.name}.${script}` };
    return candidate({ ...source!, manifest: named }, files, folder.where);
  }
}

function readFiles(folder: FoundSkill['folder']): PackageFiles {
  const gatherer = new FileGatherer();
  for (const path of folder.list(FILES)) {
    gatherer.add(path, folder.read(path.split('/'), gatherer.room));
  }
  return gatherer.finish();
}

async function candidate(source: SkillSource, files: PackageFiles, from: string) {
  const digest = treeDigest(fileDigests(files));
  const signature = { state: 'unverified', key: null, reason: 'it lies in a folder' } as const;
  return new CandidateSkill(source, await readPackage(source), digest, signature, files, from);
}

const hasManifest = (files: readonly string[]): boolean =>
  files.includes('skill.toml') || files.includes('skills.toml');

/** Files that other systems hand to an interpreter. */
const interpreted = /\.(?:py|sh|bash|zsh|js|mjs|cjs|ts|rb|pl|php|ps1|bat|cmd|exe)$/i;

function whyNone(skill: string, script: string, files: readonly string[]): SkillError {
  const file = files.find(
    (path) =>
      interpreted.test(path) &&
      (path === script ||
        path === `scripts/${script}` ||
        path.replace(/^scripts\/|\.[^.]*$/g, '') === script),
  );
  if (file !== undefined || interpreted.test(script)) {
    return unsupported(
      skill,
      `${JSON.stringify(file ?? script)} is for an interpreter, which would run it outside of the sandbox. Build it as a WebAssembly component: skill new, skill build`,
    );
  }
  return unsupported(
    skill,
    `it has no script ${JSON.stringify(script)}; load_skill lists those that it has`,
  );
}

function unsupported(skill: string, problem: string): SkillError {
  return new SkillError('SCRIPT_UNSUPPORTED', `${skill}: ${problem}.`, { details: { skill } });
}
