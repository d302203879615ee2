/** The hooks around one invocation. Fails closed: whatever a hook does other than allow, denies. */
import { SkillError } from '../errors.ts';
import type { ExecutionResult } from '../execution.ts';
import type { JsonValue } from '../schema/json.ts';
import { bounded, type Answer } from './bounded.ts';
import { readDecision } from './decision.ts';
import type { AskRequest, Hook, HookCall, HookResult, OnAsk } from './hook.ts';
import { redacted, withheld } from './result.ts';

/** How long the operator may take to answer. */
const ASK_MS = 120_000;
const TIMEOUT_MS = 5000;
const LONGEST_TIMEOUT_MS = 600_000;

export type CallFacts = Omit<HookCall, 'signal'>;

/** What became of the call before the guest starts. */
export type Judged =
  | { readonly parameters: JsonValue; readonly rewrittenBy: readonly string[] }
  | { readonly error: SkillError };

export type Validate = (
  parameters: JsonValue,
) =>
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly error: SkillError };

/** The engine's hooks, as they were when it was made. */
export class Policy {
  readonly #hooks: readonly Required<Pick<Hook, 'name' | 'timeoutMs'>>[] & readonly Hook[];
  readonly #onAsk: OnAsk | undefined;

  /** @throws SkillError INVALID_OPTIONS */
  constructor(hooks: readonly Hook[] = [], onAsk?: OnAsk) {
    const names = new Set<string>();
    this.#hooks = hooks.map((hook) => {
      const { name, before, after, timeoutMs = TIMEOUT_MS } = hook;
      if (!/^[a-z0-9-]{1,64}$/.test(name) || names.has(name)) {
        throw invalid(
          `the name ${JSON.stringify(name)} is not 1 to 64 of a-z 0-9 -, or is there twice`,
        );
      }
      names.add(name);
      if (before === undefined && after === undefined)
        throw invalid(`${name} has neither before nor after`);
      for (const part of [before, after]) {
        if (part !== undefined && typeof part !== 'function')
          throw invalid(`a part of ${name} is no function`);
      }
      if (!(timeoutMs > 0 && timeoutMs <= LONGEST_TIMEOUT_MS)) {
        throw invalid(`timeoutMs of ${name} is not between 0 and ${LONGEST_TIMEOUT_MS}`);
      }
      return {
        name,
        timeoutMs,
        ...(before ? { before: before.bind(hook) } : {}),
        ...(after ? { after: after.bind(hook) } : {}),
      };
    });
    if (onAsk !== undefined && typeof onAsk !== 'function') throw invalid('onAsk is no function');
    this.#onAsk = onAsk;
  }

  get isEmpty(): boolean {
    return this.#hooks.length === 0;
  }

  /** @param cancelled aborts when the caller gives up or the engine closes */
  open(call: CallFacts, cancelled: AbortSignal): PolicyRun {
    return new PolicyRun(this.#hooks, this.#onAsk, call, cancelled);
  }
}

function invalid(what: string): SkillError {
  return new SkillError('INVALID_OPTIONS', `options.hooks: ${what}.`);
}

type BoundHook = Hook & { readonly timeoutMs: number };

export class PolicyRun {
  readonly #hooks: readonly BoundHook[];
  readonly #onAsk: OnAsk | undefined;
  readonly #cancelled: AbortSignal;
  readonly #started: BoundHook[] = [];
  #call: CallFacts;

  constructor(
    hooks: readonly Hook[],
    onAsk: OnAsk | undefined,
    call: CallFacts,
    cancelled: AbortSignal,
  ) {
    this.#hooks = hooks as readonly BoundHook[];
    this.#onAsk = onAsk;
    this.#call = call;
    this.#cancelled = cancelled;
  }

