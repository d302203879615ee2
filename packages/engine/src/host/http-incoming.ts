/** wasi:http/types: what comes back. All of one exchange share one handle at the broker. */
import { Fields, type WireFields } from './http-fields.ts';
import { type HttpError, withHttpErrors } from './http-errors.ts';
import { type ByteSource, CLOSED, InputStream, Pollable } from './io.ts';
import { type RemoteHandle, remoteSource } from './sockets-handle.ts';

/** A WIT `result`, as glue takes one that is inside another value. */
export type Result<T> = { tag: 'ok'; val: T } | { tag: 'err'; val: HttpError };

interface ResponseHead {
  readonly status: number;
  readonly fields: WireFields;
  readonly ended: boolean;
}

/** What came of a body along with its head. */
interface Beginning {
  bytes: Uint8Array;
  /** Whether that is all of it. */
  readonly ended: boolean;
}

function bodySource(handle: RemoteHandle, beginning: Beginning): ByteSource {
  const remote = remoteSource(handle);
  const read = (length: number, more: (length: number) => Uint8Array): Uint8Array => {
    const { bytes, ended } = beginning;
    if (bytes.length === 0) {
      if (ended) throw CLOSED;
      return more(length);
    }
    beginning.bytes = bytes.subarray(length);
    return bytes.subarray(0, length);
  };
  return {
    ...remote,
    read: (length) => read(length, remote.read),
    blockingRead: (length) => read(length, remote.blockingRead ?? remote.read),
    subscribe: () =>
      beginning.ended || beginning.bytes.length > 0
        ? Pollable.always(handle.session)
        : handle.subscribe('read'),
  };
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
  readonly #beginning: Beginning;
  #taken = false;

  constructor(handle: RemoteHandle, beginning: Beginning) {
    this.#handle = handle.hold();
    this.#beginning = beginning;
  }

  stream(): InputStream {
    this.#handle.session.enter();
    if (this.#taken) throw undefined;
    this.#taken = true;
    return new InputStream(this.#handle.session, bodySource(this.#handle, this.#beginning));
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
  readonly #beginning: Beginning;
  #consumed = false;

  constructor(handle: RemoteHandle, head: ResponseHead, bytes: Uint8Array) {
    this.#beginning = { bytes, ended: head.ended };
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
    return new IncomingBody(this.#handle, this.#beginning);
  }

  [Symbol.dispose](): void {
    this.#handle.release();
  }
}

type Answer = ReturnType<RemoteHandle['session']['ask']>;

export class FutureIncomingResponse {
  readonly #handle: RemoteHandle;
  #taken = false;
  #answer: Result<Answer> | undefined;

  /** Takes over the one hold that a new handle has. */
  constructor(handle: RemoteHandle) {
    this.#handle = handle;
  }

  subscribe(): Pollable {
    return this.#handle.subscribe('ready', () => {
      if (!this.#taken) this.#answer ??= this.#ask(true);
    });
  }

  #ask(wait: boolean): Result<Answer> {
    const { session, number } = this.#handle;
    return attempt(() => session.ask('net.http-response', [number, wait]));
  }

  get(): Result<Result<IncomingResponse>> | { tag: 'err' } | undefined {
    if (this.#taken) return { tag: 'err' };
    const answer = this.#answer ?? this.#ask(false);
    if (answer.tag === 'ok' && answer.val.value === null) return undefined;
    this.#taken = true;
    this.#answer = undefined;
    if (answer.tag === 'err') return { tag: 'ok', val: answer };
    const { value, bytes } = answer.val;
    // The bytes are a view of a buffer that is used again.
    const head = value as ResponseHead;
    const response = new IncomingResponse(this.#handle, head, bytes.slice());
    if (head.ended) this.#handle.spend();
    return { tag: 'ok', val: { tag: 'ok', val: response } };
  }

  [Symbol.dispose](): void {
    this.#handle.release();
  }
}
