/** Reads what a hook answered. Anything that is not exactly a decision is a problem, and so a denial. */
import { copyJson } from '../schema/index.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../schema/json.ts';

const TEXT = 500;

export type ReadDecision =
  | { readonly decision: 'allow' | 'keep' }
  | { readonly decision: 'deny'; readonly reason: string; readonly retryAfterMs?: number }
  | { readonly decision: 'withhold'; readonly reason: string }
  | { readonly decision: 'ask'; readonly question: string }
  | { readonly decision: 'rewrite'; readonly parameters: JsonValue }
  | { readonly decision: 'redact'; readonly with: JsonObject };

const members: Readonly<Record<'before' | 'after', Readonly<Record<string, readonly string[]>>>> = {
  before: {
    allow: [],
    deny: ['reason', 'retryAfterMs'],
    ask: ['question'],
    rewrite: ['parameters'],
  },
  after: { keep: [], redact: ['value', 'message', 'stdout', 'stderr'], withhold: ['reason'] },
};

/** @returns the decision as plain data that the hook does not hold, or what is wrong with it */
export function readDecision(answer: unknown, when: 'before' | 'after'): ReadDecision | string {
  const allowed = members[when];
  const known = Object.keys(allowed).join(', ');
  if (answer === undefined && when === 'after') return { decision: 'keep' };
  const copied = copyJson(answer);
  if (!copied.ok || !isJsonObject(copied.value)) return `it did not answer one of: ${known}`;
  const { decision, ...rest } = copied.value;
  if (typeof decision !== 'string' || !Object.hasOwn(allowed, decision)) {
    return `it did not answer one of: ${known}`;
  }
  const odd = Object.keys(rest).find((key) => !allowed[decision]!.includes(key));
  if (odd !== undefined) return `its answer has an unknown member ${JSON.stringify(odd)}`;
  const text = (key: string): boolean => isText(rest[key]);
  const { reason, question, parameters, retryAfterMs } = rest;
  switch (decision) {
    case 'allow':
    case 'keep':
      return { decision };
    case 'deny':
      if (!text('reason')) return 'it denied without a reason';
      if (retryAfterMs === undefined) return { decision, reason: reason as string };
      if (typeof retryAfterMs !== 'number' || retryAfterMs < 0) return 'its retryAfterMs is wrong';
      return { decision, reason: reason as string, retryAfterMs };
    case 'withhold':
      return text('reason') ? { decision, reason: reason as string } : 'it gave no reason';
    case 'ask':
      return text('question')
        ? { decision, question: question as string }
        : 'it asked without a question';
    case 'rewrite':
      return parameters === undefined ? 'it gave no parameters' : { decision, parameters };
    default:
      return readRedaction(rest);
  }
}

function readRedaction(rest: JsonObject): ReadDecision | string {
  if (Object.keys(rest).length === 0) return 'it redacted nothing';
  for (const key of ['message', 'stdout', 'stderr']) {
    if (Object.hasOwn(rest, key) && typeof rest[key] !== 'string') return `its ${key} is no text`;
  }
  return { decision: 'redact', with: rest };
}

function isText(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= TEXT;
}
