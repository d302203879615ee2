/** wasi:http/types: what a guest makes a request of. */
import { SENT_BODY_BYTES } from '../broker/http-rules.ts';
import { Fields, type WireFields } from './http-fields.ts';
import { type HttpError, httpError, withHttpErrors } from './http-errors.ts';
import { CLOSED, OutputStream, Pollable, type ByteSink } from './io.ts';
import { type RemoteHandle, remoteSink } from './sockets-handle.ts';
import type { HostSession } from './session.ts';

export type Method = { tag: string; val?: string };
export type Scheme = { tag: 'HTTP' } | { tag: 'HTTPS' } | { tag: 'other'; val: string };

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** What `handle` sends along with the head. */
export interface SentBody {
  readonly kind: 'none' | 'whole' | 'open';
  readonly bytes: Uint8Array;
}

/** A request's body. It may be written before its request is sent: that much is held here. */
export class OutgoingBody {
  readonly #session: HostSession;
  #state: 'open' | 'finished' | 'dropped' = 'open';
  #trailers: WireFields = [];
  #taken = false;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #handle: RemoteHandle | undefined;
  #sink: ByteSink | undefined;

  constructor(session: HostSession) {
    this.#session = session;
  }

  /** Called once, when the request is sent. */
  send(): SentBody {
    if (this.#state === 'dropped') throw httpError('HTTP-protocol-error') as HttpError;
    const bytes = joined(this.#held, this.#heldBytes);
    this.#held = [];
    if (this.#state === 'open' || this.#trailers.length > 0) return { kind: 'open', bytes };
    return { kind: bytes.length === 0 ? 'none' : 'whole', bytes };
  }

  /** From now on bytes go to the broker. */
  attach(handle: RemoteHandle): void {
    if (this.#state === 'finished') {
      if (this.#trailers.length > 0) handle.ask('http-finish', this.#trailers);
      return;
    }
    this.#handle = handle.hold();
    this.#sink = remoteSink(handle);
  }

  write(): OutputStream {
    this.#session.enter();
    if (this.#taken) throw undefined;
    this.#taken = true;
    return new OutputStream(this.#session, {
      permit: () => {
        this.#assertOpen();
        return this.#sink?.permit?.() ?? SENT_BODY_BYTES - this.#heldBytes;
      },
      write: (bytes) => this.#write(bytes),
      writeAndFlush: (bytes) => {
        this.#assertOpen();
        if (this.#sink?.writeAndFlush) this.#sink.writeAndFlush(bytes);
        else this.#write(bytes);
      },
      blockingFlush: () => {
        this.#assertOpen();
        this.#sink?.blockingFlush?.();
      },
      subscribe: () => this.#subscribe(),
    });
  }

  /** A stream that outlives its body is closed. */
  #assertOpen(): void {
    if (this.#state !== 'open') throw CLOSED;
  }

  #write(bytes: Uint8Array): void {
    this.#assertOpen();
    if (this.#sink) {
      this.#sink.write(bytes);
      return;
    }
    // Nothing takes these bytes before the request is sent, which this guest, waiting here, would never do.
    if (this.#heldBytes + bytes.length > SENT_BODY_BYTES) throw 'HTTP-request-body-size';
    this.#heldBytes += bytes.length;
    this.#held.push(bytes.slice());
  }

  #subscribe(): Pollable {
    if (this.#handle) return this.#handle.subscribe('write');
    return new Pollable({
      session: this.#session,
      ready: () => this.#heldBytes < SENT_BODY_BYTES || this.#handle !== undefined,
    });
  }

  static finish(body: OutgoingBody, trailers: Fields | undefined): void {
    body.#session.enter();
    body.#trailers = trailers?.wire ?? [];
    body.#state = 'finished';
    const handle = body.#handle;
    if (handle === undefined) return;
    try {
      withHttpErrors(() => handle.ask('http-finish', body.#trailers));
    } finally {
      body.#release();
    }
  }

  #release(): void {
    this.#sink?.close?.();
    this.#handle?.release();
    this.#handle = undefined;
  }

  /** A body that is dropped unfinished must not look whole to the server. */
  [Symbol.dispose](): void {
    if (this.#state !== 'open') return;
    this.#state = 'dropped';
    this.#handle?.ask('http-abandon');
    this.#release();
  }
}

export class OutgoingRequest {
  readonly #session: HostSession;
  readonly #headers: Fields;
  #method: Method = { tag: 'get' };
  #path: string | undefined;
  #scheme: Scheme | undefined;
  #authority: string | undefined;
  #body: OutgoingBody | undefined;

  constructor(session: HostSession, headers: Fields) {
    session.enter();
    this.#session = session;
    this.#headers = headers.frozen();
  }

  /** The body that the guest has taken, if it has. */
  get taken(): OutgoingBody | undefined {
    return this.#body;
  }

  body(): OutgoingBody {
    this.#session.enter();
    if (this.#body) throw undefined;
    this.#body = new OutgoingBody(this.#session);
    return this.#body;
  }

  method(): Method {
    return this.#method;
  }
  setMethod(method: Method): void {
    this.#session.enter();
    if (method.tag === 'other' && !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/.test(method.val ?? ''))
      throw undefined;
    this.#method = method;
  }
  pathWithQuery(): string | undefined {
    return this.#path;
  }
  setPathWithQuery(path: string | undefined): void {
    this.#session.enter();
    if (path !== undefined && /[^\u0021-\u007e]/.test(path)) throw undefined;
    this.#path = path;
  }
  scheme(): Scheme | undefined {
    return this.#scheme;
  }
  setScheme(scheme: Scheme | undefined): void {
    this.#session.enter();
    if (scheme?.tag === 'other' && !/^[A-Za-z][A-Za-z0-9+.-]{0,63}$/.test(scheme.val))
      throw undefined;
    this.#scheme = scheme;
  }
  authority(): string | undefined {
    return this.#authority;
  }
  /** Visible ASCII without what ends an authority; whether it names a host is the broker's to say, and to record. */
  setAuthority(authority: string | undefined): void {
    this.#session.enter();
    if (authority !== undefined && /[^\u0021-\u007e]|[/?#\\]/.test(authority)) throw undefined;
    this.#authority = authority;
  }
  headers(): Fields {
    return this.#headers;
  }
  [Symbol.dispose](): void {}
}

/** The class that guests construct requests with, bound to one invocation. */
export function outgoingRequest(session: HostSession): new (headers: Fields) => OutgoingRequest {
  return class extends OutgoingRequest {
    constructor(headers: Fields) {
      super(session, headers);
    }
  };
}

/** Durations in nanoseconds. They can only shorten the host's own times. */
export class RequestOptions {
  #connect: bigint | undefined;
  #firstByte: bigint | undefined;
  #betweenBytes: bigint | undefined;
  connectTimeout(): bigint | undefined {
    return this.#connect;
  }
  setConnectTimeout(duration: bigint | undefined): void {
    this.#connect = duration;
  }
  firstByteTimeout(): bigint | undefined {
    return this.#firstByte;
  }
  setFirstByteTimeout(duration: bigint | undefined): void {
    this.#firstByte = duration;
  }
  betweenBytesTimeout(): bigint | undefined {
    return this.#betweenBytes;
  }
  setBetweenBytesTimeout(duration: bigint | undefined): void {
    this.#betweenBytes = duration;
  }
  [Symbol.dispose](): void {}
}
