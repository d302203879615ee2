/** The record of one invocation: an intent before anything runs, an outcome whatever happens. */
import type { IntentRecord } from './audit/record.ts';
import { redactParameters } from './audit/redact.ts';
import type { AuditStore } from './audit/store.ts';
import { withoutEchoes } from './echoes.ts';
import { SkillError } from './errors.ts';
import type { ExecutionResult } from './execution.ts';
import { outcomeRecord, refusal, resultOf } from './outcome.ts';
import type { Judgement } from './policy/judge.ts';
import type { RunOutcome } from './run.ts';
import type { SensitiveNames } from './schema/index.ts';
import type { JsonObject, JsonValue } from './schema/json.ts';
import type { Callable } from './skill.ts';

/** What is known of a call before it is judged. */
export interface CallFacts {
  readonly executionId: string;
  readonly skill: Callable | undefined;
  readonly skillName: string;
  readonly toolName: string;
  readonly user: string | null;
  readonly caller: JsonObject;
  /** ISO 8601. */
  readonly timestamp: string;
  /** Monotonic milliseconds. */
  readonly started: number;
}

export class Recording {
  readonly #audit: AuditStore;
  readonly #facts: CallFacts;
  readonly #given: JsonValue;
  readonly #sensitive: SensitiveNames;
  readonly #intent: IntentRecord;
  readonly #after: (result: ExecutionResult) => Promise<ExecutionResult>;

  /** @param after what the policy makes of the result, before it is recorded */
  constructor(
    audit: AuditStore,
    facts: CallFacts,
    { given, sensitive, note }: Pick<Judgement<Callable>, 'given' | 'sensitive' | 'note'>,
    after: (result: ExecutionResult) => Promise<ExecutionResult>,
  ) {
    const { executionId, skill, user, caller } = facts;
    this.#audit = audit;
    this.#facts = facts;
    this.#after = after;
    this.#given = given;
    this.#sensitive = sensitive;
    this.#intent = {
      execution_id: executionId,
      timestamp: facts.timestamp,
      skill_name: facts.skillName,
      skill_version: skill?.version ?? null,
      component_sha256: skill?.sha256 ?? null,
      tool_name: facts.toolName,
      parameters: redactParameters(given, sensitive),
      parameters_digest: audit.digest(given),
      user,
      caller: redactParameters({ ...caller, ...note }) as JsonObject,
      effective_capabilities_hash: skill?.authorityHash ?? null,
    };
  }

  /** Durable when it resolves; then undefined, or the result of an invocation that must not run. */
  async begin(): Promise<ExecutionResult | undefined> {
    try {
      await this.#begin();
      return undefined;
    } catch (error) {
      return this.#after(this.#unavailable(error, this.#elapsed()));
    }
  }

  /** The result, durable in the record. */
  async conclude(outcome: RunOutcome): Promise<ExecutionResult> {
    return this.#conclude(undefined, await withoutEchoes(outcome, this.#given, this.#sensitive));
  }

  /** Intent and outcome of a call that nothing runs for, in one commit. */
  refuse(error: SkillError): Promise<ExecutionResult> {
    const begun = this.#begin();
    begun.catch(() => undefined);
    return this.#conclude(begun, refusal(error));
  }

  /** A store that throws instead of rejecting has failed all the same. */
  async #begin(): Promise<void> {
    return this.#audit.begin(this.#intent);
  }

  async #conclude(begun: Promise<void> | undefined, outcome: RunOutcome): Promise<ExecutionResult> {
    const durationMs = Math.round(this.#elapsed() * 1000) / 1000;
    const result = await this.#after(resultOf(this.#facts.executionId, durationMs, outcome));
    try {
      const finished = this.#audit.finish(outcomeRecord(result, outcome));
      // Without an intent, it is the intent's failure that counts.
      const written = await Promise.allSettled([begun, finished]);
      const failure = written.find(({ status }) => status === 'rejected');
      if (failure?.status === 'rejected') throw failure.reason;
      return result;
    } catch (error) {
      return this.#unavailable(error, durationMs);
    }
  }

  #unavailable(error: unknown, durationMs: number): ExecutionResult {
    const reason = SkillError.from(error, 'AUDIT_UNAVAILABLE');
    return resultOf(this.#facts.executionId, durationMs, refusal(reason));
  }

  #elapsed(): number {
    return performance.now() - this.#facts.started;
  }
}
