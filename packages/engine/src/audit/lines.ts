import { closeSync, existsSync, fstatSync, openSync, read } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { SkillError } from '../errors.ts';
import type { JsonValue } from '../schema/json.ts';
import { chainKey } from './chain.ts';
import type { Durability } from './database.ts';
import { keyedDigest } from './digest.ts';
import { encodeIntent, encodeOutcome } from './entry.ts';
import { readSecrets } from './files.ts';
import { checkFilter } from './filter.ts';
import { readEntry } from './lines-format.ts';
import type { Indexed, Place } from './lines-index.ts';
import { type OpenedLines, openLines, verifyLines } from './lines-open.ts';
import { MOST_CANDIDATES, closed, pickOne, type Stored, toPage } from './page.ts';
import type { AuditRecord, IntentRecord, OutcomeRecord } from './record.ts';
import { matches, statsRow } from './select.ts';
import { signerOf } from './signing.ts';
import { addUp, type AuditStats } from './stats.ts';
import type { AuditFilter, AuditPage, AuditStore } from './store.ts';
import { unavailable } from './unavailable.ts';
import type { Verification } from './verify.ts';
import { keyOf, readAnchor, type VerifyOptions } from './verify-store.ts';
import { ownIdentity } from './writer-identity.ts';

const readAt = promisify(read);

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
}

/** A store in one file that only grows, a line of JSON for each entry of the chain. */
export interface JsonLinesAuditStore extends AuditStore {
  /** PEM of the Ed25519 key whose signature checkpoints have. */
  readonly publicKey: string;
  /** Signs the record so far; false where nothing has come since the last checkpoint. */
  checkpoint(): Promise<boolean>;
  /** Reads the whole record and holds it against its chain, its signatures and its anchor. */
  verify(options?: Omit<VerifyOptions, 'path'>): Promise<Verification>;
}

/**
 * Opens a store for programs that ship lines to a log system. It has one writer at a time, and keeps in memory where each
 * execution is in the file; the SQLite store has neither bound. Opening verifies the file, cuts off a last line that a crash
 * left unfinished, and records `interrupted` for invocations that have no outcome.
 *
 * @throws SkillError AUDIT_UNAVAILABLE when the file cannot be made, is refused, is not what was written, or has a writer
 */
export async function openJsonLinesAuditStore({
  path,
  durability = 'power',
  busyTimeoutMs = 1000,
}: JsonLinesAuditOptions): Promise<JsonLinesAuditStore> {
  try {
    return new Store(await openLines(path, durability, busyTimeoutMs));
  } catch (error) {
    throw unavailable('opened', error);
  }
}

/**
 * Verifies a file without writing to it, also while it is written. A last line without its end is left out.
 *
 * @throws SkillError AUDIT_UNAVAILABLE when there is no such store, or it cannot be read
 */
export async function verifyJsonLinesAudit(options: VerifyOptions): Promise<Verification> {
  const { publicKey, checkpoint, kept } = options;
  const path = resolve(options.path);
  const secrets = readSecrets(path);
  const key = secrets.key && chainKey(secrets.key);
  const pem = publicKey ?? (secrets.signing && signerOf(secrets.signing).publicKey);
  if (!existsSync(path)) throw absent(`There is no audit store at ${path}.`);
  if (pem === undefined) {
    throw absent(`${path}.signing is missing: restore it, or give the public key.`);
  }
  // The anchor follows the file: what is read after it is at least as far.
  const anchor = key && readAnchor(`${path}.head`, key);
  const file = openSync(path, 'r');
  try {
    const given = { key, publicKey: keyOf(pem), anchor, checkpoint, kept };
    return (await verifyLines(file, fstatSync(file).size, given)).verification;
  } catch (error) {
    throw unavailable('read', error);
  } finally {
    closeSync(file);
  }
}

class Store implements JsonLinesAuditStore {
  readonly publicKey: string;
  readonly #opened: OpenedLines;
  readonly #identity = ownIdentity();
  /** Reads under way: the file is closed after them. */
  readonly #reading = new Set<Promise<unknown>>();
  #ending: Promise<void> | undefined;

  constructor(opened: OpenedLines) {
    this.#opened = opened;
    this.publicKey = signerOf(opened.secrets.signing).publicKey;
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

  async query(filter: AuditFilter = {}): Promise<AuditPage> {
    const selection = checkFilter(filter);
    this.#checkOpen();
    const found = this.#opened.index.all().filter((execution) => matches(execution, selection));
    if (selection.order === 'newest') found.reverse();
    return toPage(await this.#readAll(found.slice(0, selection.limit + 1)), selection.limit);
  }

  async stats(filter: AuditFilter = {}): Promise<AuditStats> {
    const selection = { ...checkFilter(filter), before: undefined };
    this.#checkOpen();
    const all = this.#opened.index.all();
    return addUp(all.filter((execution) => matches(execution, selection)).map(statsRow));
  }

  async get(executionId: string): Promise<AuditRecord | undefined> {
    this.#checkOpen();
    const { index } = this.#opened;
    const exact = index.get(executionId);
    const found = exact
      ? [exact]
      : index.all().filter(({ intent }) => intent.executionId.startsWith(executionId));
    return pickOne(executionId, await this.#readAll(found.reverse().slice(0, MOST_CANDIDATES)));
  }

  async verify(options: Omit<VerifyOptions, 'path'> = {}): Promise<Verification> {
    this.#checkOpen();
    return await verifyJsonLinesAudit({ ...options, path: this.#opened.file.path });
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

  async #end(): Promise<void> {
    using opened = this.#opened;
    await Promise.allSettled(this.#reading);
    try {
      await opened.writer.settle();
    } catch (error) {
      throw unavailable('closed', error);
    }
  }

  async #readAll(found: readonly Indexed[]): Promise<Stored[]> {
    const reading = Promise.all(found.map((execution) => this.#read(execution)));
    this.#reading.add(reading);
    try {
      return await reading;
    } catch (error) {
      throw unavailable('read', error);
    } finally {
      this.#reading.delete(reading);
    }
  }

  async #read({ seq, begun, ended }: Indexed): Promise<Stored> {
    const outcome = ended === undefined ? null : await this.#body(ended);
    return { seq, intent: await this.#body(begun), outcome };
  }

  async #body({ start, length }: Place): Promise<string> {
    const bytes = Buffer.alloc(length);
    await readAt(this.#opened.file.descriptor, bytes, 0, length, start);
    const entry = readEntry(bytes);
    if (entry === undefined) throw new Error(`the line at byte ${start} is not what was written`);
    return entry.body;
  }

  #checkOpen(): void {
    if (this.#ending) throw closed();
  }
}

function absent(message: string): SkillError {
  return new SkillError('AUDIT_UNAVAILABLE', message);
}
