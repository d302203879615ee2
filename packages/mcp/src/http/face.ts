/** From a request that was let in to its answer, in both generations of the protocol. */
import type { IncomingMessage } from 'node:http';
import {
  createMcpHandler,
  isInitializeRequest,
  isLegacyRequest,
  type McpHttpHandler,
  type Server,
} from '@modelcontextprotocol/server';
import { CallSlots } from './call-slots.ts';
import { remember } from './exchange.ts';
import type { McpHttpLimits } from './limits.ts';
import { refusal } from './refusal.ts';
import { Sessions } from './sessions.ts';
import { bodyOf, headOf } from './wire.ts';

export interface FaceOptions {
  readonly limits: McpHttpLimits;
  /** A server of its own for each session, and, without sessions, for each request. */
  readonly server: () => Server;
  readonly onError: (error: Error) => void;
}

/** How long an exchange lasts. */
export interface Duration {
  /** Aborted when the client goes away before its answer. */
  readonly signal: AbortSignal;
  readonly ended: Promise<void>;
}

export class Face {
  readonly #limits: McpHttpLimits;
  readonly #slots: CallSlots;
  readonly #sessions: Sessions;
  /** Of 2026-07-28, where every request stands for itself. */
  readonly #withoutSessions: McpHttpHandler;
  #closing = false;

  constructor({ limits, server, onError }: FaceOptions) {
    this.#limits = limits;
    this.#slots = new CallSlots(limits.calls);
    const connect = () => {
      const connected = server();
      // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK's servers have no other way
      connected.onerror = onError;
      return connected;
    };
    this.#sessions = new Sessions({
      most: limits.sessions,
      idleMs: limits.sessionIdleMs,
      connect,
    });
    this.#withoutSessions = createMcpHandler(connect, {
      legacy: 'reject',
      maxSubscriptions: limits.sessions,
      onerror: onError,
    });
  }

  async answer(message: IncomingMessage, { signal, ended }: Duration): Promise<Response> {
    const request = headOf(message, signal);
    remember(request, { address: message.socket.remoteAddress ?? '', slots: this.#slots, signal });
    if (message.method !== 'POST') return this.#inSession(request, undefined, ended);
    const text = await bodyOf(message, this.#limits.bodyBytes);
    if (text === undefined) {
      return refusal(413, `A request has at most ${this.#limits.bodyBytes} bytes.`);
    }
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      return refusal(400, 'The body is no JSON.', { code: -32_700 });
    }
    if (this.#closing) return refusal(503, 'The server is ending.');
    return (await isLegacyRequest(request, body))
      ? this.#inSession(request, body, ended)
      : this.#withoutSessions.fetch(request, { parsedBody: body });
  }

  async #inSession(request: Request, body: unknown, ended: Promise<void>): Promise<Response> {
    const id = request.headers.get('mcp-session-id');
    if (id === null && !isInitializeRequest(body)) {
      return refusal(400, 'There is no session yet: initialize comes first.');
    }
    const session = id === null ? await this.#sessions.create() : this.#sessions.get(id);
    if (session !== undefined) return session.answer(request, body, ended);
    return id === null
      ? refusal(503, `There are ${this.#limits.sessions} sessions already. Try again later.`, {
          headers: { 'retry-after': '10' },
        })
      : refusal(404, 'There is no such session, or it has ended. Initialize a new one.', {
          code: -32_001,
        });
  }

  /** Cancels what runs, begins nothing new, and resolves when nothing runs. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all([this.#sessions.close(), this.#withoutSessions.close()]);
    await this.#slots.ended();
  }
}
