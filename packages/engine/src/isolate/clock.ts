/** Where a guest's time comes from: the machine, or readings that a test has set. */
import type { ClockReadings } from './messages.ts';

export interface Clock {
  /** Nanoseconds, monotonic. */
  readonly monotonicNow: () => bigint;
  /** Milliseconds since the Unix epoch. */
  readonly wallNow: () => number;
  /** Lets at most that many milliseconds go by. */
  readonly sleep: (milliseconds: number) => void;
  /** Told after a wait for the broker, of that many milliseconds, in which nothing came. */
  readonly waited?: (milliseconds: number) => void;
}

/** A clock that stands still but for its steps; a sleep moves it and takes no time. */
export function steppedClock(readings: ClockReadings): Clock {
  const start = BigInt(readings.monotonicNanoseconds);
  const step = BigInt(readings.stepNanoseconds);
  let now = start;
  const read = () => {
    const reading = now;
    now += step;
    return reading;
  };
  const pass = (milliseconds: number) => {
    now += BigInt(Math.ceil(milliseconds * 1e6));
  };
  return {
    monotonicNow: read,
    wallNow: () => readings.wallMilliseconds + Number(read() - start) / 1e6,
    sleep: pass,
    waited: pass,
  };
}
