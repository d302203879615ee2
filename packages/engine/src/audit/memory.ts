import { randomBytes } from 'node:crypto';
import type { JsonValue } from '../schema/json.ts';
import { keyedDigest } from './digest.ts';
import { encodeIntent, encodeOutcome, noOpenIntent, repeatedIntent } from './entry.ts';
import type { IntentEntry, OutcomeEntry } from './entry.ts';
import { checkFilter } from './filter.ts';
import { MOST_CANDIDATES, closed, pickOne, toPage } from './page.ts';
import type { Stored } from './page.ts';
import type { AuditRecord, IntentRecord, OutcomeRecord } from './record.ts';
import { matches, statsRow } from './select.ts';
import { addUp, type AuditStats } from './stats.ts';
import type { AuditFilter, AuditPage, AuditStore } from './store.ts';

interface Execution {
  readonly seq: number;
  readonly intent: IntentEntry;
  outcome: OutcomeEntry | undefined;
}

/** Keeps records in memory, in the same encoded form as the store on disk. For tests: nothing is durable. */
export class MemoryAuditStore implements AuditStore {
  readonly #key = randomBytes(32);
  readonly #executions = new Map<string, Execution>();
  #seq = 0;
  #closed = false;

  async begin(intent: IntentRecord): Promise<void> {
    this.#checkOpen();
    const entry = encodeIntent(intent, {});
    if (this.#executions.has(entry.executionId)) throw repeatedIntent(entry.executionId);
    this.#executions.set(entry.executionId, {
      seq: ++this.#seq,
      intent: entry,
      outcome: undefined,
    });
  }

  async finish(outcome: OutcomeRecord): Promise<void> {
    this.#checkOpen();
    const entry = encodeOutcome(outcome);
    const execution = this.#executions.get(entry.executionId);
    if (execution === undefined || execution.outcome !== undefined)
      throw noOpenIntent(entry.executionId);
    execution.outcome = entry;
  }

  async query(filter: AuditFilter = {}): Promise<AuditPage> {
    const selection = checkFilter(filter);
    this.#checkOpen();
    const found = [...this.#executions.values()].filter((execution) =>
      matches(execution, selection),
    );
    if (selection.order === 'newest') found.reverse();
    return toPage(found.slice(0, selection.limit + 1).map(stored), selection.limit);
  }

  async stats(filter: AuditFilter = {}): Promise<AuditStats> {
    const selection = { ...checkFilter(filter), before: undefined };
    this.#checkOpen();
    return addUp(
      [...this.#executions.values()].filter((one) => matches(one, selection)).map(statsRow),
    );
  }

  async get(executionId: string): Promise<AuditRecord | undefined> {
    this.#checkOpen();
    const exact = this.#executions.get(executionId);
    if (exact !== undefined) return pickOne(executionId, [stored(exact)]);
    const all = [...this.#executions.values()].reverse();
    const found = all.filter(({ intent }) => intent.executionId.startsWith(executionId));
    return pickOne(executionId, found.slice(0, MOST_CANDIDATES).map(stored));
  }

  digest(parameters: JsonValue): string {
    return keyedDigest(this.#key, parameters);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkOpen(): void {
    if (this.#closed) throw closed();
  }
}

function stored({ seq, intent, outcome }: Execution): Stored {
  return { seq, intent: intent.body, outcome: outcome?.body ?? null };
}
