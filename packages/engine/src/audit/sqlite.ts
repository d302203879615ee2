import { SkillError } from '../errors.ts';
import type { JsonValue } from '../schema/json.ts';
import { keyedDigest } from './digest.ts';
import { encodeIntent, encodeOutcome } from './entry.ts';
import { loadKey, prepareFile } from './files.ts';
import { checkFilter } from './filter.ts';
import { MOST_CANDIDATES, closed, pickOne, toPage } from './page.ts';
import type { AuditRecord, IntentRecord, OutcomeRecord } from './record.ts';
import type { AuditFilter, AuditPage, AuditStore } from './store.ts';
import { unavailable } from './unavailable.ts';
import { WorkerClient } from './worker-client.ts';
import { ownIdentity } from './writer-identity.ts';

export interface SqliteAuditOptions {
  /** The database file. Made with mode 0600, its directory with 0700, where they do not exist. */
  readonly path: string;
  /** How long to wait for other processes that write, in milliseconds. Default 10 000. */
  readonly busyTimeoutMs?: number;
}

/**
 * Opens the default store: SQLite in WAL mode, every commit synced. Several processes of one machine may
 * share the file; it must not lie on a network file system (SQLite's WAL does not work there).
 * Opening records `interrupted` for invocations whose processes died.
 *
 * @throws SkillError AUDIT_UNAVAILABLE when the file cannot be made, is refused, or is not an audit store
 */
export async function openSqliteAuditStore(options: SqliteAuditOptions): Promise<AuditStore> {
  const busyTimeoutMs = options.busyTimeoutMs ?? 10_000;
  try {
    const file = prepareFile(options.path);
    const key = loadKey(file);
    const writer = await WorkerClient.start({ file, busyTimeoutMs, mode: 'write' });
    return new SqliteAuditStore(file, busyTimeoutMs, key, writer);
  } catch (error) {
    const reason = unavailable('opened', error);
    throw new SkillError(reason.code, `${reason.message} (audit store: ${options.path})`, {
      cause: error,
    });
  }
}

class SqliteAuditStore implements AuditStore {
  readonly #file: string;
  readonly #busyTimeoutMs: number;
  readonly #key: Uint8Array;
  readonly #identity = ownIdentity();
  readonly #writer: WorkerClient;
  /** Made at the first read: a long search never delays an invocation. */
  #reader: Promise<WorkerClient> | undefined;
  #closed: Promise<void> | undefined;

  constructor(file: string, busyTimeoutMs: number, key: Uint8Array, writer: WorkerClient) {
    this.#file = file;
    this.#busyTimeoutMs = busyTimeoutMs;
    this.#key = key;
    this.#writer = writer;
  }

  async begin(intent: IntentRecord): Promise<void> {
    this.#checkOpen();
    await this.#writer.request({ op: 'append', entry: encodeIntent(intent, this.#identity) });
  }

  async finish(outcome: OutcomeRecord): Promise<void> {
    this.#checkOpen();
    await this.#writer.request({ op: 'append', entry: encodeOutcome(outcome) });
  }

  async query(filter: AuditFilter = {}): Promise<AuditPage> {
    const selection = checkFilter(filter);
    const reader = await this.#openReader();
    const rows = await reader.request({ op: 'query', selection });
    return toPage(rows, selection.limit);
  }

  async get(executionId: string): Promise<AuditRecord | undefined> {
    const reader = await this.#openReader();
    return pickOne(
      executionId,
      await reader.request({ op: 'find', id: executionId, most: MOST_CANDIDATES }),
    );
  }

  digest(parameters: JsonValue): string {
    return keyedDigest(this.#key, parameters);
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(): Promise<void> {
    const reader = await this.#reader?.catch(() => undefined);
    await reader?.close();
    await this.#writer.close();
  }

  #openReader(): Promise<WorkerClient> {
    this.#checkOpen();
    this.#reader ??= WorkerClient.start({
      file: this.#file,
      busyTimeoutMs: this.#busyTimeoutMs,
      mode: 'read',
    }).catch((error: unknown) => {
      this.#reader = undefined;
      throw error;
    });
    return this.#reader;
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw closed();
  }
}
