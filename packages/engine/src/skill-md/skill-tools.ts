/** SKILL.md skills for models: four tools that go the same way as every tool, through policy and record. */
import { builtInSkill, type BuiltInCall, type BuiltInSkill } from '../built-in.ts';
import type { Engine } from '../engine.ts';
import { SkillError } from '../errors.ts';
import type { ExecuteOptions, ExecutionResult, ToolInfo } from '../execution.ts';
import type { InstalledSkill } from '../install/installed.ts';
import { withoutGuest } from '../outcome.ts';
import type { RunOutcome } from '../run.ts';
import type { JsonObject, JsonValue } from '../schema/json.ts';
import { skillToolNames, skillTools, type SkillToolName } from './definitions.ts';
import { discover, readSkillMd, type DiscoveryProblem, type FoundSkill } from './discover.ts';
import { Resources } from './resources.ts';
import { Scripts, type ScriptPolicy } from './scripts.ts';

/** What {@link createSkillTools} takes. */
export interface SkillMdOptions {
  /** Directories below which skills are looked for, once, now. Each skill is a folder with a SKILL.md. Default: none. */
  readonly roots?: readonly string[];
  /** Installed skills; of those that have a SKILL.md, the verified bytes are used. Default: none. */
  readonly installed?: readonly InstalledSkill[];
  /** Tools that there are not, for whoever calls. Default: none. */
  readonly excludeTools?: readonly SkillToolName[];
  /** Levels below a root at which a skill's folder may lie. Default 4, at most 16. */
  readonly maxDepth?: number;
  /** Of files that are resources. Default: `.md .txt .json .yaml .yml .csv .xml`. */
  readonly extensions?: readonly string[];
  /** What the scripts of a skill get. Default: no capability; for an installed skill, what was approved. */
  readonly scripts?: ScriptPolicy;
}

/** Name under which the four tools pass hooks and are recorded. */
const NAME = 'engine.skills';

/** The version of the tools' form. */
const VERSION = '1';

/** What {@link createSkillTools} gives: tools for a model, and calls of them. */
export interface SkillMdTools {
  /** `list_skills`, `load_skill`, `read_skill_resource`, `run_skill_script`, but for the excluded ones. */
  readonly tools: readonly ToolInfo[];
  /** Names of the skills that were found. */
  readonly skills: readonly string[];
  /** For the operator: folders that are no skills and why, and exclusions that leave the others of little use. */
  readonly problems: readonly DiscoveryProblem[];
  /** As `engine.execute`: it resolves for every failure, and the call is in the audit record. */
  call(name: string, parameters?: unknown, options?: ExecuteOptions): Promise<ExecutionResult>;
}

/**
 * The four tools over the skills below `roots`. Nothing that they do loads, accepts or grants anything beyond what is
 * said here.
 *
 * @throws SkillError INVALID_OPTIONS
 */
export function createSkillTools(engine: Engine, options: SkillMdOptions = {}): SkillMdTools {
  const { roots = [], installed = [], excludeTools = [], maxDepth = 4 } = options;
  if (!Number.isInteger(maxDepth) || maxDepth < 0 || maxDepth > 16) {
    throw new SkillError('INVALID_OPTIONS', 'maxDepth must be a whole number from 0 to 16.');
  }
  const unknown = excludeTools.find((name) => !skillToolNames.includes(name));
  if (unknown !== undefined) {
    throw new SkillError(
      'INVALID_OPTIONS',
      `excludeTools: there is no tool ${JSON.stringify(unknown)}; there are: ${skillToolNames.join(', ')}.`,
    );
  }
  const { skills, problems } = discover(roots, installed, maxDepth);
  const offered = skillTools.filter(({ name }) => !excludeTools.includes(name));
  const answers = new Answers(skills, new Resources(options.extensions), {
    scripts: excludeTools.includes('run_skill_script')
      ? undefined
      : new Scripts(engine, options.scripts),
  });
  const skill: BuiltInSkill = builtInSkill(NAME, VERSION, offered, answers.answer);
  const warning = {
    where: 'excludeTools',
    message:
      'Without load_skill a model sees the names and descriptions of skills, but never their instructions.',
  };
  return {
    tools: offered.map(({ name, description, parameters }) => ({
      skill: NAME,
      name,
      description,
      parameters,
    })),
    skills: [...skills.keys()],
    problems: excludeTools.includes('load_skill') ? [...problems, warning] : problems,
    call: (name, parameters = {}, execute = {}) =>
      engine.executeBuiltIn(skill, name, parameters, execute),
  };
}

