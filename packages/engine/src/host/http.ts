/**
 * wasi:http. No skill may send a request yet: the broker denies and records each one, and the guest
 * gets the interface's own `HTTP-request-denied`. Responses therefore never exist; their classes do,
 * because components import them.
 */
import {
  Fields,
  OutgoingBody,
  type OutgoingRequest,
  outgoingRequest,
  RequestOptions,
  type Scheme,
} from './http-types.ts';
import type { HostSession } from './session.ts';

class IncomingRequest {}
class IncomingResponse {}
class IncomingBody {}
class OutgoingResponse {}
class ResponseOutparam {}
class FutureTrailers {}
class FutureIncomingResponse {}

const never: Record<string, [{ prototype: object }, string[]]> = {
  IncomingRequest: [
    IncomingRequest,
    ['method', 'pathWithQuery', 'scheme', 'authority', 'headers', 'consume'],
  ],
  IncomingResponse: [IncomingResponse, ['status', 'headers', 'consume']],
  IncomingBody: [IncomingBody, ['stream']],
  OutgoingResponse: [OutgoingResponse, ['statusCode', 'setStatusCode', 'headers', 'body']],
  FutureTrailers: [FutureTrailers, ['subscribe', 'get']],
  FutureIncomingResponse: [FutureIncomingResponse, ['subscribe', 'get']],
};

function unreachable(): never {
  throw new Error('no such resource was ever handed out');
}

for (const [resource, methods] of Object.values(never)) {
  for (const method of methods)
    Object.defineProperty(resource.prototype, method, { value: unreachable });
}
Object.defineProperty(IncomingBody, 'finish', { value: unreachable });
Object.defineProperty(ResponseOutparam, 'set', { value: unreachable });

function schemeText(scheme: Scheme | undefined): string {
  if (scheme === undefined || scheme.tag === 'HTTPS') return 'https';
  return scheme.tag === 'HTTP' ? 'http' : scheme.val;
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
      httpErrorCode: () => undefined,
    },
    outgoingHandler: {
      handle(request: OutgoingRequest): FutureIncomingResponse {
        const url = [
          schemeText(request.scheme()),
          request.authority() ?? '',
          request.pathWithQuery() ?? '/',
        ];
        try {
          session.ask(
            'net.http',
            url.map((part) => part.slice(0, 4096)),
          );
        } catch (thrown) {
          throw typeof thrown === 'string' ? { tag: thrown } : thrown;
        }
        return unreachable();
      },
    },
  };
}
