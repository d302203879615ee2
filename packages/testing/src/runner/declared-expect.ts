/** What a declared test expects, held against what happened. */
import { isDeepStrictEqual } from 'node:util';
import type { ErrorCode } from '@skill-engine/engine';
import * as checks from '../checks.ts';
import type { FuelSnapshot } from '../fuel.ts';
import type { SkillTest, TestResult } from '../test-skill.ts';
import type { DeclaredCase } from './declared-format.ts';

type Expected = NonNullable<DeclaredCase['expect']>;

function equal(what: string, actual: unknown, expected: unknown): checks.Verdict {
  return {
    pass: isDeepStrictEqual(actual, expected),
    message: `Expected another ${what}.`,
    actual,
    expected,
  };
}

/** Whether `actual` has all that `expected` has: objects member by member, everything else exactly. */
function includes(actual: unknown, expected: unknown): boolean {
  if (typeof expected !== 'object' || expected === null || Array.isArray(expected))
    return isDeepStrictEqual(actual, expected);
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) return false;
  return Object.entries(expected).every(
    ([key, value]) =>
      Object.hasOwn(actual, key) && includes((actual as Record<string, unknown>)[key], value),
  );
}

function end(result: TestResult, expected: Expected): checks.Verdict {
  if (expected.error !== undefined) return checks.failsWith(result, expected.error as ErrorCode);
  if (expected.value !== undefined)
    return checks.succeedsWith(result, expected.value, isDeepStrictEqual);
  if (expected.includes !== undefined)
    return checks.succeedsWith(result, expected.includes, includes);
  return checks.succeeds(result);
}

/** Paths from the skill's folder or from home, as grants and denials have them; everything else stays. */
function byPath(skill: SkillTest, paths: readonly string[]): string[] {
  return paths.map((path) => (/^[.~]/.test(path) ? skill.path(path) : path)).toSorted();
}

/** Of a record, what the test speaks of; a field that there is not stays out. */
function picked(record: object, fields: readonly string[]): object {
  return Object.fromEntries(Object.entries(record).filter(([field]) => fields.includes(field)));
}

/** Every verdict that the test asks for. */
export function* verdicts(
  { name, expect: expected = {} }: DeclaredCase,
  result: TestResult,
  skill: SkillTest,
  snapshot: FuelSnapshot,
): Generator<checks.Verdict> {
  yield end(result, expected);
  const { denied, fuel, memory, written, removed, stdout, stderr, requests, audit } = expected;
  if (denied !== undefined) {
    const resources = result.denials.map(({ resource }) => resource);
    yield {
      ...equal('list of denials', resources.toSorted(), byPath(skill, denied)),
      message: `Expected other denials. ${checks.describeResult(result)}`,
    };
  }
  if (fuel === 'snapshot') yield checks.usesFuelLike(result, name, snapshot);
  else if (fuel !== undefined)
    yield checks.usesFuelBetween(result, fuel.min ?? 0, fuel.max ?? Infinity);
  if (memory !== undefined) yield checks.usesMemoryBelow(result, memory);
  if (written !== undefined) {
    const files = Object.entries(written).map(([path, text]) => [skill.path(path), text]);
    yield equal('set of written files', { ...skill.written() }, Object.fromEntries(files));
  }
  if (removed !== undefined)
    yield equal('set of removed files', skill.removed().toSorted(), byPath(skill, removed));
  if (stdout !== undefined) yield equal('standard output', result.stdout, stdout);
  if (stderr !== undefined) yield equal('standard error', result.stderr, stderr);
  if (requests !== undefined) {
    const made = result.requests.map(({ method, url }) => `${method} ${url}`);
    yield equal('list of requests', made, requests);
  }
  if (audit !== undefined) {
    yield {
      pass: includes(result.audit, audit),
      message: 'Expected another audit record.',
      actual: picked(result.audit, Object.keys(audit)),
      expected: audit,
    };
  }
}
