/** One request and its response: bounded buffers both ways, the guest's and the host's time limits, budgets. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { NetworkLimits } from '../limits/limits.ts';
import type { CredentialBroker } from './credentials.ts';
import { fieldPairs, isTrailer, makeRequest, type MessageOptions } from './http-message.ts';
import type { RequestTimes } from './http-request.ts';
import type { NetworkBudget } from './network-budget.ts';
import type { Dialer } from './network-dial.ts';
import { httpCode } from './network-failure.ts';
import { BUFFER_BYTES, type ByteStream, type Interest } from './network-resource.ts';
import type { ScrubbedReader } from './scrubbed-reader.ts';
import type { Signal } from './network-signal.ts';
import { ProtocolViolation, WasiError } from './wasi-error.ts';

export interface ExchangeOptions extends MessageOptions {
  readonly times: RequestTimes;
  readonly dialer: Dialer;
  readonly budget: NetworkBudget;
  readonly limits: NetworkLimits;
  readonly signal: Signal;
  readonly credentials?: CredentialBroker | undefined;
  /** The host may know a credential: what it says must come unpacked. */
  readonly bound?: boolean;
}

export interface ResponseHead {
  readonly status: number;
  readonly fields: readonly (readonly [string, string])[];
  /** Whether what comes along is the whole body. */
  readonly ended: boolean;
}

const NOTHING = new Uint8Array(0);

/** A guest's own limit counts only where it is the shorter one. */
const shorter = (own: number | null, limit: number): number =>
  Math.max(1, Math.min(own ?? limit, limit));

export class HttpExchange implements ByteStream {
  readonly #options: ExchangeOptions;
  /** Made right after the answer to the isolate, which goes on meanwhile. */
  #request: ClientRequest | undefined;
  /** The body's beginning, until the request is made. */
  #opening: Uint8Array | undefined;
  #response: IncomingMessage | undefined;
  #failure: string | undefined;
  #written = 0;
  #received = 0;
  #finished: boolean;
  #timer: NodeJS.Timeout | undefined;
  #retried = false;
  #draining = false;
  #closed = false;
  /** Takes values of credentials out of what the guest reads. */
  readonly #reader: ScrubbedReader | undefined;

  /** @param body the whole body, or its beginning; not kept */
  constructor(options: ExchangeOptions, body: Uint8Array) {
    this.#options = options;
    this.#reader = options.credentials?.reader();
    const { head, bodyKind } = options;
    this.#finished = bodyKind !== 'open';
    if (head.contentLength !== undefined && this.#finished && head.contentLength !== body.length) {
      throw new WasiError('HTTP-request-body-size');
    }
    const bytes = head.fields.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    options.budget.bytes(options.endpoint.normal, head.target.length + bytes + body.length);
    this.#opening = body;
    process.nextTick(() => this.#begin());
  }

  #begin(): void {
    const body = this.#opening;
    this.#opening = undefined;
    if (body === undefined || this.#closed) return;
    try {
      this.#request = this.#start(body);
    } catch (error) {
      // Nobody is above this to be told.
      this.#fail(httpCode(error));
    }
  }

  /** The request, which an isolate that asks at once may be ahead of. */
  #sending(): ClientRequest {
    this.#begin();
    this.#throwFailure();
    return this.#request!;
  }

