/** Sessions of the protocol's revisions that have them (2025), bounded in number and in idle time. */
import { randomUUID } from 'node:crypto';
import {
  WebStandardStreamableHTTPServerTransport,
  type Server,
} from '@modelcontextprotocol/server';

export interface SessionsOptions {
  readonly most: number;
  /** Milliseconds without a request, a call and a stream. */
  readonly idleMs: number;
  readonly connect: () => Server;
}

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #open = new Map<string, Session>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  get(id: string): Session | undefined {
    return this.#open.get(id);
  }

  /** `undefined` where there are as many as may be. */
  async create(): Promise<Session | undefined> {
    if (this.#open.size >= this.#options.most) return undefined;
    const session = new Session(this.#options.connect(), this.#options.idleMs, (id) => {
      this.#open.delete(id);
    });
    this.#open.set(session.id, session);
    await session.connect();
    return session;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((session) => session.close()));
  }
}

export class Session {
  readonly id: string = randomUUID();
  readonly #transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => this.id,
  });
  readonly #server: Server;
  readonly #idleMs: number;
  readonly #forget: (id: string) => void;
  #busy = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(server: Server, idleMs: number, forget: (id: string) => void) {
    this.#server = server;
    this.#idleMs = idleMs;
    this.#forget = forget;
  }

  async connect(): Promise<void> {
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK's servers have no other way
    this.#server.onclose = () => {
      clearTimeout(this.#idle);
      this.#forget(this.id);
    };
    await this.#server.connect(this.#transport);
  }

  /** @param ended resolves when the answer was sent, or cannot be any more */
  async answer(request: Request, body: unknown, ended: Promise<void>): Promise<Response> {
    this.#busy += 1;
    clearTimeout(this.#idle);
    void ended.then(() => this.#rest());
    const options = body === undefined ? {} : { parsedBody: body };
    const response = await this.#transport.handleRequest(request, options);
    // What was meant to open the session did not.
    if (this.#transport.sessionId === undefined) await this.close();
    return response;
  }

  /** Whatever runs for it is cancelled. */
  async close(): Promise<void> {
    await this.#server.close();
  }

  #rest(): void {
    this.#busy -= 1;
    if (this.#busy > 0 || this.#server.transport === undefined) return;
    this.#idle = setTimeout(() => void this.close(), this.#idleMs).unref();
  }
}
