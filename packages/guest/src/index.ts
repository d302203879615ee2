/** What every skill imports. Files, environment, HTTP and UTF-8 are modules of their own, so that a skill imports of WASI only what it uses. */
export {
  defineSkill,
  type SkillDefinition,
  type SkillTools,
  type ToolContext,
  type ToolDefinition,
} from './define.ts';
export { InvalidParameters, ToolError } from './errors.ts';
export {
  jsonSchema,
  type InputOf,
  type JsonSchema,
  type StandardIssue,
  type StandardResult,
  type StandardSchema,
  type ToolInput,
} from './schema.ts';
