import { serveStdio } from '@modelcontextprotocol/server/stdio';
import type { Engine } from '@skill-engine/engine';
import { createMcpServer, type McpServerOptions } from './server.ts';

/** Speaks MCP on this process's standard input and output, in both generations of the protocol. */
export function serveOverStdio(
  engine: Engine,
  { onError, ...options }: McpServerOptions & { readonly onError?: (error: Error) => void } = {},
): { close(): Promise<void> } {
  const factory = () => createMcpServer(engine, options);
  return serveStdio(factory, onError === undefined ? {} : { onerror: onError });
}
