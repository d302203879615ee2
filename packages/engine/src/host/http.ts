/**
 * wasi:http, the guest's side. The broker judges and sends; redirects are not followed: each hop is the guest's own
 * new request. No skill serves HTTP: the resources of the incoming side exist because components import them.
 */
import { httpError, withHttpErrors } from './http-errors.ts';
import { Fields } from './http-fields.ts';
import {
  FutureIncomingResponse,
  FutureTrailers,
  IncomingBody,
  IncomingResponse,
} from './http-incoming.ts';
import {
  type Method,
  OutgoingBody,
  type OutgoingRequest,
  outgoingRequest,
  RequestOptions,
  type Scheme,
  type SentBody,
} from './http-outgoing.ts';
import type { IoError } from './io.ts';
import type { HostSession } from './session.ts';
import { RemoteHandle, takeSpent } from './sockets-handle.ts';

class IncomingRequest {}
class OutgoingResponse {}
class ResponseOutparam {}

function unreachable(): never {
  throw new Error('no such resource was ever handed out');
}

const never: readonly [{ prototype: object }, readonly string[]][] = [
  [IncomingRequest, ['method', 'pathWithQuery', 'scheme', 'authority', 'headers', 'consume']],
  [OutgoingResponse, ['statusCode', 'setStatusCode', 'headers', 'body']],
];

for (const [resource, methods] of never) {
  for (const method of methods)
    Object.defineProperty(resource.prototype, method, { value: unreachable });
}
Object.defineProperty(ResponseOutparam, 'set', { value: unreachable });

/** An absent scheme is https (wasi:http leaves the choice to the host). */
function schemeText(scheme: Scheme | undefined): string {
  if (scheme === undefined || scheme.tag === 'HTTPS') return 'https';
  return scheme.tag === 'HTTP' ? 'http' : scheme.val;
}

function methodText(method: Method): string {
  return method.tag === 'other' ? (method.val ?? '') : method.tag.toUpperCase();
}

/** Whole milliseconds, at least one; `null` where the guest has none. */
function milliseconds(duration: bigint | undefined): number | null {
  if (duration === undefined) return null;
  const value = Number((duration + 999_999n) / 1_000_000n);
  return Math.min(Math.max(value, 1), Number.MAX_SAFE_INTEGER);
}

const NO_BODY: SentBody = { kind: 'none', bytes: new Uint8Array(0) };

function handle(
  session: HostSession,
  request: OutgoingRequest,
  options: RequestOptions | undefined,
): FutureIncomingResponse {
  const body = request.taken?.send() ?? NO_BODY;
  const args = [
    methodText(request.method()),
    schemeText(request.scheme()),
    request.authority() ?? '',
    request.pathWithQuery() ?? '',
    request.headers().wire,
    [
      milliseconds(options?.connectTimeout()),
      milliseconds(options?.firstByteTimeout()),
      milliseconds(options?.betweenBytesTimeout()),
    ],
    body.kind,
    takeSpent(session),
  ];
  const remote = new RemoteHandle(session, session.ask('net.http-send', args, body.bytes).value);
  if (body.kind === 'open') request.taken?.attach(remote);
  return new FutureIncomingResponse(remote);
}

export function createHttp(session: HostSession) {
  return {
    types: {
      Fields,
      RequestOptions,
      OutgoingBody,
      OutgoingRequest: outgoingRequest(session),
      IncomingRequest,
      IncomingResponse,
      IncomingBody,
      OutgoingResponse,
      ResponseOutparam,
      FutureTrailers,
      FutureIncomingResponse,
      httpErrorCode(error: IoError) {
        session.enter();
        return httpError(error.code);
      },
    },
    outgoingHandler: {
      handle: (request: OutgoingRequest, options?: RequestOptions) =>
        withHttpErrors(() => handle(session, request, options)),
    },
  };
}
