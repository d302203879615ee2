/** Verifies the store on disk, without writing to it. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { SkillError } from '../errors.ts';
import type { JsonObject } from '../schema/json.ts';
import { Anchor, type Head } from './anchor.ts';
import { Broken } from './broken.ts';
import { chainKey, GENESIS } from './chain.ts';
import { readSecrets } from './files.ts';
import { readImported } from './imported.ts';
import { openReadOnly } from './open-read-only.ts';
import { CHAIN_VERSION, checkVersion, EXECUTIONS_VERSION } from './schema.ts';
import { type ExecutionRow, executionView } from './schema-executions.ts';
import { schemaProblem } from './schema-guard.ts';
import { signerOf } from './signing.ts';
import { type Break, type StoredEntry, type Verification, verifyEntries } from './verify.ts';

/** Which record is verified, and against what. */
export interface VerifyOptions {
  /** The database file. */
  readonly path: string;
  /** PEM of whose signatures count. Default: the store's own key, beside it. */
  readonly publicKey?: string | undefined;
  /** A checkpoint (or a head that `verify` gave) that was kept elsewhere. Default: none. */
  readonly checkpoint?: JsonObject | undefined;
  /** The end of the chain (`head` of an earlier verification: its number and hash) that was kept elsewhere. Default: none. */
  readonly kept?: { readonly seq: number; readonly hash: string } | undefined;
}

/**
 * Reads the whole store in one consistent view, also while others write. About 100 000 records a second or two; constant memory.
 * Blocks its thread.
 *
 * @throws SkillError AUDIT_UNAVAILABLE when there is no store, or it cannot be read
 */
export function verifyStore({ path, publicKey, checkpoint, kept }: VerifyOptions): Verification {
  const secrets = readSecrets(path);
  const key = secrets.key && chainKey(secrets.key);
  const imported = readImported(path);
  const own = secrets.signing && signerOf(secrets.signing).publicKey;
  const pem = publicKey ?? own ?? imported?.publicKey;
  if (pem === undefined) {
    throw new SkillError(
      'AUDIT_UNAVAILABLE',
      `${path}.signing is missing, so whose signatures count is not known. Restore it, or give the public key.`,
    );
  }
  // The anchor follows the database: what is read after it is at least as far.
  const anchor = key && readAnchor(`${path}.head`, key);
  const { db, close } = openReadOnly(path, 10_000);
  try {
    db.exec('PRAGMA trusted_schema = OFF; BEGIN');
    if (checkVersion(db) < CHAIN_VERSION) {
      const problem = 'it says that it is of a version without a chain, and has had one';
      if (typeof anchor === 'object') return { ...nothing, broken: { ...nowhere, problem } };
      throw new SkillError(
        'AUDIT_UNAVAILABLE',
        'The store is of a version without a chain. It gets one when something is recorded next.',
      );
    }
    const last = db
      .prepare("SELECT body FROM entry WHERE kind = 'prune' ORDER BY seq DESC LIMIT 1")
      .get() as { body: string } | undefined;
    const foreign = schemaProblem(db);
    const foreignBreak = foreign && ({ ...nowhere, problem: foreign.problem } as const);
    if (foreign?.unreadable === true) return { ...nothing, broken: foreignBreak };
    if (checkVersion(db) < EXECUTIONS_VERSION) executionView(db, checkVersion(db));
    const found = verifyEntries(rows<StoredEntry>(db, 'entry'), {
      key,
      executions: rows<ExecutionRow>(db, 'execution'),
      publicKey: keyOf(pem),
      anchor,
      checkpoint: checkpoint ?? imported?.end,
      kept,
      pruned: last?.body,
    });
    const problem = found.ok ? (foreignBreak ?? indexProblem(db)) : undefined;
    return problem === undefined ? found : { ...found, ok: false, broken: problem };
  } finally {
    close();
  }
}

/** @throws SkillError INVALID_OPTIONS */
export function keyOf(pem: string): KeyObject {
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Told below.
  }
  throw new SkillError('INVALID_OPTIONS', 'The public key is not an Ed25519 key in PEM.');
}

/** Queries follow SQLite's indices, which are no part of the chain: a record that one leaves out would be hidden. */
function indexProblem(db: DatabaseSync): Break | undefined {
  const said = Object.values(db.prepare('PRAGMA integrity_check(1)').get() ?? {})[0];
  if (said === 'ok') return undefined;
  const [, row, index = ''] = /row (\d+) missing from index (\w+)/.exec(String(said)) ?? [];
  // SQLite counts rows; which is the one?
  const table = index.includes('entry') ? 'entry' : 'execution';
  const found = db.prepare(`SELECT seq FROM ${table} ORDER BY seq LIMIT 1 OFFSET ?`);
  const seq = row === undefined ? 0 : Number(found.get(Number(row) - 1)?.['seq'] ?? 0);
  const problem = `an index of the database does not agree with the record: ${String(said)}`;
  return { kind: 'index', seq, executionId: null, problem };
}

/** Where a chain had come to, by the file beside it. */
export function readAnchor(path: string, key: Uint8Array): Head | 'damaged' {
  if (!existsSync(path)) return 'damaged';
  using anchor = new Anchor(path, key, 'read');
  return anchor.read() ?? 'damaged';
}

function* rows<Row>(db: DatabaseSync, table: 'entry' | 'execution'): Generator<Row> {
  const columns = table === 'entry' ? 'seq, kind, execution_id, body, hash, mac' : '*';
  // In the order of the table itself: not of an index, which says what it says.
  const statement = db.prepare(`SELECT ${columns} FROM ${table} ORDER BY seq`);
  try {
    yield* statement.iterate() as Iterable<Row>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_OUT_OF_RANGE') throw error;
    throw new Broken('changed', { seq: 0 }, `a number in ${table} is beyond any that is written`);
  }
}

/** What was found of a database that is not made as the engine makes it: none of it was read. */
const nothing = {
  ok: false,
  entries: 0,
  records: 0,
  checkpoints: 0,
  head: { seq: 0, hash: GENESIS.toString('hex') },
  unsigned: 0,
  prunedThrough: 0,
} as const;

const nowhere = { kind: 'schema', seq: 0, executionId: null } as const;
