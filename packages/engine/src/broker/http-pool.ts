/** Connections of one invocation's HTTP requests: kept for the next request to the same endpoint, never beyond. */
import { Agent, type ClientRequestArgs } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface PooledRequest extends ClientRequestArgs {
  /** Scheme, host in normal form, and port: who was judged, and what the certificate was for. */
  readonly poolKey: string;
  /** Opens a judged connection, if none is idle. */
  readonly dial: () => Promise<Socket>;
}

export class ConnectionPool extends Agent {
  readonly #idle: number;

  /** @param idle connections that are kept idle, over all endpoints: they take room from others */
  constructor(idle: number) {
    super({ keepAlive: true, scheduling: 'lifo' });
    this.#idle = idle;
  }

  override keepSocketAlive(socket: Duplex): boolean {
    const idle = Object.values(this.freeSockets).reduce(
      (sum, list) => sum + (list?.length ?? 0),
      0,
    );
    if (idle >= this.#idle) return false;
    // It is typed to return nothing, but tells whether the connection is kept.
    return (super.keepSocketAlive(socket) as unknown) !== false;
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
