/** Blocking HTTP requests over `wasi:http`: there is no event loop inside a skill, so no promise either. */
import { handle } from 'wasi:http/outgoing-handler@0.2.12';
import {
  Fields,
  IncomingBody,
  OutgoingBody,
  OutgoingRequest,
  RequestOptions,
  type IncomingResponse,
  type Method,
} from 'wasi:http/types@0.2.12';
import { ToolError } from './errors.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

/** What is asked for, beside the URL. */
export interface HttpRequest {
  /** Default GET. */
  readonly method?: string;
  /** Names in any case. A credential's placeholder may be part of a value. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A text is sent as UTF-8; there is no default content type. */
  readonly body?: string | Uint8Array;
  /** Milliseconds until the answer begins. The skill's own time limit is above it. */
  readonly timeoutMs?: number;
}

/** The whole answer. */
export interface HttpResponse {
  /** HTTP status, 100 to 599. An answer is no error, whatever it says. */
  readonly status: number;
  /** True for 200 to 299. */
  readonly ok: boolean;
  /** By lower-case name; a repeated one is joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body. */
  readonly bytes: Uint8Array;
  /** The body as UTF-8. */
  text(): string;
  /** The body as JSON. @throws ToolError `not-json` */
  json(): unknown;
}

const urlPattern = /^(https?):\/\/([^/?#]+)([^#]*)/i;

/**
 * Makes one request and waits for the whole answer. Redirects are answers; nothing is followed.
 *
 * @throws ToolError `invalid-url`, or WASI's code for what went wrong: `HTTP-request-denied` when the host is not granted,
 *   `connection-refused`, `connection-timeout`, …
 */
export function request(url: string, options: HttpRequest = {}): HttpResponse {
  const [, scheme = '', authority = '', rest = ''] = urlPattern.exec(url) ?? [];
  if (authority === '') throw new ToolError('invalid-url', `${url} is no http or https URL`);
  try {
    return send(scheme.toLowerCase(), authority, rest, options);
  } catch (thrown) {
    throw failure(url, thrown);
  }
}

function send(scheme: string, authority: string, rest: string, options: HttpRequest): HttpResponse {
  const { method = 'GET', headers = {}, body, timeoutMs } = options;
  const fields = Fields.fromList(
    Object.entries(headers).map(([name, value]): [string, Uint8Array] => [
      name.toLowerCase(),
      encodeUtf8(value),
    ]),
  );
  const outgoing = new OutgoingRequest(fields);
  outgoing.setMethod(methodOf(method));
  outgoing.setScheme({ tag: scheme === 'https' ? 'HTTPS' : 'HTTP' });
  outgoing.setAuthority(authority);
  outgoing.setPathWithQuery(rest === '' ? '/' : rest.startsWith('/') ? rest : `/${rest}`);
  const outgoingBody = body === undefined ? undefined : outgoing.body();
  const future = handle(outgoing, timeoutMs === undefined ? undefined : withTimeout(timeoutMs));
  if (outgoingBody !== undefined)
    writeBody(outgoingBody, typeof body === 'string' ? encodeUtf8(body) : body!);
  const ready = future.subscribe();
  ready.block();
  ready[Symbol.dispose]();
  const result = unwrap(unwrap(future.get())) as IncomingResponse;
  return received(result);
}

/** The value of a `result`, whose error is thrown. */
function unwrap(result: unknown): unknown {
  const { tag, val } = result as { tag: 'ok' | 'err'; val: unknown };
  if (tag === 'err') throw val;
  return val;
}

const methods = [
  'get',
  'head',
  'post',
  'put',
  'delete',
  'connect',
  'options',
  'trace',
  'patch',
] as const;

function methodOf(name: string): Method {
  const tag = methods.find((method) => method === name.toLowerCase());
  return tag === undefined ? { tag: 'other', val: name } : { tag };
}

function withTimeout(milliseconds: number): RequestOptions {
  const options = new RequestOptions();
  // Durations are nanoseconds; plain numbers in QuickJS.
  const duration = (milliseconds * 1_000_000) as unknown as bigint;
  options.setConnectTimeout(duration);
  options.setFirstByteTimeout(duration);
  return options;
}

/** What an output stream takes at once. */
const writeSize = 4096;

function writeBody(body: OutgoingBody, bytes: Uint8Array): void {
  const stream = body.write();
  for (let at = 0; at < bytes.length; at += writeSize) {
    stream.blockingWriteAndFlush(bytes.subarray(at, at + writeSize));
  }
  stream[Symbol.dispose]();
  OutgoingBody.finish(body, undefined);
}

function received(response: IncomingResponse): HttpResponse {
  const status = response.status();
  const headers: Record<string, string> = {};
  for (const [name, value] of response.headers().entries()) {
    const key = name.toLowerCase();
    const text = decodeUtf8(value);
    headers[key] = headers[key] === undefined ? text : `${headers[key]}, ${text}`;
  }
  const bytes = readBody(response.consume());
  return {
    status,
    ok: status >= 200 && status < 300,
    headers,
    bytes,
    text: () => decodeUtf8(bytes),
    json: () => parse(decodeUtf8(bytes)),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ToolError('not-json', `The answer is not JSON: ${(cause as Error).message}`);
  }
}

const readSize = 65_536;

function readBody(body: IncomingBody): Uint8Array {
  const stream = body.stream();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    try {
      const chunk = stream.blockingRead(readSize as unknown as bigint);
      chunks.push(chunk);
      length += chunk.length;
    } catch (thrown) {
      const payload = payloadOf(thrown) as { tag?: string } | null;
      if (payload?.tag !== 'closed') throw thrown;
      break;
    }
  }
  stream[Symbol.dispose]();
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function payloadOf(thrown: unknown): unknown {
  return (thrown as { payload?: unknown } | null)?.payload ?? thrown;
}

/** WASI's `error-code` is a variant; its tag is the code, its value what there is to add. */
function failure(url: string, thrown: unknown): unknown {
  if (thrown instanceof Error && !('payload' in thrown)) return thrown;
  const payload = payloadOf(thrown);
  const { tag, val } = (
    typeof payload === 'object' && payload !== null ? payload : { tag: String(payload) }
  ) as {
    tag?: string;
    val?: unknown;
  };
  const hint = tag === 'HTTP-request-denied' ? ' (the host is not granted in the manifest)' : '';
  return new ToolError(tag ?? 'failed', `${url}: ${tag ?? 'failed'}${hint}`, val ?? undefined);
}
