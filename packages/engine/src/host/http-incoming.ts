/** wasi:http/types: what comes back. All of one exchange share one handle at the broker. */
import { Fields, type WireFields } from './http-fields.ts';
import { type HttpError, withHttpErrors } from './http-errors.ts';
import { InputStream, type Pollable } from './io.ts';
import { type RemoteHandle, remoteSource } from './sockets-handle.ts';

/** A WIT `result`, as glue takes one that is inside another value. */
export type Result<T> = { tag: 'ok'; val: T } | { tag: 'err'; val: HttpError };

interface ResponseHead {
  readonly status: number;
  readonly fields: WireFields;
}

function attempt<T>(action: () => T): Result<T> {
  try {
    return { tag: 'ok', val: withHttpErrors(action) };
  } catch (thrown) {
    if (typeof thrown === 'object' && thrown !== null && Object.hasOwn(thrown, 'tag')) {
      return { tag: 'err', val: thrown as HttpError };
    }
    throw thrown;
  }
}

export class FutureTrailers {
  readonly #handle: RemoteHandle;
  #taken = false;

  constructor(handle: RemoteHandle) {
    this.#handle = handle;
  }

  subscribe(): Pollable {
    return this.#handle.subscribe('read');
  }

  get(): Result<Result<Fields | undefined>> | { tag: 'err' } | undefined {
    if (this.#taken) return { tag: 'err' };
    const trailers = attempt(() => this.#handle.ask('http-trailers') as WireFields | null);
    if (trailers.tag === 'ok' && trailers.val === null) return undefined;
    this.#taken = true;
    if (trailers.tag === 'err') return { tag: 'ok', val: trailers };
    const fields = trailers.val ?? [];
    const val = fields.length > 0 ? Fields.received(fields) : undefined;
    return { tag: 'ok', val: { tag: 'ok', val } };
  }

  [Symbol.dispose](): void {
    this.#handle.release();
  }
}

export class IncomingBody {
  readonly #handle: RemoteHandle;
  #taken = false;

  constructor(handle: RemoteHandle) {
    this.#handle = handle.hold();
  }

  stream(): InputStream {
    this.#handle.session.enter();
    if (this.#taken) throw undefined;
    this.#taken = true;
    return new InputStream(this.#handle.session, remoteSource(this.#handle));
  }

  /** What is left of the body is thrown away; the trailers come behind it. */
  static finish(body: IncomingBody): FutureTrailers {
    body.#handle.ask('http-drain');
    // The body's hold on the handle goes over to the trailers.
    return new FutureTrailers(body.#handle);
  }

  [Symbol.dispose](): void {
    this.#handle.release();
  }
}

export class IncomingResponse {
  readonly #handle: RemoteHandle;
  readonly #status: number;
  readonly #headers: Fields;
  #consumed = false;

  constructor(handle: RemoteHandle, head: ResponseHead) {
    this.#handle = handle.hold();
    this.#status = head.status;
    this.#headers = Fields.received(head.fields);
  }

  status(): number {
    this.#handle.session.enter();
    return this.#status;
  }

  headers(): Fields {
    this.#handle.session.enter();
    return this.#headers.frozen();
  }

  consume(): IncomingBody {
    this.#handle.session.enter();
    if (this.#consumed) throw undefined;
    this.#consumed = true;
    return new IncomingBody(this.#handle);
  }

  [Symbol.dispose](): void {
    this.#handle.release();
  }
}

export class FutureIncomingResponse {
  readonly #handle: RemoteHandle;
  #taken = false;

  /** Takes over the one hold that a new handle has. */
  constructor(handle: RemoteHandle) {
    this.#handle = handle;
  }

  subscribe(): Pollable {
    return this.#handle.subscribe('ready');
  }

  get(): Result<Result<IncomingResponse>> | { tag: 'err' } | undefined {
    if (this.#taken) return { tag: 'err' };
    const head = attempt(() => this.#handle.ask('http-response') as ResponseHead | null);
    if (head.tag === 'ok' && head.val === null) return undefined;
    this.#taken = true;
    if (head.tag === 'err') return { tag: 'ok', val: head };
    return { tag: 'ok', val: { tag: 'ok', val: new IncomingResponse(this.#handle, head.val!) } };
  }

  [Symbol.dispose](): void {
    this.#handle.release();
  }
}
