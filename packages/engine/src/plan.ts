/** What a call asks for, checked before anything is started: skill, tool and parameters. Pure. */
import { SkillError } from './errors.ts';
import { copyJson, notJson, type SensitiveNames, noMarkers } from './schema/index.ts';
import { isJsonObject, type JsonValue } from './schema/json.ts';
import type { Callable, Tool, WasmSkill } from './skill.ts';

export type Plan<Skill extends Callable = Callable> = {
  /** The parameters as they came, for the record; `null` where they are not JSON. */
  readonly given: JsonValue;
  readonly sensitive: SensitiveNames;
} & (
  | { readonly error: SkillError }
  | {
      readonly skill: Skill;
      readonly tool: Tool;
      /** Validated, with defaults. */
      readonly parameters: JsonValue;
    }
);

/** What the guest gets of the parameters. */
export interface GuestRequest {
  readonly command: boolean;
  readonly parameters: string;
  readonly arguments?: readonly string[];
  readonly stdin?: string;
  readonly environment: readonly (readonly [string, string])[];
}

export interface Call<Skill extends Callable> {
  readonly skill: Skill | undefined;
  readonly skillName: string;
  readonly toolName: string;
  readonly parameters: unknown;
  /** Monotonic milliseconds. */
  readonly now: number;
  /** Names of all loaded skills, for the error. */
  readonly loaded: readonly string[];
}

export function plan<Skill extends Callable>(call: Call<Skill>): Plan<Skill> {
  const { skill, skillName, toolName } = call;
  const copied = copyJson(call.parameters);
  const given = copied.ok ? copied.value : null;
  const tool = skill?.toolTable.get(toolName);
  const sensitive = tool?.validator.sensitive ?? noMarkers;
  const refuse = (error: SkillError): Plan<Skill> => ({ given, sensitive, error });
  if (!skill) {
    const known = call.loaded.join(', ') || 'none';
    return refuse(
      new SkillError(
        'SKILL_NOT_FOUND',
        `No skill ${JSON.stringify(skillName)} is loaded; loaded are: ${known}.`,
      ),
    );
  }
  if (!tool) {
    const known = [...skill.toolTable.keys()].join(', ');
    return refuse(
      new SkillError(
        'TOOL_NOT_FOUND',
        `The skill ${skill.name} has no tool ${JSON.stringify(toolName)}; it has: ${known}.`,
      ),
    );
  }
  if (!copied.ok) {
    return refuse(notJson(copied.problem));
  }
  const wait = skill.rate?.take(call.now) ?? 0;
  if (wait > 0) {
    return refuse(
      new SkillError(
        'RATE_LIMITED',
        `The skill ${skill.name} may not be called more often for now; try again in ${Math.ceil(wait)} ms.`,
        { details: { retryAfterMs: Math.ceil(wait) } },
      ),
    );
  }
  const checked = tool.validator.validate(copied.value);
  if (!checked.ok) return refuse(checked.error);
  return { given, sensitive, skill, tool, parameters: checked.value };
}

/** A command gets its parameters as argv, standard input and environment; any other tool gets the JSON text. */
export function requestOf(skill: WasmSkill, value: JsonValue): GuestRequest {
  const parameters = JSON.stringify(value);
  if (skill.shape !== 'command' || !isJsonObject(value))
    return { command: false, parameters, environment: skill.environment };
  const args = value['args'] as readonly string[] | undefined;
  const given = value['env'] as Readonly<Record<string, string>> | undefined;
  return {
    command: true,
    parameters: '',
    arguments: [skill.name, ...(args ?? [])],
    stdin: (value['stdin'] as string | undefined) ?? '',
    environment: [
      ...new Map([...skill.environment, ...skill.filterCallerEnvironment(given ?? {})]),
    ],
  };
}
