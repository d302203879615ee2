/**
 * The servers that scripted HTTP comes from: real ones on loopback, with certificates of an authority made for this
 * run. The engine's own broker judges each request, then connects here instead of to where the guest asked.
 */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
  type Server,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { isIPv4, type AddressInfo } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { createAuthority } from './certificates.ts';
import {
  HttpScript,
  type HttpScripts,
  type RecordedRequest,
  type ScriptedResponse,
} from './http-script.ts';

async function recorded(message: IncomingMessage, scheme: string): Promise<RecordedRequest> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  const body = Buffer.concat(parts);
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(message.headersDistinct))
    headers[name] = (values ?? []).join(', ');
  const { origin } = new URL(`${scheme}://${message.headers.host ?? ''}`);
  return {
    method: message.method ?? '',
    url: `${origin}${message.url ?? ''}`,
    headers,
    body: new Uint8Array(body),
    text: body.toString('utf8'),
  };
}

function respond(answer: ScriptedResponse, response: ServerResponse): void {
  response.sendDate = false;
  response.statusCode = answer.status ?? 200;
  for (const [name, value] of Object.entries(answer.headers ?? {}))
    response.setHeader(name, typeof value === 'string' ? value : [...value]);
  if (answer.json === undefined) {
    response.end(answer.body ?? '');
    return;
  }
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(answer.json));
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return (server.address() as AddressInfo).port;
}

export class ScriptedServers {
  readonly #script: HttpScript;
  readonly #authority = createAuthority('skill-engine testing');
  readonly #contexts = new Map<string, SecureContext>();
  readonly #servers: Server[] = [];
  readonly #requests: RecordedRequest[] = [];
  readonly #problems: string[] = [];
  /** Ports on loopback. */
  ports = { http: 0, https: 0 };

  private constructor(scripts: HttpScripts) {
    this.#script = new HttpScript(scripts);
  }

  static async start(scripts: HttpScripts): Promise<ScriptedServers> {
    const servers = new ScriptedServers(scripts);
    await servers.#listen();
    return servers;
  }

  /** What the broker has to trust (PEM). */
  get certificate(): string {
    return this.#authority.cert;
  }

  /** All requests that arrived so far, in their order. */
  get requests(): readonly RecordedRequest[] {
    return this.#requests;
  }

  /** What went wrong on the test's side since it was asked last: requests that no script answers, scripts that threw. */
  takeProblems(): readonly string[] {
    return this.#problems.splice(0);
  }

  async #listen(): Promise<void> {
    const addresses = this.#script.hosts.filter((host) => isIPv4(host));
    const http = createHttpServer(
      (request, response) => void this.#serve('http', request, response),
    );
    const https = createHttpsServer(
      {
        // A connection to an address names no server.
        ...this.#authority.issue(addresses.length > 0 ? addresses : ['no-script.invalid']),
        SNICallback: (name, done) => done(null, this.#contextOf(name)),
      },
      (request, response) => void this.#serve('https', request, response),
    );
    https.on('tlsClientError', () => {
      this.#problems.push('a TLS connection to an address that no script names');
    });
    this.#servers.push(http, https);
    this.ports = { http: await listening(http), https: await listening(https) };
  }

  #contextOf(name: string): SecureContext {
    const known = this.#contexts.get(name) ?? createSecureContext(this.#authority.issue([name]));
    this.#contexts.set(name, known);
    return known;
  }

  async #serve(
    scheme: 'http' | 'https',
    message: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    try {
      const request = await recorded(message, scheme);
      this.#requests.push(request);
      const answer = await this.#script.answer(request);
      if (answer === undefined) {
        this.#problems.push(`no script answers ${request.method} ${request.url}`);
        respond({ status: 501, body: 'no script answers this request' }, response);
      } else respond(answer, response);
    } catch (error) {
      // The connection may have been given up by the guest, which is no fault of the test.
      if (message.destroyed && !message.complete) return;
      this.#problems.push(
        `the script for ${message.method ?? ''} ${message.url ?? ''} failed: ${String(error)}`,
      );
      response.destroy();
    }
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#servers.map(async (server) => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }),
    );
  }
}
