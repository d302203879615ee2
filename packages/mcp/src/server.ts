/** Skills as tools of an MCP server. It has no policy of its own, and no request that grants anything. */
import { Server, type CallToolResult, type Tool } from '@modelcontextprotocol/server';
import type { Engine, SkillMdTools } from '@skill-engine/engine';
import { toolAnswer } from './answer.ts';
import { exchangeOf } from './http/exchange.ts';
import { SkillTools } from './tools.ts';

/** What {@link createMcpServer} takes. */
export interface McpServerOptions {
  /** Who is recorded as the user of every call. Default: none. Clients cannot change it. */
  readonly user?: string;
  /** Told to clients. Default `skill-engine`, `0.0.0`. */
  readonly name?: string;
  /** What the server says of itself. Default: the package's version. */
  readonly version?: string;
  /** SKILL.md skills, with their four tools. Default: none. */
  readonly skills?: SkillMdTools;
}

/** Characters of a client's own name in the record. */
const NAME = 100;

/**
 * An MCP server whose tools are the engine's. Every call goes through `engine.execute`, with its policy and its
 * record.
 */
export function createMcpServer(engine: Engine, options: McpServerOptions = {}): Server {
  const { name = 'skill-engine', version = '0.0.0', user, skills } = options;
  const server = new Server({ name, version }, { capabilities: { tools: {} } });
  const tools = new SkillTools(engine, {
    ...(user === undefined ? {} : { user }),
    ...(skills === undefined ? {} : { skills }),
  });
  server.setRequestHandler('tools/list', () => ({
    tools: tools.list().map(({ name: toolName, description, parameters }): Tool => ({
      name: toolName,
      description,
      inputSchema: parameters as Tool['inputSchema'],
    })),
  }));
  server.setRequestHandler('tools/call', async ({ params }, context): Promise<CallToolResult> => {
    const { mcpReq } = context;
    const client = server.getClientVersion();
    const { signal, caller, run } = exchangeOf(context);
    const result = await run(() =>
      tools.call(params.name, params.arguments ?? {}, {
        signal: signal === undefined ? mcpReq.signal : AbortSignal.any([mcpReq.signal, signal]),
        caller: {
          face: 'mcp',
          ...caller,
          requestId: String(mcpReq.id).slice(0, NAME),
          ...(client === undefined
            ? {}
            : { client: `${client.name} ${client.version}`.slice(0, NAME) }),
        },
      }),
    );
    const answer = toolAnswer(result);
    return {
      content: [{ type: 'text', text: JSON.stringify(answer) }],
      structuredContent: answer,
      isError: !result.ok,
    };
  });
  return server;
}
