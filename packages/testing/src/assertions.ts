/** Assertions on results, for any test runner: they throw what `node:assert` throws. */
import { AssertionError } from 'node:assert';
import { isDeepStrictEqual } from 'node:util';
import type { ErrorCode, ExecutionResult } from '@skill-engine/engine';
import * as checks from './checks.ts';
import type { FuelSnapshot } from './fuel.ts';

type Subject = (...parameters: never[]) => unknown;

function require(verdict: checks.Verdict, subject: Subject): void {
  if (verdict.pass) return;
  const { actual, expected } = verdict;
  throw new AssertionError({
    message: checks.explain(verdict),
    actual,
    expected,
    operator: subject.name,
    stackStartFn: subject,
  });
}

/** It succeeded; with a second argument, with that value (deeply and strictly equal). */
export function assertSucceeds(result: ExecutionResult, ...value: [] | [unknown]): void {
  const verdict =
    value.length === 0
      ? checks.succeeds(result)
      : checks.succeedsWith(result, value[0], isDeepStrictEqual);
  require(verdict, assertSucceeds);
}

/** It failed with this code. */
export function assertFails(result: ExecutionResult, code: ErrorCode): void {
  require(checks.failsWith(result, code), assertFails);
}

/** Something was denied: that path, endpoint or name, or one that the pattern matches. */
export function assertDenied(result: ExecutionResult, resource: string | RegExp): void {
  require(checks.isDenied(result, resource), assertDenied);
}

/** Nothing was denied. */
export function assertNothingDenied(result: ExecutionResult): void {
  require(checks.isDeniedNothing(result), assertNothingDenied);
}

/** It used at least and at most so many units of fuel. */
export function assertFuelBetween(result: ExecutionResult, least: number, most: number): void {
  require(checks.usesFuelBetween(result, least, most), assertFuelBetween);
}

/** It used as much fuel as when the snapshot was written; `name` is its entry there. */
export function assertFuelLike(
  result: ExecutionResult,
  name: string,
  snapshot: FuelSnapshot,
): void {
  require(checks.usesFuelLike(result, name, snapshot), assertFuelLike);
}

/** It used at most so many bytes of memory. */
export function assertMemoryBelow(result: ExecutionResult, most: number): void {
  require(checks.usesMemoryBelow(result, most), assertMemoryBelow);
}
