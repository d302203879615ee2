import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SkillError } from '../errors.ts';
import type { JsonValue } from '../schema/json.ts';
import type { Durability } from './database.ts';
import { keyedDigest } from './digest.ts';
import { encodeIntent, encodeOutcome } from './entry.ts';
import type { ChainEntry } from './export-format.ts';
import { loadSecrets, prepareFile, type StoreSecrets } from './files.ts';
import { checkFilter } from './filter.ts';
import { MOST_CANDIDATES, closed, pickOne, toPage } from './page.ts';
import type { AuditRecord, IntentRecord, OutcomeRecord } from './record.ts';
import type { AuditFilter, AuditPage, AuditStore } from './store.ts';
import type { Gives, Request } from './protocol.ts';
import { checkRetention, type Pruned, type Retention } from './retention.ts';
import { RetentionKeeper } from './retention-keeper.ts';
import { signerOf } from './signing.ts';
import { addUp, type AuditStats } from './stats.ts';
import { unavailable } from './unavailable.ts';
import type { VerifyOptions } from './verify-store.ts';
import type { Verification } from './verify.ts';
import { WorkerClient } from './worker-client.ts';
import { ownIdentity } from './writer-identity.ts';

/** What {@link openSqliteAuditStore} takes. */
export interface SqliteAuditOptions {
  /** The database file. Made with mode 0600, its directory with 0700, where they do not exist. */
  readonly path: string;
  /** How long to wait for other processes that write, in milliseconds. Default 10 000. */
  readonly busyTimeoutMs?: number;
  /**
   * What a record survives once it is written. `power` (the default): the end of this process and a power failure, by one
   * sync a commit. `process`: the end of this process only; after a power failure the newest records may be missing, and the
   * rest is whole.
   */
  readonly durability?: Durability | undefined;
  /**
   * What is kept, applied by itself while the store is open: after a moment, then every `retentionEveryMs`; by a process that
   * ends before, when it closes the store, once a day. Invocations never wait for more than a piece of it. Default: everything
   * is kept.
   */
  readonly retention?: Retention | undefined;
  /** How long after one application the next begins, in milliseconds. Default: an hour. */
  readonly retentionEveryMs?: number | undefined;
}

/**
 * Opens the default store: SQLite in WAL mode, every commit synced. Several processes of one machine may
 * share the file; it must not lie on a network file system (SQLite's WAL does not work there).
 * Opening records `interrupted` for invocations whose processes died.
 *
 * @throws SkillError AUDIT_UNAVAILABLE when the file cannot be made, is refused, or is not an audit store
 */
export async function openSqliteAuditStore(options: SqliteAuditOptions): Promise<SqliteAuditStore> {
  const busyTimeoutMs = options.busyTimeoutMs ?? 10_000;
  try {
    const file = prepareFile(options.path);
    const secrets = loadSecrets(file);
    const { durability, retention, retentionEveryMs } = options;
    if (retention) checkRetention(retention);
    const writer = await WorkerClient.start({ file, busyTimeoutMs, mode: 'write', durability });
    const store = new Store(file, busyTimeoutMs, secrets, writer);
    if (retention) store.keep(retention, retentionEveryMs);
    return store;
  } catch (error) {
    const reason = unavailable('opened', error);
    throw new SkillError(reason.code, `${reason.message} (audit store: ${options.path})`, {
      cause: error,
    });
  }
}

/** What can be asked of a store on disk without writing to it. */
export interface AuditReader extends Pick<AuditStore, 'query' | 'get' | 'stats'>, AsyncDisposable {
  /**
   * Reads the whole record and holds it against its chain, its signatures and its anchor.
   *
   * @throws SkillError AUDIT_UNAVAILABLE when it cannot be read
   */
  verify(options?: Omit<VerifyOptions, 'path'>): Promise<Verification>;
  /** Entries of the chain behind a sequence number (0: from the first), oldest first, at most 10 000. */
  entries(after: number, most?: number): Promise<readonly ChainEntry[]>;
  /** Body of the last summary of removed entries. */
  lastPrune(): Promise<string | undefined>;
  /** Frees the file. Idempotent. */
  close(): Promise<void>;
}

/** The default store. What the interface promises, and what only a store on disk has. */
export interface SqliteAuditStore extends AuditStore, AuditReader {
  /** PEM of the Ed25519 key whose signature checkpoints have. */
  readonly publicKey: string;
  /** Signs the record so far; false where nothing has come since the last checkpoint. */
  checkpoint(): Promise<boolean>;
  /** What `prune` would remove now; undefined where that is nothing. */
  prunable(retention: Retention): Promise<Pruned | undefined>;
  /**
   * Removes what the retention does not keep, behind signed summaries, piece by piece: others write in between. Undefined where
   * there was nothing to remove. What is freed is used again; `compact` gives it back to the disk, and others wait meanwhile.
   */
  prune(
    retention: Retention,
    options?: { readonly compact?: boolean },
  ): Promise<Pruned | undefined>;
}

/** See `openAuditReader`. */
export function openSqliteReader({
  path,
  busyTimeoutMs = 10_000,
}: SqliteAuditOptions): AuditReader {
  return new Reader(resolve(path), busyTimeoutMs);
}

/** @throws SkillError AUDIT_UNAVAILABLE where there can be no store */
function isThere(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) !== undefined || isFolderAbove(dirname(file));
  } catch (error) {
    throw unavailable('read', error);
  }
}

