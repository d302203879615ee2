/** A server over HTTP with harmless and endless tools, and requests as no client of good manners makes them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createEngine, MemoryAuditStore, type Engine } from '@skill-engine/engine';
import { serveOverHttp, type McpHttpOptions } from '@skill-engine/mcp';
import { buildGuest } from '../guests/build.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** Of the body, or of its only event. */
  readonly json: Message;
}

interface Message {
  readonly error?: { readonly code: number; readonly message: string };
  readonly result?: { readonly isError?: boolean };
}

type Headers = Readonly<Record<string, string | string[]>>;

export const headers: Headers = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

export const initialize = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'raw', version: '1' },
  },
};

export const call = (name: string, id = 1) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: {} },
});

export class Bench implements AsyncDisposable {
  readonly engine: Engine;
  readonly url: string;
  readonly errors: string[];
  readonly close: () => Promise<void>;
  readonly #folder: string;

  private constructor(
    folder: string,
    engine: Engine,
    server: Bench['close'],
    url: string,
    errors: string[],
  ) {
    this.#folder = folder;
    this.engine = engine;
    this.close = server;
    this.url = url;
    this.errors = errors;
  }

  static async open(options: McpHttpOptions = {}): Promise<Bench> {
    const folder = mkdtempSync(join(tmpdir(), 'skill-http-'));
    const engine = await createEngine({ home: folder, audit: new MemoryAuditStore() });
    for (const guest of ['answer', 'loop-forever']) await engine.load(await buildGuest(guest));
    const errors: string[] = [];
    const onError = (error: Error) => void errors.push(error.message);
    const server = await serveOverHttp(engine, { user: 'operator', onError, ...options });
    return new Bench(folder, engine, () => server.close(), server.url, errors);
  }

  /** Sends what it is told to, also what `fetch` would not. */
  start(method: string, own: Headers = {}, body?: string | Buffer): ClientRequest {
    const sent = request(this.url, { method, headers: { ...headers, ...own }, agent: false });
    sent.on('error', () => undefined);
    return sent.end(body);
  }

  async send(method: string, own: Headers = {}, body?: unknown): Promise<Answer> {
    if (method !== 'POST' || body === undefined) return read(this.start(method, own));
    return read(this.start(method, own, typeof body === 'string' ? body : JSON.stringify(body)));
  }

  post(body: unknown, own: Headers = {}): Promise<Answer> {
    return this.send('POST', own, body);
  }

  /** Opens a session: the header that names it. */
  async session(own: Headers = {}): Promise<{ readonly 'mcp-session-id': string }> {
    const { headers: answered, status } = await this.post(initialize, own);
    if (status !== 200) throw new Error(`no session: ${status}`);
    return { 'mcp-session-id': String(answered['mcp-session-id']) };
  }

  async records(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const { records } = await this.engine.audit.query({ limit: 100 });
    return records as never;
  }

  /** Waits until the newest record is of that status. */
  async untilLast(status: string): Promise<Readonly<Record<string, unknown>>> {
    for (;;) {
      const [last] = await this.records();
      if (last?.['status'] === status) return last;
      await pause(10);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await this.engine.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export async function read(sent: ClientRequest): Promise<Answer> {
  const response = await responseTo(sent);
  let text = '';
  response.setEncoding('utf8');
  for await (const part of response) text += part;
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    json: messageOf(/^data: (.*)$/m.exec(text)?.[1] ?? text),
  };
}

/** As soon as its head is there. */
export function responseTo(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve);
    sent.once('error', reject);
  });
}

function messageOf(text: string): Message {
  try {
    return JSON.parse(text) as Message;
  } catch {
    return {};
  }
}
