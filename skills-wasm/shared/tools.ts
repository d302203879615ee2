import type { Tool } from 'skill:engine/tools@0.1.0';

/** A tool as a skill's author writes it. */
export interface ToolDefinition {
  description: string;
  /** JSON Schema of the parameters. */
  parameters: object;
  /** JSON Schema of the result. */
  output?: object;
  /** Runs the tool; the result must be JSON. */
  run(parameters: Record<string, unknown>): unknown;
}

/** Thrown by a tool that can't do what it was asked. */
export class ToolFailure extends Error {
  readonly code: string;
  readonly details: unknown;

  constructor(code: string, message: string, details?: unknown) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** Thrown by a tool whose parameters make no sense together. */
export class InvalidParameters extends Error {}

/** The error value that `invoke` throws for `thrown`. */
function toolError(thrown: unknown): unknown {
  if (thrown instanceof InvalidParameters) {
    return { tag: 'invalid-parameters', val: thrown.message };
  }
  const failure = thrown instanceof ToolFailure ? thrown : undefined;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const details = failure?.details === undefined ? null : JSON.stringify(failure.details);
  return { tag: 'failed', val: { code: failure?.code ?? null, message, details } };
}

/** The interface `skill:engine/tools` over these tools, for a skill to export as `tools`. */
export function toolsOf(definitions: Record<string, ToolDefinition>) {
  const tools = new Map(Object.entries(definitions));
  return {
    listTools(): Tool[] {
      return Array.from(tools, ([name, { description, parameters, output }]) => ({
        name,
        description,
        parameters: JSON.stringify(parameters),
        ...(output === undefined ? {} : { output: JSON.stringify(output) }),
      }));
    },

    invoke(name: string, parameters: string): string {
      const tool = tools.get(name);
      if (!tool) throw { tag: 'unknown-tool', val: name };
      try {
        return JSON.stringify(tool.run(JSON.parse(parameters)) ?? null);
      } catch (thrown) {
        throw toolError(thrown);
      }
    },
  };
}
