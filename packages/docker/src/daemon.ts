/**
 * The few requests of the Docker Engine API that a call needs, over its Unix socket. Every request has a time limit, and
 * every answer a size.
 */
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** What the daemon refused, or that it did not answer as its API says. */
export class DaemonError extends Error {
  override readonly name = 'DaemonError';
  /** HTTP status; `undefined` where there was no answer, or one that is none. */
  readonly status: number | undefined;

  constructor(message: string, options: { status?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status;
  }
}

export interface Request {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** `null`: as long as `signal` lets it. Default: the daemon's. */
  readonly timeoutMs?: number | null;
  readonly signal?: AbortSignal;
}

const longestAnswer = 4 * 1024 * 1024;
const longestMessage = 500;
const longestProgress = 64 * 1024;

export class Daemon {
  readonly socketPath: string;
  readonly #timeoutMs: number;
  #version = '';

  constructor(socketPath: string, timeoutMs: number) {
    this.socketPath = socketPath;
    this.#timeoutMs = timeoutMs;
  }

  /** A daemon of this version of the API, such as `1.47`, which further requests name. */
  at(version: string): Daemon {
    const daemon = new Daemon(this.socketPath, this.#timeoutMs);
    daemon.#version = `/v${version}`;
    return daemon;
  }

  get(path: string, request: Request = {}): Promise<unknown> {
    return this.#json('GET', path, request);
  }

  post(path: string, request: Request = {}): Promise<unknown> {
    return this.#json('POST', path, request);
  }

  delete(path: string, request: Request = {}): Promise<unknown> {
    return this.#json('DELETE', path, request);
  }

  /** The newest version of the API that it speaks, such as `1.47`. */
  async apiVersion(): Promise<string> {
    const path = '/_ping';
    try {
      const signal = AbortSignal.timeout(this.#timeoutMs);
      const response = await this.#send('GET', path, { signal });
      // Whatever else it says is not read.
      response.on('error', () => {}).destroy();
      return String(response.headers['api-version'] ?? '');
    } catch (error) {
      throw unanswered(path, error);
    }
  }

  /** Has an image fetched from its registry. */
  async fetchImage(name: string, timeoutMs: number): Promise<void> {
    const path = '/images/create';
    const signal = AbortSignal.timeout(timeoutMs);
    let status: number;
    let end = '';
    try {
      const response = await this.#send('POST', path, { query: { fromImage: name }, signal });
      status = response.statusCode ?? 0;
      // The progress in lines of JSON; only the last ones say how it ended.
      for await (const chunk of response as AsyncIterable<Buffer>)
        end = (end + chunk.toString('utf8')).slice(-longestProgress);
    } catch (error) {
      throw unanswered(path, error);
    }
    if (status < 200 || status > 299) throw refusal(status, end);
    const problem = /"error":("(?:[^"\\]|\\.)*")/.exec(end)?.[1];
    if (problem !== undefined) throw refusal(500, problem);
  }

  /** A connection that stands for streams of a container. Whoever asked for it destroys it. */
  async attach(path: string, query: Readonly<Record<string, string>>): Promise<Duplex> {
    const signal = AbortSignal.timeout(this.#timeoutMs);
    const upgrade = { connection: 'Upgrade', upgrade: 'tcp' };
    const request = this.#open('POST', path, { query, signal }, upgrade);
    request.end();
    const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
    request.on('upgrade', (_response, socket, head) => {
      // From here the request's time limit no longer counts.
      socket.on('error', () => {});
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.on('response', (response) => {
      this.#read(response).then(
        (text) => reject(refusal(response.statusCode ?? 0, text)),
        (error: unknown) => reject(unanswered(path, error)),
      );
    });
    request.on('error', (error) => reject(unanswered(path, error)));
    return promise;
  }

  async #json(method: string, path: string, options: Request): Promise<unknown> {
    const limits = options.signal === undefined ? [] : [options.signal];
    if (options.timeoutMs !== null)
      limits.push(AbortSignal.timeout(options.timeoutMs ?? this.#timeoutMs));
    let status: number;
    let text: string;
    try {
      const signal = AbortSignal.any(limits);
      const response = await this.#send(method, path, { ...options, signal });
      status = response.statusCode ?? 0;
      text = await this.#read(response);
    } catch (error) {
      throw unanswered(path, error);
    }
    if (status < 200 || status > 299) throw refusal(status, text);
    if (text.trim() === '') return undefined;
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw new DaemonError(`${path} was answered with what is no JSON`, { cause: error });
    }
  }

  async #send(method: string, path: string, options: Request): Promise<IncomingMessage> {
    const body = options.body === undefined ? '' : JSON.stringify(options.body);
    const request = this.#open(method, path, options, {
      ...(body === '' ? {} : { 'content-type': 'application/json' }),
      'content-length': String(Buffer.byteLength(body)),
    });
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    request.on('response', resolve).on('error', reject);
    request.end(body);
    return promise;
  }

  #open(
    method: string,
    path: string,
    { query = {}, signal }: Request,
    headers: Readonly<Record<string, string>>,
  ): ClientRequest {
    const asked = new URLSearchParams(query).toString();
    return httpRequest({
      socketPath: this.socketPath,
      method,
      path: `${this.#version}${path}${asked === '' ? '' : `?${asked}`}`,
      headers: { host: 'localhost', ...headers },
      // A connection of its own for each: none is used again after an answer that broke off.
      agent: false,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async #read(response: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > longestAnswer) throw new Error('the answer is too long');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }
}

function unanswered(path: string, error: unknown): DaemonError {
  const { name, message, code } = error as Error & { code?: string };
  const why =
    name === 'TimeoutError' || (error as Error).cause instanceof Error
      ? 'in time'
      : `(${code ?? message})`;
  return new DaemonError(`${path} was not answered ${why}`, { cause: error });
}

function refusal(status: number, text: string): DaemonError {
  let message = text;
  try {
    message = String((JSON.parse(text) as { message?: unknown }).message ?? text);
  } catch {
    // Some errors are plain text.
  }
  return new DaemonError(message.trim().slice(0, longestMessage), { status });
}