class Answers {
  readonly #skills: ReadonlyMap<string, FoundSkill>;
  readonly #resources: Resources;
  readonly #scripts: Scripts | undefined;

  constructor(
    skills: ReadonlyMap<string, FoundSkill>,
    resources: Resources,
    { scripts }: { readonly scripts: Scripts | undefined },
  ) {
    this.#skills = skills;
    this.#resources = resources;
    this.#scripts = scripts;
  }

  readonly answer = async (call: BuiltInCall): Promise<RunOutcome> => {
    const { skill, path, script, parameters } = call.parameters as Readonly<Record<string, string>>;
    switch (call.tool as SkillToolName) {
      case 'list_skills':
        return value([...this.#skills.values()].map(({ head }) => summary(head)));
      case 'load_skill':
        return value(await this.#load(this.#find(skill!)));
      case 'read_skill_resource': {
        const { folder } = this.#find(skill!);
        return value({ skill: skill!, path: path!, text: this.#resources.read(folder, path!) });
      }
      case 'run_skill_script':
        return passedOn(await this.#scripts!.run(this.#find(skill!), script!, parameters, call));
    }
  };

  async #load(found: FoundSkill): Promise<JsonObject> {
    // As it is now, validated again: a changed file is no reason to hand out what is no longer a skill.
    const { instructions, ...head } = readSkillMd(found.folder);
    return {
      ...summary(head),
      metadata: head.metadata,
      allowed_tools: head.allowedTools,
      instructions,
      resources: this.#resources.list(found.folder),
      ...(await this.#scriptsOf(found)),
    };
  }

  /** Instructions are of use without scripts; why there are none is said. */
  async #scriptsOf(found: FoundSkill): Promise<JsonObject> {
    if (this.#scripts === undefined) return { scripts: [] };
    try {
      const scripts = await this.#scripts.list(found);
      return {
        scripts: scripts.map(({ name, description, parameters }) => ({
          name,
          ...(description === undefined ? {} : { description }),
          parameters,
        })),
      };
    } catch (error) {
      const { code, message } = SkillError.from(error);
      return { scripts: [], scripts_problem: { code, message } };
    }
  }

  #find(name: string): FoundSkill {
    const found = this.#skills.get(name);
    if (found !== undefined) return found;
    throw new SkillError(
      'SKILL_NOT_FOUND',
      `There is no skill ${JSON.stringify(name)}; list_skills gives those that there are.`,
    );
  }
}

function summary({ name, description, license, compatibility }: FoundSkill['head']): JsonObject {
  return {
    name,
    description,
    ...(license === undefined ? {} : { license }),
    ...(compatibility === undefined ? {} : { compatibility }),
  };
}

const value = (answer: JsonValue): RunOutcome => withoutGuest({ value: answer });

/** What a script's own invocation ended with; what it used is in its own record. */
function passedOn(result: ExecutionResult): RunOutcome {
  const { stdout, stderr, denials, credentialsUsed, interfaceCalls, filesWritten } = result;
  const answer = result.ok ? { value: result.value } : { error: result.error };
  const seen = { stdout, stderr, denials, credentialsUsed, interfaceCalls, filesWritten };
  return { ...withoutGuest(answer), ...seen };
}
