/** What a guest says of its sensitive parameters, taken out of its failure, its log and its denials. */
import { Scrubber } from './broker/scrub.ts';
import { SkillError } from './errors.ts';
import type { RunOutcome } from './run.ts';
import type { JsonValue } from './schema/json.ts';
import { REDACTED, sensitiveValues, type SensitiveNames } from './schema/sensitive.ts';

/** More is not looked for: then everything that the guest said is withheld. */
const bounds = { values: 1000, characters: 1_048_576 };

type Hide = (text: string) => string;

/**
 * The same outcome without the values of sensitive parameters in what the caller and the record are told. What a tool
 * returns stays: its value, and the standard output of a command.
 */
export function withoutEchoes(
  outcome: RunOutcome,
  parameters: JsonValue,
  sensitive: SensitiveNames,
): RunOutcome {
  const { answer, denials, stdout, stderr } = outcome;
  const saysNothing = !('error' in answer) && denials.length === 0 && stdout + stderr === '';
  if (saysNothing) return outcome;
  const values = sensitiveValues(parameters, sensitive);
  if (values.length === 0) return outcome;
  const scrubber = new Scrubber();
  try {
    const hide = hideIn(scrubber, values);
    return {
      ...outcome,
      answer: 'error' in answer ? { error: hideInError(answer.error, hide) } : answer,
      denials: denials.map((denial) => ({
        ...denial,
        resource: hide(denial.resource),
        rule: hide(denial.rule),
        allow: denial.allow.map(hide),
      })),
      stdout: 'exitCode' in answer ? stdout : hide(stdout),
      stderr: hide(stderr),
    };
  } finally {
    scrubber.wipe();
  }
}

function hideIn(scrubber: Scrubber, values: readonly string[]): Hide {
  const characters = values.reduce((sum, value) => sum + value.length, 0);
  if (values.length > bounds.values || characters > bounds.characters) {
    return (text) => (text === '' ? '' : REDACTED);
  }
  const encoder = new TextEncoder();
  for (const value of new Set(values)) scrubber.add(encoder.encode(value));
  return (text) => scrubber.redactText(text);
}

/** Without its cause, which would say what the message no longer does. */
function hideInError(error: SkillError, hide: Hide): SkillError {
  const message = hide(error.message);
  const details = error.details && (hideInData(error.details as JsonValue, hide) as object);
  const isSame =
    message === error.message && JSON.stringify(details) === JSON.stringify(error.details);
  if (isSame) return error;
  return new SkillError(error.code, message, details ? { details: { ...details } } : {});
}

function hideInData(data: JsonValue, hide: Hide): JsonValue {
  if (typeof data === 'string') return hide(data);
  if (typeof data === 'number') return hide(String(data)) === String(data) ? data : REDACTED;
  if (typeof data !== 'object' || data === null) return data;
  if (Array.isArray(data))
    return (data as readonly JsonValue[]).map((item) => hideInData(item, hide));
  return Object.fromEntries(
    Object.entries(data).map(([key, item]) => [hide(key), hideInData(item, hide)]),
  );
}
