/** The time that a tested skill sees. */

/** A moment: a Date, milliseconds since the Unix epoch, or ISO 8601 text. */
export type Moment = Date | number | string;

/** What the clocks show; they stand still but for readings, and for what the test itself does. */
export interface ClockOptions {
  /** First reading of the wall clock. Default `2026-01-01T00:00:00Z`. */
  readonly now?: Moment;
  /** First reading of the monotonic clock, in milliseconds. Default 1: some runtimes, as Go's, take 0 for a broken clock. */
  readonly monotonic?: number;
  /** Milliseconds that each reading of either clock moves both. Default 0: the clock is fixed. */
  readonly step?: number;
}

const START = '2026-01-01T00:00:00Z';

function isMoment(value: ClockOptions | Moment): value is Moment {
  return typeof value !== 'object' || value instanceof Date;
}

function millisecondsOf(moment: Moment): number {
  const milliseconds = new Date(moment).getTime();
  if (!Number.isFinite(milliseconds) || milliseconds < 0)
    throw new TypeError(`clock: ${String(moment)} is no moment since 1970.`);
  return milliseconds;
}

function nanoseconds(milliseconds: number, name: string): bigint {
  if (Number.isFinite(milliseconds) && milliseconds >= 0)
    return BigInt(Math.round(milliseconds * 1e6));
  throw new TypeError(`clock: ${name} must be milliseconds, 0 or more, not ${milliseconds}.`);
}

/**
 * Both clocks. They stand still but for their steps, and for waits: a sleep of the guest moves them and returns at
 * once. Every run starts at the same reading, until `advance` or `set` moves it.
 */
export class TestClock {
  #wall: number;
  #monotonic: bigint;
  readonly #step: bigint;

  constructor(given: ClockOptions | Moment = {}) {
    const options = isMoment(given) ? { now: given } : given;
    this.#wall = millisecondsOf(options.now ?? START);
    this.#monotonic = nanoseconds(options.monotonic ?? 1, 'monotonic');
    this.#step = nanoseconds(options.step ?? 0, 'step');
  }

  /** What the next run reads first. */
  get now(): Date {
    return new Date(this.#wall);
  }

  /** Sets the wall clock; the monotonic one goes on. */
  set(moment: Moment): void {
    this.#wall = millisecondsOf(moment);
  }

  /** Moves both clocks forward. */
  advance(milliseconds: number): void {
    this.#monotonic += nanoseconds(milliseconds, 'advance');
    this.#wall += milliseconds;
  }

  /** What the guest reads next. */
  readings() {
    return {
      wallMilliseconds: this.#wall,
      monotonicNanoseconds: String(this.#monotonic),
      stepNanoseconds: String(this.#step),
    };
  }
}
