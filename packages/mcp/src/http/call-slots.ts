import { ProtocolError } from '@modelcontextprotocol/server';

/** JSON-RPC leaves this code to servers. */
export const SERVER_ERROR = -32_000;

/** Bounds how many calls run at once, over all sessions. One that was given up counts until it has ended. */
export class CallSlots {
  readonly #most: number;
  readonly #running = new Set<Promise<unknown>>();

  constructor(most: number) {
    this.#most = most;
  }

  /** @throws ProtocolError when there is no room: before anything runs, and without a record */
  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#running.size >= this.#most) {
      throw new ProtocolError(
        SERVER_ERROR,
        `${this.#most} calls are running, which is as many as this server allows. Try again later.`,
        { code: 'CONCURRENCY_LIMIT' },
      );
    }
    const running = call();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Resolves when none is running. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#running);
  }
}
