import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { SkillError, type Engine } from '@skill-engine/engine';
import { createMcpServer, type McpServerOptions } from '../server.ts';
import { addressOf, isLoopback, listen, placeText } from './address.ts';
import { Door, PATH } from './door.ts';
import { Face } from './face.ts';
import { limitsOf, type McpHttpLimits } from './limits.ts';
import { refusal } from './refusal.ts';
import { checkToken } from './token.ts';
import { send } from './wire.ts';

/** What {@link serveOverHttp} takes. */
export interface McpHttpOptions extends McpServerOptions {
  /** Address to listen on, or a name of it. Default `127.0.0.1`. All others than loopback need a `token`. */
  readonly host?: string;
  /** TCP port from 0 to 65 535; 0 is any free one. Default 0. */
  readonly port?: number;
  /**
   * What every request has to bring as `Authorization: Bearer …`: at least 16 characters. Default: none, which lets in every
   * program and every user of this machine.
   */
  readonly token?: string;
  /** Names, without port, that clients may reach this server by (`Host`), such as that of a proxy before it. Default: none but addresses and `localhost`. */
  readonly allowedHosts?: readonly string[];
  /** Origins, such as `https://app.example`, whose pages may use this server. Default: none. */
  readonly allowedOrigins?: readonly string[];
  /** Bounds. Default: those of {@link McpHttpLimits}. */
  readonly limits?: Partial<McpHttpLimits>;
  /** Told what a client did wrong, and what failed. Default: nobody. */
  readonly onError?: (error: Error) => void;
}

/** An MCP server that listens. */
export interface McpHttpServer extends AsyncDisposable {
  /** Where clients connect to. */
  readonly url: string;
  /** Ends all sessions and cancels what runs in them; resolves when nothing does. */
  close(): Promise<void>;
}

/**
 * Speaks MCP over streamable HTTP, in both generations of the protocol, at the path `/mcp`. Browsers' pages are kept out by
 * their `Origin` and by the `Host` that they name, and everything is bounded. It speaks no TLS.
 *
 * @throws SkillError LISTEN_FAILED; INVALID_OPTIONS, also for an address beyond loopback without a token
 */
export async function serveOverHttp(
  engine: Engine,
  options: McpHttpOptions = {},
): Promise<McpHttpServer> {
  const { host = '127.0.0.1', port = 0, token, allowedHosts = [], allowedOrigins = [] } = options;
  const { limits: given, onError = () => undefined, ...about } = options;
  const limits = limitsOf(given);
  checkToken(token);
  checkPort(port);
  const address = await addressOf(host);
  if (token === undefined && !isLoopback(address)) {
    throw new SkillError(
      'INVALID_OPTIONS',
      `${address} can be reached from other machines, and there is no access token: whoever reaches it could call every tool. ` +
        'Set a token (skill serve: SKILL_ENGINE_HTTP_TOKEN or --token-file), or listen on 127.0.0.1.',
    );
  }
  const names = isIP(host) === 0 ? [...allowedHosts, host] : allowedHosts;
  const door = new Door({ token, hosts: names, origins: allowedOrigins });
  const face = new Face({ limits, onError, server: () => createMcpServer(engine, about) });
  const answer = answerer(door, face, onError);
  const server = boundedServer(limits, (request, response) => {
    void exchange(request, response, answer, limits.stallMs).catch(onError);
  });
  const at = await listen(server, address, port);
  server.on('error', onError);
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= end(server, face));
  return {
    url: `http://${placeText(at.address, at.port)}${PATH}`,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function checkPort(port: number): void {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return;
  throw new SkillError('INVALID_OPTIONS', 'port is a whole number from 0 to 65535.');
}

function boundedServer(
  { connections, requestMs }: McpHttpLimits,
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const server = createServer(
    {
      headersTimeout: Math.ceil(requestMs / 3),
      requestTimeout: requestMs,
      connectionsCheckingInterval: Math.ceil(requestMs / 6),
      keepAliveTimeout: 15_000,
      // A peer that vanished without a word is found by the system asking for it.
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
    },
    listener,
  );
  server.maxConnections = connections;
  server.maxHeadersCount = 100;
  return server;
}

type Answer = (
  request: IncomingMessage,
  signal: AbortSignal,
  ended: Promise<void>,
) => Promise<Response>;

function answerer(door: Door, face: Face, onError: (error: Error) => void): Answer {
  return async (request, signal, ended) => {
    const refused = door.refuse(request);
    const answer = refused ?? (await face.answer(request, { signal, ended }));
    for (const [name, value] of Object.entries(door.headersFor(request))) {
      answer.headers.set(name, value);
    }
    if (refused !== undefined && !refused.ok) {
      const { host, origin = null } = request.headers;
      onError(new Error(`refused with ${refused.status}: ${JSON.stringify({ host, origin })}`));
    }
    return answer;
  };
}

async function exchange(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  stallMs: number,
): Promise<void> {
  const gone = new AbortController();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  // What cannot be sent any more is no failure of the server.
  response.on('error', () => undefined);
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
    end();
  });
  let sent: Response;
  try {
    sent = await answer(request, gone.signal, ended);
  } catch (error) {
    if (gone.signal.aborted || request.socket.destroyed) return;
    sent = refusal(500, 'The server failed.', { code: -32_603 });
    await send(sent, response, stallMs);
    throw error;
  }
  // Nobody reads the rest of a body that was refused.
  if (!request.complete) response.setHeader('connection', 'close');
  await send(sent, response, stallMs);
}

async function end(server: Server, face: Face): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  await face.close();
  server.closeAllConnections();
  await Promise.all([promise, face.close()]);
}
