/**
 * wasi:http/types: what a guest needs to build a request. Header rules are those of RFC 9110 §5:
 * a name is a token, a value has no CR, LF or NUL.
 */
import { OutputStream } from './io.ts';
import type { HostSession } from './session.ts';

/** Most header fields of one message. */
const FIELDS = 1024;

/** Bytes of a request body that are held before it is sent. */
const BODY_BYTES = 1024 * 1024;

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,1024}$/;

export type HeaderError = { tag: 'invalid-syntax' } | { tag: 'forbidden' } | { tag: 'immutable' };
export type Method = { tag: string; val?: string };
export type Scheme = { tag: 'HTTP' } | { tag: 'HTTPS' } | { tag: 'other'; val: string };

function checkName(name: string): void {
  if (!TOKEN.test(name)) throw { tag: 'invalid-syntax' } satisfies HeaderError;
}

function checkValue(value: Uint8Array): void {
  if (value.some((byte) => byte === 0 || byte === 10 || byte === 13)) {
    throw { tag: 'invalid-syntax' } satisfies HeaderError;
  }
}

export class Fields {
  #entries: [string, Uint8Array][] = [];
  #immutable = false;

  static fromList(entries: [string, Uint8Array][]): Fields {
    const fields = new Fields();
    for (const [name, value] of entries) fields.append(name, value);
    return fields;
  }

  /** The same fields, which can no longer be changed. */
  freeze(): this {
    this.#immutable = true;
    return this;
  }

  #change(): void {
    if (this.#immutable) throw { tag: 'immutable' } satisfies HeaderError;
  }

  get(name: string): Uint8Array[] {
    const wanted = name.toLowerCase();
    return this.#entries.filter(([key]) => key.toLowerCase() === wanted).map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.get(name).length > 0;
  }

  set(name: string, values: Uint8Array[]): void {
    this.#change();
    checkName(name);
    for (const value of values) checkValue(value);
    this.delete(name);
    for (const value of values) this.append(name, value);
  }

  delete(name: string): void {
    this.#change();
    const unwanted = name.toLowerCase();
    this.#entries = this.#entries.filter(([key]) => key.toLowerCase() !== unwanted);
  }

  append(name: string, value: Uint8Array): void {
    this.#change();
    checkName(name);
    checkValue(value);
    if (this.#entries.length >= FIELDS) throw { tag: 'forbidden' } satisfies HeaderError;
    this.#entries.push([name, value]);
  }

  entries(): [string, Uint8Array][] {
    return this.#entries.map(([name, value]) => [name, value]);
  }

  clone(): Fields {
    return Fields.fromList(this.entries());
  }

  [Symbol.dispose](): void {}
}

export class OutgoingBody {
  readonly #session: HostSession;
  #taken = false;
  #bytes = 0;

  constructor(session: HostSession) {
    this.#session = session;
  }

  write(): OutputStream {
    this.#session.enter();
    if (this.#taken) throw undefined;
    this.#taken = true;
    return new OutputStream(this.#session, {
      permit: () => BODY_BYTES - this.#bytes,
      write: (bytes) => {
        this.#bytes += bytes.length;
      },
    });
  }

  static finish(_body: OutgoingBody, _trailers: Fields | undefined): void {}

  [Symbol.dispose](): void {}
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
    this.#session = session;
    this.#headers = headers.clone().freeze();
  }

  body(): OutgoingBody {
    if (this.#body) throw undefined;
    this.#body = new OutgoingBody(this.#session);
    return this.#body;
  }

  method(): Method {
    return this.#method;
  }
  setMethod(method: Method): void {
    if (method.tag === 'other' && !TOKEN.test(method.val ?? '')) throw undefined;
    this.#method = method;
  }
  pathWithQuery(): string | undefined {
    return this.#path;
  }
  setPathWithQuery(path: string | undefined): void {
    if (path !== undefined && /[^\x21-\x7e]/.test(path)) throw undefined;
    this.#path = path;
  }
  scheme(): Scheme | undefined {
    return this.#scheme;
  }
  setScheme(scheme: Scheme | undefined): void {
    this.#scheme = scheme;
  }
  authority(): string | undefined {
    return this.#authority;
  }
  setAuthority(authority: string | undefined): void {
    if (authority !== undefined && /[^\x21-\x7e]|[/?#@\\]/.test(authority)) throw undefined;
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
