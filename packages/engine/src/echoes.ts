/** What a guest says of its sensitive parameters, taken out of its failure, its log and its denials. */
import { setImmediate } from 'node:timers/promises';
import { Scrubber } from './broker/scrub.ts';
import { ESCAPE_BYTES } from './broker/scrub-needles.ts';
import { SkillError } from './errors.ts';
import type { RunOutcome } from './run.ts';
import type { JsonValue } from './schema/json.ts';
import { REDACTED, sensitiveValues, type SensitiveNames } from './schema/sensitive.ts';

/**
 * The search holds the embedder's thread, and the guest chooses what is searched: half a second for a mebibyte at the
 * worst. What goes beyond is withheld, not looked through.
 */
const bounds = { values: 1000, characters: 16_384, text: 65_536, print: 4 * 1_048_576 };

/** Bytes that are searched between two turns of the event loop. */
const STEP = 16_384;

/**
 * The same outcome without the values of sensitive parameters in what the caller and the record are told. What a tool
 * returns stays: its value, and the standard output of a command.
 */
export async function withoutEchoes(
  outcome: RunOutcome,
  parameters: JsonValue,
  sensitive: SensitiveNames,
): Promise<RunOutcome> {
  const { answer, denials, stdout, stderr } = outcome;
  if (!('error' in answer) && denials.length === 0 && stdout === '' && stderr === '')
    return outcome;
  const values = new Set(sensitiveValues(parameters, sensitive));
  if (values.size === 0) return outcome;
  const echoes = new Echoes(values);
  try {
    return {
      ...outcome,
      answer: 'error' in answer ? { error: withoutIn(answer.error, echoes) } : answer,
      denials: denials.map((denial) => ({
        ...denial,
        resource: echoes.hide(denial.resource),
        rule: echoes.hide(denial.rule),
        allow: denial.allow.map((line) => echoes.hide(line)),
      })),
      stdout: 'exitCode' in answer ? stdout : await echoes.hidePrinted(stdout),
      stderr: await echoes.hidePrinted(stderr),
    };
  } finally {
    echoes.wipe();
  }
}

class Echoes {
  readonly #scrubber = new Scrubber();
  readonly #tooMuch: boolean;
  /** At least as long as any form of a value. */
  #reach = 0;

  constructor(values: ReadonlySet<string>) {
    const characters = [...values].reduce((sum, value) => sum + value.length, 0);
    this.#tooMuch = values.size > bounds.values || characters > bounds.characters;
    if (this.#tooMuch) return;
    const encoder = new TextEncoder();
    for (const value of values) {
      const bytes = encoder.encode(value);
      this.#scrubber.add(bytes);
      this.#reach = Math.max(this.#reach, bytes.length * ESCAPE_BYTES + 2);
    }
  }

  hide(text: string): string {
    if (this.#tooMuch || text.length > bounds.text) return text === '' ? '' : REDACTED;
    return this.#scrubber.redactText(text);
  }

  /** The same for a long text, with turns for others: in pieces that overlap by more than a value's length. */
  async hidePrinted(text: string): Promise<string> {
    if (this.#tooMuch || text.length > bounds.print) return text === '' ? '' : REDACTED;
    const bytes = Buffer.from(text, 'utf8');
    const step = Math.max(STEP, this.#reach);
    const parts: Uint8Array[] = [];
    let kept = 0;
    for (let at = 0; at < bytes.length; at += step) {
      const from = Math.max(0, at - this.#reach);
      for (const range of this.#scrubber.ranges(bytes.subarray(from, at + step))) {
        const [begin, end] = [from + range.begin, from + range.end];
        if (end <= kept) continue;
        // Where it goes on from the last one, it is the same hidden stretch.
        if (begin > kept || kept === 0) {
          parts.push(bytes.subarray(kept, begin), Buffer.from(REDACTED));
        }
        kept = end;
      }
      if (at + step < bytes.length) await setImmediate();
    }
    if (parts.length === 0) return text;
    return Buffer.concat([...parts, bytes.subarray(kept)]).toString('utf8');
  }

  wipe(): void {
    this.#scrubber.wipe();
  }
}

/** Without its cause, which would say what the message no longer does. */
function withoutIn(error: SkillError, echoes: Echoes): SkillError {
  const message = echoes.hide(error.message);
  const before = JSON.stringify(error.details ?? {});
  const details =
    before.length > bounds.text ? REDACTED : withoutInData(error.details as JsonValue, echoes);
  if (message === error.message && JSON.stringify(details ?? {}) === before) return error;
  const kept = typeof details === 'object' ? { ...details } : { toolDetails: details };
  return new SkillError(error.code, message, error.details ? { details: kept } : {});
}

function withoutInData(data: JsonValue | undefined, echoes: Echoes): JsonValue | undefined {
  if (typeof data === 'string') return echoes.hide(data);
  if (typeof data === 'number') return echoes.hide(String(data)) === String(data) ? data : REDACTED;
  if (typeof data !== 'object' || data === null) return data;
  if (Array.isArray(data)) return data.map((item) => withoutInData(item as JsonValue, echoes)!);
  return Object.fromEntries(
    Object.entries(data).map(([key, item]) => [echoes.hide(key), withoutInData(item, echoes)!]),
  );
}
