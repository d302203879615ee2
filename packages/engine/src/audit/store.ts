import type { JsonValue } from '../schema/json.ts';
import type { AuditStats } from './stats.ts';
import type { AuditRecord, AuditStatus, IntentRecord, OutcomeRecord } from './record.ts';

/** Which records to list. Every field narrows; an empty filter lists all. */
export interface AuditFilter {
  /** Exact skill name. */
  readonly skill?: string;
  /** Exact tool name. */
  readonly tool?: string;
  /** `running` lists invocations that have no outcome yet. */
  readonly status?: AuditStatus | 'running';
  /** Exact user. */
  readonly user?: string;
  /** Earliest timestamp, inclusive: a Date or ISO 8601 text. */
  readonly since?: Date | string;
  /** Latest timestamp, exclusive: a Date or ISO 8601 text. */
  readonly until?: Date | string;
  /** Most records of one page: 1 to 10 000, default 50. */
  readonly limit?: number;
  /** `cursor` of the page before, of the same order: continues after its last record. */
  readonly cursor?: string;
  /** Which come first. Default `newest`. */
  readonly order?: 'newest' | 'oldest';
}

/** One page, in the order that was asked for. */
export interface AuditPage {
  readonly records: readonly AuditRecord[];
  /** Pass it on for the next page; undefined when this was the last. */
  readonly cursor: string | undefined;
  /** The same also for the last page, to look for what comes after it; undefined for an empty page. */
  readonly last: string | undefined;
}

/**
 * Where invocations are recorded. Append-only: an intent and at most one outcome for each execution.
 *
 * Calls take effect in the order in which they are made, so an invocation that is refused before any
 * guest runs may be written as `Promise.all([store.begin(intent), store.finish(outcome)])` in one commit.
 *
 * Every method rejects with `AUDIT_UNAVAILABLE` when the store cannot do its work; the engine then
 * refuses to run (it fails closed). Repeated ids and malformed records reject with `INTERNAL`.
 */
export interface AuditStore extends AsyncDisposable {
  /** Writes the intent; durable before the promise resolves. */
  begin(intent: IntentRecord): Promise<void>;
  /** Writes the outcome of a begun execution, once; durable before the promise resolves. */
  finish(outcome: OutcomeRecord): Promise<void>;
  /** Lists records. A bad filter rejects with `INVALID_OPTIONS`. */
  query(filter?: AuditFilter): Promise<AuditPage>;
  /**
   * One record by its execution id or by a prefix of it that only one execution has.
   * Undefined when none matches; a prefix that several have rejects with `INVALID_OPTIONS`,
   * `details.candidates` naming some of them.
   */
  get(executionId: string): Promise<AuditRecord | undefined>;
  /** Totals over what the filter selects; its `limit`, `order` and `cursor` do not count. */
  stats(filter?: AuditFilter): Promise<AuditStats>;
  /**
   * Keyed digest (HMAC-SHA256 under this store's own random key) of original parameters,
   * as `hmac-sha256:<hex>`. Key order in objects does not matter.
   */
  digest(parameters: JsonValue): string;
  /** Writes what is under way, then ends. Later calls reject with `ENGINE_CLOSED`. Idempotent. */
  close(): Promise<void>;
}
