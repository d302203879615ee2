/** Skills for models. A table of contents: everything public is named here. */
export { aiSdkTools, type AiSdkTool, type JsonSchemaWrapper } from './ai-sdk.ts';
export { createMcpServer, type McpServerOptions } from './server.ts';
export { serveOverHttp, type McpHttpOptions, type McpHttpServer } from './http/serve.ts';
export { type McpHttpLimits } from './http/limits.ts';
export { serveOverStdio } from './stdio.ts';
export { SkillTools, type ModelTool, type SkillToolsOptions } from './tools.ts';
export { toolAnswer } from './answer.ts';
