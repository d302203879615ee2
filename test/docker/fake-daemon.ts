/** A container engine that says what a test wants, over a real socket: right answers, and any wrong one in their place. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Answer = (response: ServerResponse, request: IncomingMessage, body: unknown) => void;
type Attached = (socket: Duplex, streams: URLSearchParams) => void;

const id = 'ab'.repeat(32);

/** One frame of output: 1 is stdout, 2 is stderr. */
export function frame(kind: number, text: string | Buffer): Buffer {
  const payload = Buffer.from(text as string);
  const header = Buffer.alloc(8);
  header[0] = kind;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

export function json(value: unknown, status = 200): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };
}

/** Never answers. */
export const hang: Answer = () => {};
export const notJson: Answer = (response) => void response.end('<html>');
export const cut: Answer = (response) => {
  response.writeHead(200, { 'content-length': '100' });
  response.write('{"a"');
  response.destroy();
};
export const endless: Answer = (response) => {
  const more = (): void => {
    while (response.write('"'.repeat(65_536)));
  };
  response.on('drain', more);
  more();
};

export class FakeDaemon {
  readonly #folder = mkdtempSync(join(tmpdir(), 'fake-'));
  readonly socket = join(this.#folder, 's');
  readonly #server = createServer((request, response) => void this.#receive(request, response));
  readonly #sockets = new Set<Duplex>();
  /** `METHOD /path` without version and container's name, such as `POST /create`, with what was sent. */
  readonly asked: {
    readonly what: string;
    readonly query: string;
    readonly body: unknown;
  }[] = [];
  /** In place of the right answer, by `METHOD /path`. */
  readonly answers = new Map<string, Answer>();
  /** What an attached connection shows; by default `42`. */
  output: Attached = (socket) => void socket.end(frame(1, '42\n'));
  state: Record<string, unknown> = { Running: false, ExitCode: 0, OOMKilled: false };
  #created: Record<string, unknown> = {};

  async listen(): Promise<this> {
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
      const url = new URL(request.url ?? '', 'http://x');
      const query = String(url.searchParams);
      this.asked.push({ what: 'ATTACH', query, body: undefined });
      socket.on('error', () => {});
      socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
      if (url.searchParams.has('stdout')) this.output(socket, url.searchParams);
      else socket.on('data', (chunk: Buffer) => (this.input += chunk.toString()));
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => this.#server.listen(this.socket, resolve));
    return this;
  }

  /** What came by standard input. */
  input = '';

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  count(what: string): number {
    return this.asked.filter((each) => each.what === what).length;
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {});
    let sent = '';
    for await (const chunk of request) sent += String(chunk);
    const body: unknown = sent === '' ? undefined : JSON.parse(sent);
    const url = new URL(request.url ?? '', 'http://x');
    const path = url.pathname.replace(/^\/v1\.\d+/, '');
    const what = `${request.method} ${path.replace(/^\/containers\/skill-engine-[^/]+/, '/NAME').replace(/^\/images\/.*json$/, '/image')}`;
    this.asked.push({ what, query: String(url.searchParams), body });
    const answer = this.answers.get(what) ?? this.#right(what, body);
    answer(response, request, body);
  }

  #right(what: string, body: unknown): Answer {
    switch (what) {
      case 'GET /_ping':
        return (response) => void response.writeHead(200, { 'api-version': '1.47' }).end('OK');
      case 'GET /info':
        return json(info);
      case 'GET /image':
        return json({ Id: `sha256:${id}`, Os: 'linux', Config: { Volumes: null } });
      case 'GET /containers/json':
        return json([]);
      case 'POST /containers/create':
        this.#created = body as Record<string, unknown>;
        return json({ Id: id, Warnings: [] }, 201);
      case 'GET /NAME/json': {
        const { HostConfig, User, Image } = this.#created;
        return json({ HostConfig, Image, Config: { User }, Mounts: [], State: this.state });
      }
      case 'POST /NAME/wait':
        return json({ StatusCode: this.state['ExitCode'] });
      default:
        return (response) => void response.writeHead(204).end();
    }
  }
}

/** As an engine says that keeps all limits. */
export const info = {
  OSType: 'linux',
  MemoryLimit: true,
  SwapLimit: true,
  PidsLimit: true,
  CpuCfsQuota: true,
  NCPU: 2,
  SecurityOptions: ['name=seccomp,profile=builtin', 'name=rootless'],
  DockerRootDir: '/var/lib/docker',
};
