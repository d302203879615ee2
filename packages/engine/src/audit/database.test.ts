import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { temporary } from '../../../../test/support/audit.ts';
import { sampleIntent } from './contract.ts';
import { AuditDatabase } from './database.ts';
import { encodeIntent } from './entry.ts';
import { checkFilter } from './filter.ts';
import { ownIdentity } from './writer-identity.ts';

const everything = checkFilter({ limit: 10_000 });
const write = { busyTimeoutMs: 1000, mode: 'write' } as const;
const idsOf = (database: AuditDatabase): string[] =>
  database
    .query(everything)
    .map(({ intent }) => (JSON.parse(intent) as { execution_id: string }).execution_id);

/** Twenty commits that are in the write-ahead log only, as a power failure leaves them where commits are not synced. */
async function crashed(directory: string) {
  const file = join(directory, 'audit.db');
  using database = AuditDatabase.open(file, { ...write, durability: 'process' });
  const ids: string[] = [];
  for (let n = 0; n < 20; n += 1) {
    const intent = sampleIntent({ execution_id: `id-${n}` });
    database.append([encodeIntent(intent, ownIdentity())]);
    ids.unshift(intent.execution_id);
  }
  const others = await Promise.all(
    ['.key', '.signing', '.head'].map(async (end) => [end, await readFile(file + end)] as const),
  );
  const main = await readFile(file);
  const log = await readFile(`${file}-wal`);
  return {
    ids,
    log,
    /** The store's files as another store, with this log. */
    async copy(name: string, cut: Uint8Array): Promise<string> {
      const path = join(directory, name);
      await writeFile(path, main, { mode: 0o600 });
      await writeFile(`${path}-wal`, cut, { mode: 0o600 });
      for (const [end, bytes] of others) await writeFile(path + end, bytes, { mode: 0o600 });
      return path;
    },
  };
}

describe('a write that a crash cut off', () => {
  test('cut anywhere, every record before the cut is there, in order, and writing goes on', async () => {
    await using directory = await temporary();
    const { ids, log, copy } = await crashed(directory.path);
    const counts: number[] = [];
    for (let cut = log.length, n = 0; cut > 0; cut -= 2999, n += 1) {
      const file = await copy(`cut-${n}.db`, log.subarray(0, cut));
      using database = AuditDatabase.open(file, write);
      const found = idsOf(database);
      expect(found).toEqual(ids.slice(ids.length - found.length));
      counts.push(found.length);
      expect(database.append([encodeIntent(sampleIntent(), ownIdentity())])).toEqual([undefined]);
      expect(idsOf(database)).toHaveLength(found.length + 1);
    }
    expect(counts[0]).toBe(20);
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
  });

  test('with torn bytes at its end, every record before them is there', async () => {
    await using directory = await temporary();
    const { ids, log, copy } = await crashed(directory.path);
    const torn = Buffer.from(log);
    torn.fill(0xa5, torn.length - 5000);
    const file = await copy('torn.db', torn);
    using database = AuditDatabase.open(file, write);
    const found = idsOf(database);
    expect(found.length).toBeGreaterThan(10);
    expect(found).toEqual(ids.slice(ids.length - found.length));
  });
});

describe('the database', () => {
  test('is in WAL mode', async () => {
    await using directory = await temporary();
    const file = join(directory.path, 'audit.db');
    using _database = AuditDatabase.open(file, write);
    using other = new DatabaseSync(file);
    expect(other.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
  });

  test('stores canonical JSON in one sequence for intents and outcomes', async () => {
    await using directory = await temporary();
    const file = join(directory.path, 'audit.db');
    using database = AuditDatabase.open(file, write);
    database.append([encodeIntent(sampleIntent({ execution_id: 'a' }), ownIdentity())]);
    database.append([
      encodeIntent(sampleIntent({ execution_id: 'b' }), { ...ownIdentity(), boot: 'before' }),
    ]);
    expect(database.markInterrupted()).toBe(1);
    expect(database.markInterrupted()).toBe(0);
    using other = new DatabaseSync(file);
    expect(other.prepare('SELECT seq, kind, execution_id FROM entry ORDER BY seq').all()).toEqual([
      { seq: 1, kind: 'intent', execution_id: 'a' },
      { seq: 2, kind: 'intent', execution_id: 'b' },
      { seq: 3, kind: 'outcome', execution_id: 'b' },
    ]);
    const { body } = other.prepare('SELECT body FROM entry').get() as { body: string };
    expect(Object.keys(JSON.parse(body) as object)).toEqual(
      Object.keys(JSON.parse(body) as object).toSorted(),
    );
  });

  test('a reader cannot write', async () => {
    await using directory = await temporary();
    const file = join(directory.path, 'audit.db');
    using _writer = AuditDatabase.open(file, write);
    using reader = AuditDatabase.open(file, { ...write, mode: 'read' });
    expect(() => reader.append([encodeIntent(sampleIntent(), ownIdentity())])).toThrow(
      expect.objectContaining({ code: 'AUDIT_UNAVAILABLE' }),
    );
  });
});
