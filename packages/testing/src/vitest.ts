/** Matchers for Vitest: importing this module adds them to its `expect`. */
import type { ErrorCode, ExecutionResult } from '@skill-engine/engine';
import { expect } from 'vitest';
import * as checks from './checks.ts';
import type { FuelSnapshot } from './fuel.ts';

/** What importing this module adds to Vitest's `expect`, for results of `SkillTest.run` and `Engine.execute`. */
export interface SkillMatchers<R> {
  /** The run succeeded. */
  toSucceed(): R;
  /** The run succeeded with this value, as `toEqual` compares. */
  toSucceedWith(value: unknown): R;
  /** The run failed with this code. */
  toFailWith(code: ErrorCode): R;
  /** That path, endpoint or name was denied, or one that the pattern matches; without one, anything. */
  toBeDenied(resource?: string | RegExp): R;
  /** Units of fuel, both ends included. */
  toUseFuelBetween(least: number, most: number): R;
  /** As much fuel as the snapshot's entry `name` says; by default the test's own name. */
  toUseFuelLike(snapshot: FuelSnapshot, name?: string): R;
  /** At most so many bytes of memory. */
  toUseMemoryBelow(most: number): R;
}

declare module 'vitest' {
  interface Matchers<
    R extends void | Promise<void> = void | Promise<void>,
    // oxlint-disable-next-line no-unused-vars -- every declaration of an interface has the same parameters
    T = unknown,
  > extends SkillMatchers<R> {}
}

function answer(verdict: checks.Verdict) {
  const { pass, message } = verdict;
  return { ...verdict, message: () => (pass ? `It should not have been so. ${message}` : message) };
}

expect.extend({
  toSucceed: (result: ExecutionResult) => answer(checks.succeeds(result)),
  toSucceedWith(result: ExecutionResult, value: unknown) {
    return answer(checks.succeedsWith(result, value, (one, other) => this.equals(one, other)));
  },
  toFailWith: (result: ExecutionResult, code: ErrorCode) => answer(checks.failsWith(result, code)),
  toBeDenied: (result: ExecutionResult, resource: string | RegExp = /^/) =>
    answer(checks.isDenied(result, resource)),
  toUseFuelBetween: (result: ExecutionResult, least: number, most: number) =>
    answer(checks.usesFuelBetween(result, least, most)),
  toUseFuelLike(result: ExecutionResult, snapshot: FuelSnapshot, name?: string) {
    const entry = name ?? this.currentTestName ?? 'run';
    return answer(checks.usesFuelLike(result, entry, snapshot));
  },
  toUseMemoryBelow: (result: ExecutionResult, most: number) =>
    answer(checks.usesMemoryBelow(result, most)),
});