  #start(body: Uint8Array): ClientRequest {
    const { endpoint, dialer, limits, times, bodyKind } = this.#options;
    const secure = endpoint.protocol === 'https';
    const milliseconds = shorter(times.connect, limits.connectMs);
    const dial = () =>
      dialer.connect(endpoint, { secure, milliseconds, operation: 'http request' });
    const request = makeRequest(this.#options, body.length, dial);
    request.on('socket', (socket) => {
      socket.setNoDelay(true);
      this.#await(shorter(times.firstByte, limits.firstByteMs), 'HTTP-response-timeout');
    });
    request.on('response', (response) => this.#receive(response));
    request.on('drain', () => this.#options.signal.wake());
    request.on('finish', () => this.#options.signal.wake());
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      this.#fail('HTTP-upgrade-failed');
    });
    request.on('error', (error) => this.#requestFailed(request, error));
    request.on('close', () => {
      if (request === this.#request && !this.#response) this.#fail('connection-terminated');
    });
    if (bodyKind === 'open') request.flushHeaders();
    if (body.length > 0) request.write(body, () => this.#options.signal.wake());
    this.#written = body.length;
    if (bodyKind !== 'open') request.end();
    return request;
  }

  /** An idle connection may have been closed by the other side just when it was taken: then once more. */
  #requestFailed(request: ClientRequest, error: Error): void {
    if (request !== this.#request) return;
    const again = request.reusedSocket && !this.#retried && !this.#response && !this.#failure;
    if (again && this.#options.bodyKind === 'none' && httpCode(error) === 'connection-terminated') {
      this.#retried = true;
      this.#request = this.#start(NOTHING);
      return;
    }
    this.#fail(this.#response ? 'HTTP-response-incomplete' : httpCode(error));
  }

  #receive(response: IncomingMessage): void {
    this.#calm();
    if (this.#isPacked(response)) return;
    this.#response = response;
    const wake = () => this.#options.signal.wake();
    response.on('readable', () => {
      this.#calm();
      if (this.#draining) this.#discard();
      wake();
    });
    response.on('end', wake);
    response.on('error', () => this.#fail('HTTP-response-incomplete'));
    response.on('close', () => {
      if (response.complete) wake();
      else this.#fail('HTTP-response-incomplete');
    });
    const bytes = response.rawHeaders.reduce((sum, text) => sum + text.length, 0);
    this.#spend(bytes);
    // Nothing flows until the guest reads, but a body of no bytes has to come to its end.
    response.read(0);
    // What of the body has come along is parsed before the next tick; a small one is then here with its head.
    process.nextTick(wake);
  }

  /** Values of credentials cannot be found in what is packed. */
  #isPacked(response: IncomingMessage): boolean {
    const { bound, credentials, endpoint } = this.#options;
    if (bound !== true) return false;
    const { 'content-encoding': content = 'identity', 'transfer-encoding': transfer = 'chunked' } =
      response.headers;
    if (/^(?:identity)?$/i.test(content) && /^chunked$/i.test(transfer)) return false;
    credentials?.refusePacked(endpoint.normal, `${content}, ${transfer}`);
    this.#fail('HTTP-response-content-coding');
    return true;
  }

  /** Whom it is exchanged with, for denials. */
  get peer(): string {
    const { protocol, normal, port } = this.#options.endpoint;
    return `${protocol}://${normal}:${port}`;
  }

  #fields(raw: readonly string[]): readonly (readonly [string, string])[] {
    const pairs = fieldPairs(raw);
    return this.#options.credentials?.maskFields(pairs) ?? pairs;
  }

  #await(milliseconds: number, code: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fail(code), milliseconds);
  }

  #calm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #fail(code: string): void {
    this.#calm();
    if (this.#failure === undefined && !this.#ended()) this.#failure = code;
    this.#request?.destroy();
    this.#options.signal.wake();
  }

  #spend(bytes: number): void {
    try {
      this.#options.budget.bytes(this.#options.endpoint.normal, bytes);
    } catch (error) {
      this.#breach(httpCode(error));
    }
  }

  /** A limit holds also where the last bytes are here already. */
  #breach(code: string): void {
    this.#failure ??= code;
    this.#fail(code);
  }

  #ended(): boolean {
    const response = this.#response;
    return response !== undefined && response.complete && response.readableLength === 0;
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw new WasiError(this.#failure);
  }

  ready(interest: Interest): boolean {
    if (this.#failure !== undefined) return true;
    if (interest === 'ready') return this.#response !== undefined;
    if (interest === 'write') return this.room() > 0;
    if (this.#response === undefined) return false;
    const there =
      this.#ended() ||
      (!this.#draining && (this.#response.readableLength > 0 || this.#reader?.pending === true));
    if (!there) this.#awaitBytes();
    return there;
  }

  /** The head of the response, once it is there, and what is there of the body: small ones are read at once. */
  response(): { readonly head: ResponseHead; readonly bytes: Uint8Array } | undefined {
    this.#throwFailure();
    const response = this.#response;
    if (response === undefined) return undefined;
    const chunk = response.readableLength > 0 ? (response.read() as Uint8Array | null) : null;
    const handed = chunk === null ? NOTHING : this.#hand(chunk);
    const ended = this.#ended();
    if (ended) response.read();
    const bytes = this.#reader?.opening(handed, ended) ?? handed;
    return {
      head: { status: response.statusCode ?? 0, fields: this.#fields(response.rawHeaders), ended },
      bytes,
    };
  }

  read(length: number): Uint8Array | 'end' {
    if (this.#reader === undefined || length === 0) return this.#read(length);
    return this.#reader.read(length, (some) => this.#read(some));
  }

  #read(length: number): Uint8Array | 'end' {
    const response = this.#response;
    if (response === undefined) throw new ProtocolViolation('net.read: no response yet');
    const there = Math.min(length, response.readableLength);
    if (there > 0) {
      const chunk = response.read(there) as Uint8Array | null;
      if (chunk !== null) return this.#hand(chunk);
    }
    this.#throwFailure();
    if (this.#ended()) {
      response.read();
      return 'end';
    }
    response.read(0);
    if (length > 0) this.#awaitBytes();
    return NOTHING;
  }

  #awaitBytes(): void {
    if (this.#timer !== undefined) return;
    const { times, limits } = this.#options;
    this.#await(shorter(times.betweenBytes, limits.betweenBytesMs), 'connection-read-timeout');
  }

  #hand(chunk: Uint8Array): Uint8Array {
    this.#received += chunk.length;
    if (this.#received > this.#options.limits.responseBytes)
      this.#breach('HTTP-response-body-size');
    else this.#spend(chunk.length);
    // What passes a budget is the guest's no more, even if it is here.
    this.#throwFailure();
    return chunk;
  }

  room(): number {
    const request = this.#sending();
    return this.#finished ? 0 : BUFFER_BYTES - request.writableLength;
  }

  write(bytes: Uint8Array): void {
    this.#throwFailure();
    if (this.#finished) throw new ProtocolViolation('net.write: the body is finished');
    if (bytes.length === 0) return;
    const declared = this.#options.head.contentLength;
    this.#written += bytes.length;
    if (declared !== undefined && this.#written > declared) this.#breach('HTTP-request-body-size');
    else this.#spend(bytes.length);
    this.#throwFailure();
    if (this.#timer !== undefined && !this.#response) this.#timer.refresh();
    this.#sending().write(bytes, () => this.#options.signal.wake());
  }

  flushed(): boolean {
    return this.#sending().writableLength === 0;
  }

  /** The body is whole; trailers go only behind a body of unknown length. */
  finish(trailers: readonly (readonly [string, string])[]): void {
    this.#throwFailure();
    if (this.#finished) throw new ProtocolViolation('net.http-finish: twice');
    if (!trailers.every(([name, value]) => isTrailer(name, value))) {
      throw new WasiError('HTTP-protocol-error');
    }
    const declared = this.#options.head.contentLength;
    this.#finished = true;
    if (declared !== undefined && this.#written !== declared)
      this.#breach('HTTP-request-body-size');
    const request = this.#sending();
    if (trailers.length > 0 && declared === undefined)
      request.addTrailers(trailers as [string, string][]);
    this.#timer?.refresh();
    request.end();
  }

  /** The guest gave up its body: what was sent must not look whole. */
  abandon(): void {
    if (!this.#finished && this.#failure === undefined) this.#fail('HTTP-protocol-error');
    this.#finished = true;
  }

  /** The guest wants nothing more of the body: the rest is thrown away as it comes. */
  drain(): void {
    if (this.#response === undefined)
      throw new ProtocolViolation('net.http-drain: no response yet');
    this.#draining = true;
    this.#discard();
  }

  #discard(): void {
    const response = this.#response!;
    try {
      while (response.readableLength > 0) this.#hand(response.read() as Uint8Array);
    } catch (error) {
      if (!(error instanceof WasiError)) throw error;
    }
    if (this.#ended()) response.read();
    else if (this.#failure === undefined) {
      response.read(0);
      this.#awaitBytes();
    }
  }

  /** Fields behind the body, once that was read to its end. */
  trailers(): readonly (readonly [string, string])[] | undefined {
    this.#throwFailure();
    return this.#ended() ? this.#fields(this.#response!.rawTrailers) : undefined;
  }

  close(): void {
    this.#calm();
    this.#closed = true;
    if (this.#ended() && this.#finished) this.#response?.read();
    else {
      this.#failure ??= 'connection-terminated';
      this.#request?.destroy();
    }
  }
}