/** False, as the file itself is not there; throws where something that is no folder is in its place. */
function isFolderAbove(path: string): false {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined && dirname(path) !== path) return isFolderAbove(dirname(path));
  if (stats && !stats.isDirectory()) throw new Error(`${path} is not a directory`);
  return false;
}

class Reader implements AuditReader {
  readonly #file: string;
  readonly #busyTimeoutMs: number;
  /** Made at the first read: a long search never delays an invocation. */
  #worker: Promise<WorkerClient> | undefined;
  #closed = false;

  constructor(file: string, busyTimeoutMs: number) {
    this.#file = file;
    this.#busyTimeoutMs = busyTimeoutMs;
  }

  async query(filter: AuditFilter = {}): Promise<AuditPage> {
    const selection = checkFilter(filter);
    return toPage((await this.#ask({ op: 'query', selection })) ?? [], selection.limit);
  }

  async get(executionId: string): Promise<AuditRecord | undefined> {
    const request = { op: 'find', id: executionId, most: MOST_CANDIDATES } as const;
    return pickOne(executionId, (await this.#ask(request)) ?? []);
  }

  async stats(filter: AuditFilter = {}): Promise<AuditStats> {
    return (await this.#ask({ op: 'stats', selection: checkFilter(filter) })) ?? addUp([]);
  }

  async verify(options: Omit<VerifyOptions, 'path'> = {}): Promise<Verification> {
    const request = { op: 'verify', options: { ...options, path: this.#file } } as const;
    const verification = await this.#ask(request);
    if (verification) return verification;
    throw new SkillError('AUDIT_UNAVAILABLE', `There is no audit store at ${this.#file}.`);
  }

  async entries(after: number, most = 1000): Promise<readonly ChainEntry[]> {
    const limit = Math.min(Math.max(1, most), 10_000);
    return (await this.#ask({ op: 'entries', after, most: limit })) ?? [];
  }

  lastPrune(): Promise<string | undefined> {
    return this.#ask({ op: 'lastPrune' });
  }

  async prunable(retention: Retention): Promise<Pruned | undefined> {
    return this.#ask({ op: 'retentionTarget', retention: checkRetention(retention) });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const worker = await this.#worker?.catch(() => undefined);
    await worker?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Undefined where there is no store, or not yet. */
  async #ask<R extends Request>(request: R): Promise<Gives<R> | undefined> {
    if (this.#closed) throw closed();
    if (!isThere(this.#file)) return undefined;
    this.#worker ??= WorkerClient.start({
      file: this.#file,
      busyTimeoutMs: this.#busyTimeoutMs,
      mode: 'read',
    }).catch((error: unknown) => {
      this.#worker = undefined;
      throw error;
    });
    return (await this.#worker).request(request);
  }
}

class Store extends Reader implements SqliteAuditStore {
  readonly publicKey: string;
  readonly #key: Uint8Array;
  readonly #identity = ownIdentity();
  readonly #writer: WorkerClient;
  #keeper: RetentionKeeper | undefined;
  #closing: Promise<void> | undefined;
  #ending = false;

  constructor(file: string, busyTimeoutMs: number, secrets: StoreSecrets, writer: WorkerClient) {
    super(file, busyTimeoutMs);
    this.#key = secrets.key;
    this.publicKey = signerOf(secrets.signing).publicKey;
    this.#writer = writer;
  }

  async begin(intent: IntentRecord): Promise<void> {
    await this.#write({ op: 'append', entry: encodeIntent(intent, this.#identity) });
  }

  async finish(outcome: OutcomeRecord): Promise<void> {
    await this.#write({ op: 'append', entry: encodeOutcome(outcome) });
  }

  checkpoint(): Promise<boolean> {
    return this.#write({ op: 'checkpoint' });
  }

  prune(
    retention: Retention,
    { compact = false }: { readonly compact?: boolean } = {},
  ): Promise<Pruned | undefined> {
    return this.#prune(retention, { compact });
  }

  async #prune(
    retention: Retention,
    { pieces = Infinity, compact = false, ref = true },
  ): Promise<Pruned | undefined> {
    const target = await this.prunable(retention);
    let [entries, records] = [0, 0];
    for (let left = target === undefined ? 0 : pieces; left > 0; left -= 1) {
      const began = performance.now();
      const piece = await this.#write({ op: 'prunePiece', target: target!.through });
      if (piece === undefined) break;
      entries += piece.entries;
      records += piece.records;
      // Whoever waits for the lock looks for it now and then only: as long as it was held, it is free.
      const ms = Math.min(100, performance.now() - began);
      if (pieces === Infinity) await sleep(ms, undefined, { ref });
    }
    if (compact) await this.#write({ op: 'vacuum' });
    return target && { through: target.through, entries, records };
  }

  /** From now on, by itself. */
  keep(retention: Retention, everyMs: number | undefined): void {
    const prune = (pieces = Infinity) => this.#prune(retention, { pieces, ref: false });
    this.#keeper = new RetentionKeeper({ prune, lastPrune: () => this.lastPrune() }, everyMs);
  }

  digest(parameters: JsonValue): string {
    return keyedDigest(this.#key, parameters);
  }

  override close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#keeper?.end();
    this.#ending = true;
    await super.close();
    await this.#writer.close();
  }

  async #write<R extends Request>(request: R): Promise<Gives<R>> {
    if (this.#ending) throw closed();
    return this.#writer.request(request);
  }
}
