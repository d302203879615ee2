/** What the HTTP face knows of a request beside its text, for the handler that runs the tool. */
import { createHash } from 'node:crypto';
import type { ServerContext } from '@modelcontextprotocol/server';
import type { CallSlots } from './call-slots.ts';

export interface Exchange {
  /** Of the other end of the connection. */
  readonly address: string;
  readonly slots: CallSlots;
  /**
   * Aborted when the client goes away: nobody is left to read the answer. The request's own signal would follow it only as long
   * as something holds the request.
   */
  readonly signal: AbortSignal;
}

const exchanges = new WeakMap<Request, Exchange>();

export function remember(request: Request, exchange: Exchange): void {
  exchanges.set(request, exchange);
}

/** How a tool is called that was asked for over HTTP; elsewhere, nothing is added. */
export function exchangeOf({ http, sessionId }: Pick<ServerContext, 'http' | 'sessionId'>): {
  /** Of the request, where it has one. */
  readonly signal: AbortSignal | undefined;
  /** For the record. */
  readonly caller: Readonly<Record<string, string>>;
  /** @throws ProtocolError when too many calls are running */
  run<T>(call: () => Promise<T>): Promise<T>;
} {
  const exchange = http?.req && exchanges.get(http.req);
  return {
    signal: exchange?.signal ?? http?.req?.signal,
    caller: {
      ...(http === undefined ? {} : { transport: 'http' }),
      ...(exchange === undefined ? {} : { address: exchange.address }),
      ...(sessionId === undefined ? {} : { session: sessionName(sessionId) }),
    },
    run: (call) => (exchange === undefined ? call() : exchange.slots.run(call)),
  };
}

/** Tells sessions apart for who reads the record, without letting the reader into one. */
function sessionName(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 16);
}
