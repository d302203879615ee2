// Generated from wit/ by scripts/generate-types.ts. Do not edit.
declare module 'skill:engine/tools@0.1.0' {
  /**
   * The tools of this skill, the same list at every call.
   * 
   * The host calls this when it loads the skill, and may do so with no
   * capability granted: a skill must not need a file, a name or a host here.
   */
  export function listTools(): Array<Tool>;
  /**
   * Runs one tool.
   * 
   * `parameters` is a JSON object that the host has validated against the
   * tool's schema. The result is one JSON value; `null` where there is nothing
   * to say.
   * 
   * A skill reports what it expects to go wrong as a `tool-error`. A trap ends
   * the invocation just as well, but tells its caller less.
   */
  export function invoke(tool: string, parameters: Json): Json;
  /**
   * The text of one JSON value.
   */
  export type Json = string;
  /**
   * One operation that callers can invoke.
   */
  export interface Tool {
    /**
     * The name that callers use: 1 to 64 characters of `a-z`, `A-Z`, `0-9`,
     * `_` and `-`, beginning with a letter. It is unique within the skill.
     */
    name: string,
    /**
     * What the tool does, in plain words, for the person or program that
     * chooses it. The operator's manifest may replace it.
     */
    description?: string,
    /**
     * What `invoke` takes: a JSON Schema, draft 2020-12, that describes a JSON
     * object. The host validates every call with it, and refuses at load a
     * schema that it can't bound (a remote `$ref`, for example).
     */
    parameters: Json,
    /**
     * What `invoke` returns when it succeeds: a JSON Schema, draft 2020-12.
     * For readers; the host doesn't hold the skill to it.
     */
    output?: Json,
  }
  /**
   * A tool that ran, and did not do what it was asked.
   */
  export interface Failure {
    /**
     * A stable name for this kind of failure, for programs: the same form as a
     * tool's name, `not-found` for example.
     */
    code?: string,
    /**
     * What went wrong, for people: what was found, and what would help.
     */
    message: string,
    /**
     * Anything more that a program can use.
     */
    details?: Json,
  }
  /**
   * Why a call gave no result.
   */
  export type ToolError = ToolErrorUnknownTool | ToolErrorInvalidParameters | ToolErrorFailed;
  /**
   * The skill has no tool of this name. The payload is the name.
   */
  export interface ToolErrorUnknownTool {
    tag: 'unknown-tool',
    val: string,
  }
  /**
   * The parameters are not what the tool takes, in a way that its schema
   * can't say. The payload says which parameter and what it takes instead.
   */
  export interface ToolErrorInvalidParameters {
    tag: 'invalid-parameters',
    val: string,
  }
  /**
   * The tool ran and failed.
   */
  export interface ToolErrorFailed {
    tag: 'failed',
    val: Failure,
  }
}
