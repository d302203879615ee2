import { toolError } from './errors.ts';
import { checked, jsonSchemaOf, type InputOf, type JsonSchema, type ToolInput } from './schema.ts';

/** What `run` is told beside the parameters. */
export interface ToolContext {
  /** The tool's own name. */
  readonly tool: string;
}

/** One tool of a skill. */
export interface ToolDefinition<Input extends ToolInput = ToolInput> {
  /** What it does, in plain words, for the person or program that chooses it. */
  readonly description: string;
  /** What it takes: a zod schema, any other Standard Schema with a JSON Schema, or a JSON Schema of an object. */
  readonly input: Input;
  /** JSON Schema of the result, for readers. */
  readonly output?: JsonSchema;
  /**
   * Does it. The parameters are validated, twice: by the host before the sandbox exists, and by `input`'s library. The result is
   * JSON; nothing at all is `null`. There is no event loop inside: a promise is an error.
   *
   * @throws ToolError for what is expected to go wrong, InvalidParameters for parameters that make no sense together
   */
  run(parameters: InputOf<Input>, context: ToolContext): unknown;
}

/** A skill: its tools by name. */
export interface SkillDefinition<Inputs extends Record<string, ToolInput>> {
  /** Names are 1 to 64 letters, digits, `_` and `-`, beginning with a letter. */
  readonly tools: { readonly [Name in keyof Inputs]: ToolDefinition<Inputs[Name]> };
}

/** The interface `skill:engine/tools` that a skill exports. */
export interface SkillTools {
  /** The tools, the same at every call. */
  listTools(): { name: string; description: string; parameters: string; output?: string }[];
  /** Runs one tool: JSON in, JSON out. Throws a `tool-error`. */
  invoke(tool: string, parameters: string): string;
}

const namePattern = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/**
 * A skill of these tools; the default export of its main module.
 *
 * @throws Error at build time: no tool, a name that the world doesn't allow, no description, no `run`, an input
 *   without a JSON Schema of an object
 */
export function defineSkill<const Inputs extends Record<string, ToolInput>>(
  definition: SkillDefinition<Inputs>,
): SkillTools {
  const tools = new Map<string, ToolDefinition>(
    Object.entries(definition.tools as unknown as Record<string, ToolDefinition>),
  );
  if (tools.size === 0) throw new Error('A skill has at least one tool.');
  const list = Array.from(tools, ([name, tool]) => listed(name, tool));
  return {
    listTools: () => list,
    invoke(name, parameters) {
      const tool = tools.get(name);
      if (tool === undefined) throw { tag: 'unknown-tool', val: name };
      return call(name, tool, parameters);
    },
  };
}

function listed(name: string, { description, input, output, run }: ToolDefinition) {
  if (!namePattern.test(name)) {
    throw new Error(
      `${JSON.stringify(name)} is no name for a tool: 1 to 64 letters, digits, _ and -, beginning with a letter.`,
    );
  }
  // Types are not checked at build: a misspelt member is found here, and not at the first call.
  if (typeof run !== 'function') throw new Error(`The tool ${name} has no function "run".`);
  if (typeof description !== 'string') throw new Error(`The tool ${name} has no "description".`);
  const schema = jsonSchemaOf(name, input);
  if (schema['type'] !== 'object') {
    throw new Error(`The input of ${name} must be a schema of an object: parameters have names.`);
  }
  const parameters = JSON.stringify(schema);
  if (output === undefined) return { name, description, parameters };
  return { name, description, parameters, output: JSON.stringify(output) };
}

function call(name: string, tool: ToolDefinition, text: string): string {
  let result: unknown;
  try {
    const parameters = checked(tool.input, JSON.parse(text));
    if ('problem' in parameters) throw { tag: 'invalid-parameters', val: parameters.problem };
    result = tool.run(parameters.value as Record<string, unknown>, { tool: name });
    if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') {
      throw new Error(
        `${name} returned a promise. There is no event loop in a skill: return the value itself.`,
      );
    }
    return JSON.stringify(result) ?? 'null';
  } catch (thrown) {
    throw isInvalid(thrown) ? thrown : toolError(thrown);
  }
}

function isInvalid(thrown: unknown): boolean {
  return (thrown as { tag?: unknown } | null)?.tag === 'invalid-parameters';
}
