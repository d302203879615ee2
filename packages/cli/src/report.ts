/** How results and failures are told: to programs as one JSON object, to people in lines. */
import { SkillError, errorCodes, escapeLines, escapeText } from '@skill-engine/engine';
import type { Denial, ExecutionResult, JsonValue } from '@skill-engine/engine';
import { type Paint } from './colours.ts';
import { jsonText, toJson } from './json.ts';
import { showCount, showDuration, showSize } from './units.ts';

/** The object of `skill run --json`. Before an invocation began, `executionId` is null. */
export function resultJson(result: ExecutionResult): JsonValue {
  const { executionId, fuelUsed, memoryPeakBytes, durationMs, denials, stdout, stderr } = result;
  return toJson({
    ok: result.ok,
    ...(result.ok ? { value: result.value } : { error: result.error }),
    executionId,
    fuelUsed,
    memoryPeakBytes,
    durationMs,
    denials,
    stdout,
    stderr,
  });
}

/** The same object for a failure that no invocation stands behind. */
export function failureJson(error: SkillError): JsonValue {
  return toJson({
    ok: false,
    error,
    executionId: null,
    fuelUsed: null,
    memoryPeakBytes: null,
    durationMs: null,
    denials: [],
    stdout: '',
    stderr: '',
  });
}

export function exitCodeOf(error: SkillError): number {
  return errorCodes[error.code].exit;
}

/** `error CODE: message`, and the details that help. */
export function failureText(error: SkillError, paint: Paint): string {
  const lines = [`${paint('error', 'red')} ${error.code}: ${escapeLines(error.message)}`];
  lines.push(...parameterLines(error), ...toolLines(error));
  return `${lines.join('\n')}\n`;
}

/** Every parameter that was refused, with the rule and what it expects. */
function parameterLines({ code, details }: SkillError): string[] {
  if (code !== 'INVALID_PARAMETERS' || details === undefined) return [];
  const errors = Array.isArray(details['errors']) ? (details['errors'] as unknown[]) : [details];
  return errors.flatMap((entry) => {
    const { parameter, rule, expected, value } = entry as Record<string, unknown>;
    if (typeof rule !== 'string' || expected === undefined) return [];
    const found = value === undefined ? '' : `, found ${value === '' ? '""' : inline(value)}`;
    const asked = rule === 'required' ? 'is required' : `${escapeText(rule)} ${inline(expected)}`;
    return [`  ${inline(parameter ?? '')}: ${asked}${found}`];
  });
}

/** The tool's own name for its failure, and what it adds. */
function toolLines({ code, details }: SkillError): string[] {
  if (code !== 'TOOL_FAILED' || details === undefined) return [];
  const { toolCode, toolDetails } = details;
  return [
    ...(toolCode === undefined ? [] : [`  code: ${inline(toolCode)}`]),
    ...(toolDetails === undefined ? [] : [`  details: ${detailsText(toolDetails)}`]),
  ];
}

/** A stack, which the guest package sends for errors that nobody expected, keeps its lines. */
function detailsText(value: unknown): string {
  const stack = (value as { stack?: unknown } | null)?.stack;
  return typeof stack === 'string' ? escapeLines(stack.trim()) : inline(value);
}

function inline(value: unknown): string {
  return typeof value === 'string' ? escapeText(value) : jsonText(toJson(value));
}

/** Each refused access, and what the manifest would have to say. */
export function denialText(denials: readonly Denial[], paint: Paint): string {
  const lines = denials.flatMap((denial) => [
    `${paint('denied', 'yellow')} ${denial.code}: ${escapeText(denial.operation)} ${escapeText(denial.resource)}` +
      (denial.count > 1 ? ` (${denial.count} times)` : ''),
    `  rule: ${escapeText(denial.rule)}`,
    ...(denial.allow.length === 0
      ? ['  another manifest would not help']
      : [
          '  to allow it, the manifest needs:',
          ...denial.allow.map((line) => `    ${escapeText(line)}`),
        ]),
  ]);
  return lines.map((line) => `${line}\n`).join('');
}

/** One line: the execution's id and what it cost. */
export function summaryText(result: ExecutionResult, paint: Paint): string {
  const { executionId, durationMs, fuelUsed, memoryPeakBytes } = result;
  const cost = [
    showDuration(durationMs),
    ...(fuelUsed === null ? [] : [`${showCount(fuelUsed)} fuel`]),
    ...(memoryPeakBytes === null ? [] : [`${showSize(memoryPeakBytes)} memory`]),
  ];
  return paint(`execution ${executionId} (${cost.join(', ')})`, 'dim');
}

/** A result for standard output: text as text, everything else as JSON that people can read. */
export function valueText(value: JsonValue, isTerminal: boolean): string {
  const text =
    typeof value !== 'string' ? jsonText(value, 2) : isTerminal ? escapeLines(value) : value;
  return text.endsWith('\n') ? text : `${text}\n`;
}
