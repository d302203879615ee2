/** Requests of wasi:http: `net.http-…`. */
import type { Answer } from '../isolate/process.ts';
import type { NetworkLimits } from '../limits/limits.ts';
import type { Arguments } from './filesystem-arguments.ts';
import type { CredentialBroker } from './credentials.ts';
import { HttpExchange } from './http-exchange.ts';
import { ConnectionPool } from './http-pool.ts';
import {
  checkRequest,
  readFields,
  readSentRequest,
  RequestRefused,
  type RequestHead,
} from './http-request.ts';
import { SENT_BODY_BYTES } from './http-rules.ts';
import type { NetworkBudget } from './network-budget.ts';
import type { NetworkDenial } from './network-denial.ts';
import type { Dialer } from './network-dial.ts';
import { httpCode, NetworkFailure } from './network-failure.ts';
import type { NetworkHandles } from './network-handles.ts';
import { andThen, type Signal } from './network-signal.ts';
import { ProtocolViolation, WasiError } from './wasi-error.ts';

export interface HttpOptions {
  readonly handles: NetworkHandles;
  readonly dialer: Dialer;
  readonly budget: NetworkBudget;
  readonly limits: NetworkLimits;
  readonly signal: Signal;
  readonly onDenial: (denial: NetworkDenial) => void;
  readonly credentials?: CredentialBroker | undefined;
}

const OPERATION = 'http request';

export class HttpRequests {
  readonly #options: HttpOptions;
  readonly #pool: ConnectionPool;

  constructor(options: HttpOptions) {
    this.#options = options;
    this.#pool = new ConnectionPool(Math.floor(options.limits.openConnections / 4));
  }

  call(op: string, from: Arguments): Answer | Promise<Answer> {
    if (op === 'net.http-send') return { value: this.#send(from) };
    const { credentials } = this.#options;
    const exchange = this.#options.handles.get(from.handle(), HttpExchange);
    switch (op) {
      case 'net.http-response': {
        const wait = from.boolean();
        from.end();
        const found = this.#options.signal.until(() => exchange.response(), wait ? Infinity : 0);
        return andThen(found, (response) =>
          response ? { value: response.head, bytes: response.bytes } : { value: null },
        );
      }
      case 'net.http-finish': {
        const trailers = readFields(from);
        from.end();
        for (const text of trailers.flat()) {
          credentials?.refuseIn(text, 'a trailer', exchange.peer, 'HTTP-request-denied');
        }
        exchange.finish(trailers);
        return { value: null };
      }
      case 'net.http-abandon':
        from.end();
        exchange.abandon();
        return { value: null };
      case 'net.http-drain':
        from.end();
        exchange.drain();
        return { value: null };
      case 'net.http-trailers':
        from.end();
        return { value: exchange.trailers() ?? null };
      default:
        throw new ProtocolViolation(`unknown operation ${op.slice(0, 64)}`);
    }
  }

  #send(from: Arguments): number {
    const { handles, budget, dialer, credentials } = this.#options;
    const sent = readSentRequest(from);
    for (const spent of from.handles()) handles.drop(spent);
    const body = from.bytes();
    from.end();
    if (body.length > SENT_BODY_BYTES) throw new ProtocolViolation('net.http-send: too much body');
    handles.room('connection-limit-reached');
    const head = this.#check(sent);
    try {
      const endpoint = dialer.judge(head.endpoint, OPERATION);
      budget.request(endpoint.normal);
      const { times, body: bodyKind } = sent;
      const prepared = credentials?.prepare(head, endpoint, body, bodyKind) ?? {
        head,
        body,
        bound: false,
      };
      const options = {
        ...this.#options,
        head: prepared.head,
        bound: prepared.bound,
        endpoint,
        times,
        bodyKind,
        pool: this.#pool,
      };
      // The bytes are a view of a buffer that is used again.
      const exchange = new HttpExchange(options, new Uint8Array(prepared.body));
      return handles.add(exchange);
    } catch (error) {
      if (error instanceof NetworkFailure) throw new WasiError(httpCode(error));
      throw error;
    }
  }

  #check(sent: Parameters<typeof checkRequest>[0]): RequestHead {
    try {
      return checkRequest(sent);
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error;
      this.#options.onDenial({
        kind: 'refused',
        operation: OPERATION,
        code: error.kind === 'protocol' ? 'NETWORK_PROTOCOL' : 'NETWORK_MALFORMED',
        target: error.target,
        rule: error.rule,
      });
      throw new WasiError(error.code);
    }
  }

  close(): void {
    this.#pool.destroy();
  }
}
