/** Interleaved timing of two variants of one piece of work. */
import { performance } from 'node:perf_hooks';

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
};

export const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

/** Median milliseconds of each variant; the variants alternate, and each first warms up. */
export function interleave(
  variants: readonly (() => void)[],
  rounds: number,
  warmUp = 3,
): number[] {
  for (let i = 0; i < warmUp; i++) for (const variant of variants) variant();
  const times = variants.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, variant] of variants.entries()) {
      const start = performance.now();
      variant();
      times[i]?.push(performance.now() - start);
    }
  }
  return times.map((t) => (process.env.MINIMUM ? Math.min(...t) : median(t)));
}
