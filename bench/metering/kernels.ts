/** The kernels and the argument that makes each run for some milliseconds. */
export const KERNELS: Readonly<Record<string, number>> = {
  sieve: 2_000_000,
  matmul: 160,
  fib: 27,
  collatz: 60_000,
  mandelbrot: 160,
  crc32: 60,
  quicksort: 100_000,
  interpreter: 800_000,
  indirect: 2_000_000,
  calls: 2_000_000,
  levenshtein: 1_200,
  life: 60,
  strings: 100_000,
};
