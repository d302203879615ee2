/** The room's table of contents. Pure: no node:* imports. */
export { compileTool, type ToolValidator } from './compile.ts';
export { copyJson } from './copy-json.ts';
export { parseJson } from './parse-json.ts';
export { rowsToSchema } from './rows.ts';
export { notJson } from './violations.ts';
export { noMarkers, type SensitiveNames } from './sensitive.ts';
