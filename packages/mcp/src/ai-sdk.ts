/** The AI SDK's form of tools, without depending on it: its `jsonSchema` function is an argument. */
import type { Engine, JsonValue } from '@skill-engine/engine';
import { toolAnswer } from './answer.ts';
import { SkillTools, type SkillToolsOptions } from './tools.ts';

/** The AI SDK's own `jsonSchema` function, handed in so that this package need not depend on it. */
export type JsonSchemaWrapper<Schema> = (schema: object) => Schema;

/** A tool in the form that the AI SDK takes. */
export interface AiSdkTool<Schema> {
  /** For the model. */
  readonly description: string;
  /** Of the tool's parameters. */
  readonly inputSchema: Schema;
  /** Resolves with `{ ok, value | error, executionId, … }`, also when the tool fails: see {@link toolAnswer}. */
  readonly execute: (
    input: unknown,
    options?: { readonly abortSignal?: AbortSignal | undefined; readonly toolCallId?: string },
  ) => Promise<{ readonly [key: string]: JsonValue }>;
}

/**
 * For `generateText({ tools })` and its like. Failures are answers (`ok: false`), not exceptions.
 *
 * @param jsonSchema the function of that name of the package `ai`
 */
export function aiSdkTools<Schema>(
  engine: Engine,
  jsonSchema: JsonSchemaWrapper<Schema>,
  options: SkillToolsOptions = {},
): Record<string, AiSdkTool<Schema>> {
  const tools = new SkillTools(engine, options);
  return Object.fromEntries(
    tools.list().map(({ name, description, parameters }) => [
      name,
      {
        description,
        inputSchema: jsonSchema(parameters),
        execute: async (input, { abortSignal, toolCallId } = {}) =>
          toolAnswer(
            await tools.call(name, input, {
              signal: abortSignal,
              caller: { face: 'ai-sdk', ...(toolCallId === undefined ? {} : { toolCallId }) },
            }),
          ),
      },
    ]),
  );
}
