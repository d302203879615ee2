/** What the tests that run random programs share. */
import fc from 'fast-check';
import type { Encoding } from './assemble.ts';
import { Endless, interpret, type Run } from './interpret.ts';
import type { Program } from './program.ts';

/** Kinds of programs, for `test.each`. */
export const KINDS = [
  ['plain programs', { exceptions: false, traps: false, faults: false }],
  ['programs that trap', { exceptions: false, traps: true, faults: false }],
  ['programs that throw', { exceptions: true, traps: false, faults: false }],
  ['programs that throw and trap', { exceptions: true, traps: true, faults: true }],
] as const;

/** How often a property is tried: `FC_RUNS` and `FC_SEED`, or so many times. */
export function settings(numRuns: number): { numRuns: number; seed?: number } {
  const { FC_RUNS, FC_SEED } = process.env;
  return {
    numRuns: Number(FC_RUNS ?? numRuns),
    ...(FC_SEED ? { seed: Number(FC_SEED) } : {}),
  };
}

/** What the program does and costs; one that does not end is not counted as tried. */
export function interpreted(program: Program, argument: number, encoding: Encoding): Run {
  try {
    return interpret(program, argument, encoding === 'legacy');
  } catch (error) {
    if (error instanceof Endless) fc.pre(false);
    throw error;
  }
}

/** Calls, and tells how it ended. */
export function ended(call: () => number | undefined): Pick<Run, 'end' | 'value'> {
  try {
    return { end: 'value', value: call() ?? 0 };
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return { end: 'trap', value: 0 };
    if (error instanceof WebAssembly.Exception) return { end: 'exception', value: 0 };
    throw error;
  }
}
