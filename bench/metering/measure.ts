/** Interleaved timing of a piece of work with and without metering. */
import { performance } from 'node:perf_hooks';

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
};

export const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

export const time = (work: () => void): number => {
  const start = performance.now();
  work();
  return performance.now() - start;
};

export interface Comparison {
  /** Median milliseconds. */
  readonly plain: number;
  readonly metered: number;
  /** Median of the ratios of neighbours, which a change of the machine's speed leaves alone. */
  readonly ratio: number;
  /** Ratio of the fastest runs: what is left on a machine that others use too. */
  readonly least: number;
}

/** Runs the two in turn, each first in every other round, after a warm-up. */
export function compare(
  plain: () => void,
  metered: () => void,
  rounds: number,
  warmUp = 8,
): Comparison {
  for (let i = 0; i < warmUp; i++) {
    plain();
    metered();
  }
  const pairs = Array.from({ length: rounds }, (_, round) => {
    if (round % 2 === 0) return [time(plain), time(metered)] as const;
    const after = time(metered);
    return [time(plain), after] as const;
  });
  return {
    plain: median(pairs.map(([before]) => before)),
    metered: median(pairs.map(([, after]) => after)),
    ratio: median(pairs.map(([before, after]) => after / before)),
    least:
      Math.min(...pairs.map(([, after]) => after)) / Math.min(...pairs.map(([before]) => before)),
  };
}
