import { SkillError } from '../errors.ts';
import type { JsonValue } from '../schema/json.ts';
import type { Durability } from './database.ts';
import { keyedDigest } from './digest.ts';
import { encodeIntent, encodeOutcome } from './entry.ts';
import type { LinesIndex } from './lines-index.ts';
import { type OpenedLines, openLines } from './lines-open.ts';
import { LinesQueries } from './lines-queries.ts';
import { closeAll, openSegments } from './lines-segments.ts';
import { verifyJsonLinesAudit } from './lines-verify-file.ts';
import { findPrune } from './lines-verify.ts';
import { closed } from './page.ts';
import type { IntentRecord, OutcomeRecord } from './record.ts';
import { checkRetention, type Pruned, type Retention } from './retention.ts';
import { signerOf } from './signing.ts';
import type { AuditReader } from './sqlite.ts';
import type { AuditStore } from './store.ts';
import { unavailable } from './unavailable.ts';
import type { Verification } from './verify.ts';
import type { VerifyOptions } from './verify-store.ts';
import { ownIdentity } from './writer-identity.ts';

/** Bytes at which a file is closed, unless something else is asked for: 64 MiB. */
const SEGMENT_BYTES = 64 * 1024 * 1024;

const DAY_MS = 86_400_000;

/** Where a JSON-lines store is, and what it promises. */
export interface JsonLinesAuditOptions {
  /** The file. Made with mode 0600, its directory with 0700, where they do not exist. */
  readonly path: string;
  /**
   * What a record survives once it is written: `power` (the default), the end of this process and a power failure; `process`,
   * the end of this process only. After a power failure the newest records may then be missing.
   */
  readonly durability?: Durability | undefined;
  /** How long to wait for another writer to end, in milliseconds. Default 1000. */
  readonly busyTimeoutMs?: number;
  /**
   * When the file is closed, gets a name of its own (`path` and the number of its first entry) and a new one is begun, with
   * the next entry: at so many bytes, or when its first line is so many milliseconds old. Default: 64 MiB, and a day where
   * `retention` goes by age.
   */
  readonly rotate?: { readonly bytes?: number; readonly ageMs?: number };
  /**
   * What is kept, whenever the store is opened or a file is closed: closed files of which nothing is to be kept are removed,
   * behind a signed summary. Default: everything.
   */
  readonly retention?: Retention | undefined;
}

/** A store in files that only grow, a line of JSON for each entry of the chain. */
export interface JsonLinesAuditStore extends AuditStore, AuditReader {
  /** PEM of the Ed25519 key whose signature checkpoints have. */
  readonly publicKey: string;
  /** Signs the record so far; false where nothing has come since the last checkpoint. */
  checkpoint(): Promise<boolean>;
  /**
   * Removes whole files of which the retention keeps nothing, behind a signed summary; more stays rather than less.
   * Undefined where there was nothing to remove.
   */
  prune(
    retention: Retention,
    options?: { readonly compact?: boolean },
  ): Promise<Pruned | undefined>;
  /** What `prune` would remove now; undefined where that is nothing. */
  prunable(retention: Retention): Promise<Pruned | undefined>;
}

/**
 * Opens a store for programs that ship lines to a log system. It has one writer at a time, and keeps in memory where each
 * execution is in the files; the SQLite store has neither bound. Opening verifies the files, cuts off a last line that a crash
 * left unfinished, and records `interrupted` for invocations that have no outcome.
 *
 * @throws SkillError AUDIT_UNAVAILABLE when the file cannot be made, is refused, is not what was written, or has a writer;
 *   INVALID_OPTIONS
 */
export async function openJsonLinesAuditStore(
  options: JsonLinesAuditOptions,
): Promise<JsonLinesAuditStore> {
  const { path, durability = 'power', busyTimeoutMs = 1000, rotate = {}, retention } = options;
  const { bytes = SEGMENT_BYTES, ageMs = retention?.maxAgeMs === undefined ? Infinity : DAY_MS } =
    rotate;
  if (retention !== undefined) checkRetention(retention);
  if (!(bytes >= 1) || !(ageMs >= 1)) {
    throw new SkillError('INVALID_OPTIONS', 'rotate needs bytes and ageMs of at least 1.');
  }
  const rotation = { bytes, ageMs };
  try {
    return new Store(await openLines(path, { durability, busyTimeoutMs, rotation, retention }));
  } catch (error) {
    throw unavailable('opened', error);
  }
}

class Store extends LinesQueries implements JsonLinesAuditStore {
  readonly publicKey: string;
  readonly #opened: OpenedLines;
  readonly #identity = ownIdentity();
  #ending: Promise<void> | undefined;

  constructor(opened: OpenedLines) {
    super();
    this.#opened = opened;
    this.publicKey = signerOf(opened.secrets.signing).publicKey;
    opened.writer.readsDone = () => this.settleReads();
  }

  async begin(intent: IntentRecord): Promise<void> {
    const entry = encodeIntent(intent, this.#identity);
    this.#checkOpen();
    await this.#opened.writer.write(entry);
  }

  async finish(outcome: OutcomeRecord): Promise<void> {
    const entry = encodeOutcome(outcome);
    this.#checkOpen();
    await this.#opened.writer.write(entry);
  }

  async checkpoint(): Promise<boolean> {
    this.#checkOpen();
    return await this.#opened.writer.write('checkpoint');
  }

  async prune(retention: Retention): Promise<Pruned | undefined> {
    const checked = checkRetention(retention);
    this.#checkOpen();
    return await this.#opened.writer.prune(checked);
  }

  async prunable(retention: Retention): Promise<Pruned | undefined> {
    const checked = checkRetention(retention);
    this.#checkOpen();
    return this.#opened.writer.prunable(checked);
  }

  async verify(options: Omit<VerifyOptions, 'path'> = {}): Promise<Verification> {
    this.#checkOpen();
    return await verifyJsonLinesAudit({ ...options, path: this.#opened.files.path });
  }

  async lastPrune(): Promise<string | undefined> {
    this.#checkOpen();
    const segments = openSegments(this.#opened.files.path);
    try {
      return (await findPrune(segments))?.body;
    } finally {
      closeAll(segments);
    }
  }

  digest(parameters: JsonValue): string {
    return keyedDigest(this.#opened.secrets.key, parameters);
  }

  close(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  protected async index(): Promise<LinesIndex> {
    this.#checkOpen();
    return this.#opened.index;
  }

  async #end(): Promise<void> {
    using opened = this.#opened;
    await this.settleReads();
    try {
      await opened.writer.settle();
    } catch (error) {
      throw unavailable('closed', error);
    }
  }

  #checkOpen(): void {
    if (this.#ending) throw closed();
  }
}
