/** What a test asks of a result. The assertions and the matchers say the same, because both are made of these. */
import type { ErrorCode, ExecutionResult } from '@skill-engine/engine';
import { compareFuel, type FuelSnapshot } from './fuel.ts';

export interface Verdict {
  readonly pass: boolean;
  /** What is not as it should be; for a negated question, what should not have been so. */
  readonly message: string;
  readonly actual?: unknown;
  readonly expected?: unknown;
}

export type Equals = (actual: unknown, expected: unknown) => boolean;

const SHOWN = 2000;

function shorten(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

/** What happened, for whoever expected something else. */
export function describeResult(result: ExecutionResult): string {
  const lines = [
    result.ok
      ? `It succeeded with ${shorten(JSON.stringify(result.value))}`
      : `It failed with ${result.error.code}: ${shorten(result.error.message)}`,
  ];
  for (const { code, resource, rule, allow } of result.denials)
    lines.push(`  denied ${code} ${resource}: ${rule}`, ...allow.map((line) => `    ${line}`));
  if (result.stderr !== '') lines.push(`  stderr: ${shorten(result.stderr)}`);
  return lines.join('\n');
}

function show(value: unknown): string {
  return shorten(
    value instanceof RegExp ? String(value) : (JSON.stringify(value) ?? String(value)),
  );
}

/** A verdict in words, with what was compared. */
export function explain({ message, actual, expected }: Verdict): string {
  if (expected === undefined) return message;
  return `${message}\nexpected: ${show(expected)}\nactual:   ${show(actual)}`;
}

export function succeeds(result: ExecutionResult): Verdict {
  return { pass: result.ok, message: `Expected a success. ${describeResult(result)}` };
}

export function succeedsWith(result: ExecutionResult, value: unknown, equals: Equals): Verdict {
  if (!result.ok) return { pass: false, message: succeeds(result).message };
  return {
    pass: equals(result.value, value),
    message: 'Expected another value.',
    actual: result.value,
    expected: value,
  };
}

export function failsWith(result: ExecutionResult, code: ErrorCode): Verdict {
  return {
    pass: !result.ok && result.error.code === code,
    message: `Expected a failure with ${code}. ${describeResult(result)}`,
    actual: result.ok ? 'success' : result.error.code,
    expected: code,
  };
}

/** @param resource what was asked for: a path, an endpoint, a name; text must be equal, a pattern must match */
export function isDenied(result: ExecutionResult, resource: string | RegExp): Verdict {
  const resources = result.denials.map((denial) => denial.resource);
  const pass = resources.some((found) =>
    typeof resource === 'string' ? found === resource : resource.test(found),
  );
  return {
    pass,
    message: `Expected a denial of ${String(resource)}; denied: ${resources.join(', ') || 'nothing'}. ${describeResult(result)}`,
    actual: resources,
    expected: resource,
  };
}

export function isDeniedNothing(result: ExecutionResult): Verdict {
  return {
    pass: result.denials.length === 0,
    message: `Expected no denial. ${describeResult(result)}`,
  };
}

export function usesFuelBetween(result: ExecutionResult, least: number, most: number): Verdict {
  const { fuelUsed } = result;
  return {
    pass: fuelUsed !== null && fuelUsed >= least && fuelUsed <= most,
    message: `Expected between ${least} and ${most} units of fuel; it used ${fuelUsed ?? 'an unknown amount'}.`,
    actual: fuelUsed,
    expected: `${least} to ${most}`,
  };
}

export function usesFuelLike(
  result: ExecutionResult,
  name: string,
  snapshot: FuelSnapshot,
): Verdict {
  return compareFuel(result.fuelUsed, name, snapshot);
}

/** @param most bytes over all linear memories and tables */
export function usesMemoryBelow(result: ExecutionResult, most: number): Verdict {
  const { memoryPeakBytes } = result;
  return {
    pass: memoryPeakBytes !== null && memoryPeakBytes <= most,
    message: `Expected at most ${most} bytes of memory; it used ${memoryPeakBytes ?? 'an unknown amount'}.`,
    actual: memoryPeakBytes,
    expected: most,
  };
}
