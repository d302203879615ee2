/** The room's table of contents. Pure: no node:* imports. */
export { copyJson } from './copy-json.ts';
export { defaultJsonLimits, type JsonLimits, type JsonResult } from './json-limits.ts';
export { assertJsonValue, parseParametersJson } from './parameters.ts';
export { parseJson } from './parse-json.ts';
export {
  REDACTED,
  isSensitiveName,
  noMarkers,
  redactSensitive,
  sensitiveNames,
  type SensitiveNames,
} from './sensitive.ts';
export { compileTool, type CompileOptions, type ToolValidator } from './compile.ts';
export { rowsToSchema } from './rows.ts';
