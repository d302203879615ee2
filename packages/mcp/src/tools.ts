/** The tools of an engine as plain JSON-Schema tool lists have them, and calls of them by those names. */
import { skillToolNames, type SkillMdTools } from '@skill-engine/engine';
import type { Engine, ExecutionResult, JsonValue, SkillToolName } from '@skill-engine/engine';
import { shownSchema, shownText } from './hostile-text.ts';
import { modelNames } from './names.ts';

/** A tool as models are told of it. */
export interface ModelTool {
  /** 1 to 64 of `A–Z a–z 0–9 _ -`. */
  readonly name: string;
  /** For the model. */
  readonly description: string;
  /** JSON Schema (2020-12) of an object. */
  readonly parameters: { readonly [key: string]: JsonValue };
}

/** Who calls, for all calls of one {@link SkillTools}. */
export interface SkillToolsOptions {
  /** For the audit record and for rate limits; the model and its client cannot change it. Default: none. */
  readonly user?: string;
  /** Program and face, for the audit record. Default: nothing. */
  readonly caller?: Readonly<Record<string, unknown>>;
  /** SKILL.md skills, whose tools are offered by their own names. Default: none. */
  readonly skills?: SkillMdTools;
}

/**
 * A view of the skills that are loaded in an engine. It decides nothing: the engine's grants, policy and limits
 * do, and every call, also of a tool that there is not, ends in the audit record. Nothing here loads, installs,
 * accepts or grants.
 */
export class SkillTools {
  readonly #engine: Engine;
  readonly #options: SkillToolsOptions;

  constructor(engine: Engine, options: SkillToolsOptions = {}) {
    this.#engine = engine;
    this.#options = options;
  }

  /** All tools of all loaded skills that the options let pass. */
  list(): readonly ModelTool[] {
    const own = (this.#options.skills?.tools ?? []).map((tool) => [tool.name, tool] as const);
    return [...own, ...modelNames(this.#engine.tools())].map(
      ([name, { description, parameters }]) => ({
        name,
        description: shownText(description ?? ''),
        parameters: objectSchema(shownSchema(parameters)),
      }),
    );
  }

  /** @param details what else the face knows about the caller, for the record */
  call(
    name: string,
    parameters: unknown,
    {
      signal,
      caller,
    }: {
      readonly signal?: AbortSignal | undefined;
      readonly caller?: Readonly<Record<string, unknown>>;
    } = {},
  ): Promise<ExecutionResult> {
    const { user, skills } = this.#options;
    const options = {
      ...(user === undefined ? {} : { user }),
      caller: { ...caller, ...this.#options.caller },
      ...(signal === undefined ? {} : { signal }),
    };
    // The names of the others have `__` or a digest: none of them is one of these.
    if (skills !== undefined && skillToolNames.includes(name as SkillToolName)) {
      return skills.call(name, parameters, options);
    }
    const known = modelNames(this.#engine.tools()).get(name);
    return this.#engine.execute(known?.skill ?? name, known?.name ?? '', parameters, options);
  }
}

/** Models' interfaces want `type: "object"` at the root. */
function objectSchema(schema: JsonValue): ModelTool['parameters'] {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    return { type: 'object' };
  }
  return { ...(schema as ModelTool['parameters']), type: 'object' };
}
