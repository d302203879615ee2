/** A sliding window over the calls of one skill (`resources.rate`). Pure: the clock is an argument. */
import type { RateLimit } from '../manifest/types.ts';

export class RateWindow {
  readonly limit: RateLimit;
  /** Times of the calls within the window, oldest first; never more than the limit. */
  #calls: number[] = [];

  constructor(limit: RateLimit) {
    this.limit = limit;
  }

  /**
   * Begins with calls of before.
   *
   * @param ages how long ago each was, in milliseconds; not more than the limit
   */
  recall(ages: readonly number[], now: number): void {
    this.#calls = ages.map((age) => now - age).toSorted((a, b) => a - b);
  }

  /**
   * How long until a call would be possible; takes none.
   *
   * @param now monotonic, in milliseconds
   * @returns milliseconds, 0 when it is possible now
   */
  wait(now: number): number {
    const { count, perMs } = this.limit;
    const from = this.#calls.findIndex((time) => time > now - perMs);
    this.#calls = from < 0 ? [] : this.#calls.slice(from);
    const oldest = this.#calls[0];
    return oldest === undefined || this.#calls.length < count ? 0 : oldest + perMs - now;
  }

  /**
   * Takes one call at this time.
   *
   * @param now monotonic, in milliseconds
   * @returns 0, or the milliseconds after which a call will be possible
   */
  take(now: number): number {
    const wait = this.wait(now);
    if (wait > 0) return wait;
    this.#calls.push(now);
    return 0;
  }
}