  /** Asks each hook in turn; the first that does not allow ends it. Never rejects. */
  async before(validate: Validate): Promise<Judged> {
    const rewrittenBy: string[] = [];
    for (const hook of this.#hooks) {
      this.#started.push(hook);
      if (hook.before === undefined) continue;
      const { before } = hook;
      const answer = await bounded(
        (signal) => before(this.#copy(signal)),
        hook.timeoutMs,
        this.#cancelled,
      );
      if (answer.kind === 'aborted') return { error: cancelledError() };
      if (answer.kind !== 'answered') return { error: this.#denied(hook, failed(answer)) };
      const read = readDecision(answer.value, 'before');
      if (typeof read === 'string') return { error: this.#denied(hook, read) };
      if (read.decision === 'deny') {
        return { error: this.#denied(hook, read.reason, read.retryAfterMs) };
      }
      if (read.decision === 'ask') {
        const refusal = await this.#ask(hook, read.question);
        if (refusal) return { error: refusal };
      }
      if (read.decision === 'rewrite') {
        const checked = validate(read.parameters);
        if (!checked.ok) {
          const why = `it rewrote the parameters to what the tool does not take: ${checked.error.message}`;
          return { error: this.#denied(hook, why) };
        }
        this.#call = { ...this.#call, parameters: checked.value };
        rewrittenBy.push(hook.name);
      }
    }
    return { parameters: this.#call.parameters, rewrittenBy };
  }

  /** Shows the result to each hook that was started. Never rejects. */
  async after(result: ExecutionResult): Promise<ExecutionResult> {
    let current = result;
    for (const hook of this.#started.toReversed()) {
      const { after } = hook;
      if (after === undefined) continue;
      const seen = current;
      const answer = await bounded(
        (signal) => after(this.#copy(signal), structuredClone(view(seen))),
        hook.timeoutMs,
      );
      current = this.#afterwards(hook, answer, current);
    }
    return current;
  }

  #afterwards(hook: Hook, answer: Answer, result: ExecutionResult): ExecutionResult {
    const withhold = (reason: string) => withheld(result, this.#denied(hook, reason));
    if (answer.kind !== 'answered') return withhold(failed(answer));
    const read = readDecision(answer.value, 'after');
    if (typeof read === 'string') return withhold(read);
    if (read.decision === 'withhold') return withhold(read.reason);
    if (read.decision !== 'redact') return result;
    const part = result.ok ? 'message' : 'value';
    if (Object.hasOwn(read.with, part)) return withhold(`it redacted a ${part} that there is not`);
    return redacted(result, read.with);
  }

  async #ask(hook: Hook, question: string): Promise<SkillError | undefined> {
    const onAsk = this.#onAsk;
    if (onAsk === undefined) {
      return this.#denied(hook, `nobody is there to answer: ${question}`);
    }
    const answer = await bounded(
      (signal) =>
        onAsk({ hook: hook.name, question, call: this.#copy(signal) } satisfies AskRequest),
      ASK_MS,
      this.#cancelled,
    );
    if (answer.kind === 'aborted') return cancelledError();
    if (answer.kind === 'answered' && answer.value === true) return undefined;
    return this.#denied(hook, `the operator did not allow it: ${question}`);
  }

  #copy(signal: AbortSignal): HookCall {
    return { ...structuredClone(this.#call), signal };
  }

  #denied(hook: Hook, reason: string, retryAfterMs?: number): SkillError {
    const { skill, tool } = this.#call;
    return new SkillError(
      'POLICY_DENIED',
      `The policy ${hook.name} does not let ${skill}/${tool} pass: ${reason}`,
      {
        details: {
          hook: hook.name,
          reason,
          ...(retryAfterMs === undefined ? {} : { retryAfterMs: Math.ceil(retryAfterMs) }),
        },
      },
    );
  }
}

function view(result: ExecutionResult): HookResult {
  const { stdout, stderr, durationMs, filesWritten } = result;
  const facts = { stdout, stderr, durationMs, filesWritten };
  if (result.ok) return { ok: true, value: result.value, ...facts };
  const { code, message } = result.error;
  return { ok: false, error: { code, message }, ...facts };
}

/** Why it denies; what a hook throws is the operator's own and stays out of what callers see. */
function failed({ kind }: Answer): string {
  return kind === 'late' ? 'it did not answer in time' : 'it failed';
}

function cancelledError(): SkillError {
  return new SkillError('CANCELLED', 'The call was cancelled before its policy had decided.');
}
