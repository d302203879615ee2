/** The last look at what leaves the supervisor: no value of a credential is in it. */
import type { ResultMessage } from '../isolate/messages.ts';
import type { RunResult } from './messages.ts';
import type { Scrubber } from './scrub.ts';

export function redactRun(result: RunResult, scrubber: Scrubber): RunResult {
  if (scrubber.empty) return result;
  const { end } = result;
  return {
    ...result,
    stdout: scrubber.redact(result.stdout),
    stderr: scrubber.redact(result.stderr),
    denials: result.denials.map((denial) => redactStrings(denial, scrubber)),
    filesWritten: result.filesWritten && redactStrings(result.filesWritten, scrubber),
    // Names are the manifest's; a host is what the guest asked for.
    credentialsUsed: result.credentialsUsed?.map(({ name, host }) => ({
      name,
      host: host === null ? null : scrubber.redactText(host),
    })),
    end:
      end.kind === 'result'
        ? {
            kind: 'result',
            result: redactStrings<ResultMessage>(end.result, scrubber),
            text: redactJson(end.text, scrubber),
          }
        : redactStrings(end, scrubber),
  };
}

/** In a JSON text a value may be spelt with escapes for any of its characters: then its strings are looked at, too. */
function redactJson(text: Uint8Array, scrubber: Scrubber): Uint8Array {
  const redacted = scrubber.redact(text);
  const view = Buffer.from(redacted.buffer, redacted.byteOffset, redacted.length);
  if (!view.includes('\\')) return redacted;
  try {
    const value: unknown = JSON.parse(view.toString('utf8'));
    const again = redactStrings(value, scrubber);
    return again === value ? redacted : new TextEncoder().encode(JSON.stringify(again));
  } catch {
    // What is no JSON is refused as a result.
    return redacted;
  }
}

/** Every string in plain data, keys included; the same data where there is nothing to redact. */
export function redactStrings<T>(value: T, scrubber: Scrubber): T {
  const walk = (item: unknown): unknown => {
    if (typeof item === 'string') return scrubber.redactText(item);
    if (typeof item !== 'object' || item === null) return item;
    if (Array.isArray(item)) {
      const walked = item.map(walk);
      return walked.some((one, at) => one !== item[at]) ? walked : item;
    }
    let changed = false;
    const entries = Object.entries(item).map(([key, one]) => {
      const pair = [scrubber.redactText(key), walk(one)] as const;
      changed ||= pair[0] !== key || pair[1] !== one;
      return pair;
    });
    return changed ? Object.fromEntries(entries) : item;
  };
  return walk(value) as T;
}
