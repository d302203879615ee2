/** Handles at the broker, and how they are given back without a round trip of their own. */
import type { HostSession } from './session.ts';

/** Handles that wait to go along with the next request; one more sends them at once. */
const WAITING = 32;

export class DropQueue {
  readonly #session: HostSession;
  #waiting: number[] = [];

  constructor(session: HostSession) {
    this.#session = session;
  }

  add(handle: number): void {
    this.#waiting.push(handle);
    if (this.#waiting.length >= WAITING) this.#session.ask('fs.drop', [this.take()]);
  }

  /** What waits, for a request that carries it. */
  take(): number[] {
    const waiting = this.#waiting;
    if (waiting.length > 0) this.#waiting = [];
    return waiting;
  }
}

/** One handle, shared by a descriptor and its streams: given back when the last of them is dropped. */
export class Handle {
  readonly number: number;
  readonly #drops: DropQueue | undefined;
  #holders = 1;

  /** @param drops Absent for preopens, which stay open. */
  constructor(number: number, drops: DropQueue | undefined) {
    this.number = number;
    this.#drops = drops;
  }

  hold(): void {
    this.#holders += 1;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#drops?.add(this.number);
  }
}
