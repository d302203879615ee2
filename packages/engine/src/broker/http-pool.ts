/** Connections of one invocation's HTTP requests: kept for the next request to the same endpoint, never beyond. */
import { Agent, type ClientRequestArgs } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Idle connections that are kept for one endpoint. */
const IDLE = 4;

export interface PooledRequest extends ClientRequestArgs {
  /** Scheme, host in normal form, and port: who was judged, and what the certificate was for. */
  readonly poolKey: string;
  /** Opens a judged connection, if none is idle. */
  readonly dial: () => Promise<Socket>;
}

export class ConnectionPool extends Agent {
  constructor() {
    super({ keepAlive: true, maxFreeSockets: IDLE, scheduling: 'lifo' });
  }

  override getName(options?: object): string {
    return (options as PooledRequest).poolKey;
  }

  override createConnection(
    options: object,
    done?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    (options as PooledRequest).dial().then(
      (socket) => done?.(null, socket),
      (error: unknown) =>
        done?.(
          error instanceof Error ? error : new Error('failed'),
          undefined as unknown as Duplex,
        ),
    );
    return undefined;
  }
}
