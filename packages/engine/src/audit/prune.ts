/** Removes the beginning of the chain, a bounded piece at a time, behind a summary that says so and is signed. */
import type { DatabaseSync } from 'node:sqlite';
import { canonicalJson } from './canonical.ts';
import { GENESIS } from './chain.ts';
import { touched } from './open-check.ts';
import { carriedOf, type Carried } from './prune-summary.ts';
import type { Pruned } from './retention.ts';
import type { EntryRow } from './row-writer.ts';
import type { ChainWriter } from './writer.ts';

/** Most entries that go under one commit: bounds how long others wait for the lock. */
const PIECE = 2000;

/** Most invocations that may be open across a cut. */
const MOST_CARRIED = 1000;

/**
 * Removes the next piece up to `target`; undefined where that is reached. Belongs in a transaction.
 *
 * Under load there is no moment at which nothing runs: intents of invocations that end behind the cut, or still run, stay
 * where they are, and the summary names them with the hash before each, so that they still verify.
 */
export function prunePiece(
  db: DatabaseSync,
  chain: ChainWriter,
  target: number,
): Pruned | undefined {
  const before = lastSummary(db, chain);
  const cut = cutBelow(db, before.through, target);
  if (cut === undefined) return undefined;
  const { through, open } = cut;
  assertIntact(db, chain, before, through);
  const entryAt = db.prepare('SELECT hash FROM entry WHERE seq = ?');
  const hashOf = (seq: number): string => {
    if (seq === before.through) return before.head;
    const { hash } = entryAt.get(seq) as { hash: Uint8Array };
    return Buffer.from(hash).toString('hex');
  };
  const known = new Map(before.carried.map(({ seq, previous }) => [seq, previous]));
  const carried = open.map((seq) => ({ seq, previous: known.get(seq) ?? hashOf(seq - 1) }));
  const head = hashOf(through);
  const facts = factsOf(db, through);
  const kept = JSON.stringify(open);
  const sql = 'WHERE seq <= ? AND seq NOT IN (SELECT value FROM json_each(?))';
  const records = Number(db.prepare(`DELETE FROM execution ${sql}`).run(through, kept).changes);
  const entries = Number(db.prepare(`DELETE FROM entry ${sql}`).run(through, kept).changes);
  const summary = chain.sign({
    statement: 'prune',
    first: before.through + 1,
    through,
    head,
    entries,
    records,
    ...facts,
    ...(carried.length > 0 && { carried: carried.map((one) => ({ ...one })) }),
    timestamp: new Date().toISOString(),
  });
  chain.state('prune', canonicalJson(summary));
  return { through, entries, records };
}

interface Summary {
  readonly through: number;
  readonly head: string;
  readonly carried: readonly Carried[];
}

const ENTRY = 'SELECT seq, kind, execution_id AS executionId, body, hash, mac FROM entry';

/** @throws SkillError AUDIT_UNAVAILABLE for one that this store did not write */
function lastSummary(db: DatabaseSync, chain: ChainWriter): Summary {
  const row = db.prepare(`${ENTRY} WHERE kind = 'prune' ORDER BY seq DESC LIMIT 1`).get() as
    | EntryRow
    | undefined;
  if (row === undefined) return { through: 0, head: GENESIS.toString('hex'), carried: [] };
  const before = db.prepare('SELECT hash FROM entry WHERE seq = ?').get(row.seq - 1);
  const said = JSON.parse(row.body) as { through: number; head: string };
  const previous =
    said.through === row.seq - 1 ? Buffer.from(said.head, 'hex') : (before?.['hash'] as Uint8Array);
  if (previous === undefined || chain.follows(previous, row) === undefined) {
    throw touched(`entry ${row.seq}, a summary of removed entries, is not what was written`);
  }
  return { through: said.through, head: said.head, carried: carriedOf(said) ?? [] };
}

/** Or whatever was changed there would be gone, and the summary would vouch for it. */
function assertIntact(
  db: DatabaseSync,
  chain: ChainWriter,
  { through: done, head }: Summary,
  through: number,
): void {
  const rows = db.prepare(`${ENTRY} WHERE seq > ? AND seq <= ? ORDER BY seq`);
  let [hash, seq]: [Uint8Array, number] = [Buffer.from(head, 'hex'), done];
  for (const row of rows.iterate(done, through) as Iterable<unknown> as Iterable<EntryRow>) {
    const next = row.seq === seq + 1 ? chain.follows(hash, row) : undefined;
    if (next === undefined) break;
    hash = next;
    seq = row.seq;
  }
  if (seq < through) {
    throw touched(`entry ${seq + 1} is not what was written, so it is not removed either`);
  }
}

/** Where to cut, and the intents before it that must stay. */
function cutBelow(
  db: DatabaseSync,
  done: number,
  target: number,
): { readonly through: number; readonly open: readonly number[] } | undefined {
  const straddling = db.prepare(
    'SELECT seq FROM execution WHERE seq <= ? AND (ended IS NULL OR ended > ?) ORDER BY seq LIMIT ?',
  );
  let through = Math.min(target, done + PIECE);
  while (through > done) {
    const rows = straddling.all(through, through, MOST_CARRIED + 1) as { seq: number }[];
    const open = rows.map(({ seq }) => seq);
    if (open.length <= MOST_CARRIED) return { through, open };
    through = Math.min(through, open.at(-1)!) - 1;
  }
  return undefined;
}

/** For people: what the removed invocations were. */
function factsOf(db: DatabaseSync, through: number) {
  const gone = 'FROM execution WHERE seq <= ? AND ended <= ?';
  const { since, until } = db
    .prepare(`SELECT min(timestamp_ms) AS since, max(timestamp_ms) AS until ${gone}`)
    .get(through, through) as Record<'since' | 'until', number | null>;
  const statuses = db
    .prepare(`SELECT status, count(*) AS n ${gone} GROUP BY status`)
    .all(through, through) as { status: string; n: number }[];
  const instant = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  return {
    statuses: Object.fromEntries(statuses.map(({ status, n }) => [status, n])),
    since: instant(since),
    until: instant(until),
  };
}
