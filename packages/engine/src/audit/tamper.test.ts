/** AUD-02: whatever is done to the files of a store, verification finds it and names the first entry that is wrong. */
import { chmod, copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { temporary } from '../../../../test/support/audit.ts';
import type { JsonObject } from '../schema/json.ts';
import { GENESIS, hashEntry, type ChainKind } from './chain.ts';
import { sampleIntent, sampleOutcome } from './contract.ts';
import { openAuditReader } from './disk.ts';
import { migrate, ownSchema, schemaOf } from './schema.ts';
import { openSqliteAuditStore, type SqliteAuditStore } from './sqlite.ts';
import type { VerifyOptions } from './verify-store.ts';

async function fill(store: SqliteAuditStore, count: number, prefix = 'id'): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const intent = sampleIntent({ execution_id: `${prefix}-${n}`, user: n % 2 ? 'ada' : null });
    await Promise.all([store.begin(intent), store.finish(sampleOutcome(intent.execution_id))]);
  }
}

/** A closed store of ten invocations, a checkpoint, and ten more: 41 entries. */
async function filled(directory: string, name = 'audit.db'): Promise<string> {
  const path = join(directory, name);
  await using store = await openSqliteAuditStore({ path });
  await fill(store, 10, 'a');
  expect(await store.checkpoint()).toBe(true);
  await fill(store, 10, 'b');
  return path;
}

async function verify(path: string, options: Omit<VerifyOptions, 'path'> = {}) {
  await using reader = openAuditReader({ path });
  return await reader.verify(options);
}

/** Does something to the database that the engine never does. */
function tamper(path: string, action: (db: DatabaseSync) => void): void {
  using db = new DatabaseSync(path);
  const { sql } = db.prepare("SELECT sql FROM sqlite_schema WHERE type = 'trigger'").get()!;
  db.exec('DROP TRIGGER entry_is_append_only');
  action(db);
  // Or its absence would be what is found.
  if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'entry' AND type = 'table'").get())
    db.exec(String(sql));
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
}

interface Row {
  seq: number;
  kind: ChainKind;
  execution_id: string | null;
  body: string;
}

/** What somebody without the key can do: make all hashes right again. */
function rechain(db: DatabaseSync): void {
  let previous: Buffer = GENESIS;
  for (const row of db.prepare('SELECT * FROM entry ORDER BY seq').all() as unknown as Row[]) {
    previous = hashEntry(previous, { ...row, executionId: row.execution_id });
    db.prepare('UPDATE entry SET hash = ? WHERE seq = ?').run(previous, row.seq);
  }
}

const change = "UPDATE entry SET body = replace(body, 'docs', 'dogs') WHERE seq = 7";

test('an untouched store verifies, also while it is written', async () => {
  await using directory = await temporary();
  const path = await filled(directory.path);
  expect(await verify(path)).toMatchObject({
    ok: true,
    broken: undefined,
    entries: 41,
    records: 20,
    checkpoints: 1,
    unsigned: 20,
    head: { seq: 41 },
  });
  await using store = await openSqliteAuditStore({ path });
  const writing = fill(store, 50, 'c');
  for (let n = 0; n < 5; n += 1) expect(await verify(path)).toMatchObject({ ok: true });
  await writing;
  expect(await store.verify()).toMatchObject({ ok: true, records: 70 });
});

describe('a change of the database is found', () => {
  test.each<[string, string | ((db: DatabaseSync) => void), object]>([
    ['a changed record', change, { kind: 'changed', seq: 7 }],
    [
      'a changed record, and the chain made anew',
      (db) => {
        db.exec(change);
        rechain(db);
      },
      { kind: 'changed', seq: 7 },
    ],
    ['a changed first record', change.replace('= 7', '= 1'), { kind: 'changed', seq: 1 }],
    [
      'a changed last outcome',
      "UPDATE entry SET body = replace(body, 'success', 'failure') WHERE seq = 41",
      { kind: 'changed', seq: 41 },
    ],
    ['a removed entry', 'DELETE FROM entry WHERE seq = 7', { kind: 'missing', seq: 7 }],
    [
      'removed entries',
      'DELETE FROM entry WHERE seq BETWEEN 7 AND 9',
      { kind: 'missing', seq: 7, problem: 'entries 7 to 9 are missing' },
    ],
    ['a removed beginning', 'DELETE FROM entry WHERE seq < 9', { kind: 'missing', seq: 1 }],
    [
      'a removed entry, the rest numbered and linked anew',
      (db) => {
        db.exec('DELETE FROM entry WHERE seq IN (7, 8)');
        db.exec('UPDATE entry SET seq = seq - 2 WHERE seq > 8');
        rechain(db);
      },
      { kind: 'changed', seq: 7 },
    ],
    [
      'two records in another order',
      (db) => {
        db.exec('UPDATE entry SET seq = -3 WHERE seq = 3; UPDATE entry SET seq = 3 WHERE seq = 5');
        db.exec('UPDATE entry SET seq = 5 WHERE seq = -3');
      },
      { kind: 'changed', seq: 3 },
    ],
    [
      'a duplicated record',
      `INSERT INTO entry SELECT 42, kind, 'copy', body, hash, mac FROM entry WHERE seq = 3`,
      { kind: 'changed', seq: 42 },
    ],
    [
      'an added record with the right hash',
      (db) => {
        db.exec(`INSERT INTO entry SELECT 42, kind, 'forged', replace(body, 'a-1', 'forged'), hash, mac
          FROM entry WHERE seq = 3`);
        rechain(db);
      },
      { kind: 'changed', seq: 42, executionId: 'forged' },
    ],
    ['a record cut off', 'DELETE FROM entry WHERE seq > 39', { kind: 'truncated', seq: 40 }],
    ['everything cut off', 'DELETE FROM entry', { kind: 'truncated', seq: 1 }],
    [
      'a record hidden from a query',
      "UPDATE execution SET user = 'eve' WHERE seq = 3",
      { kind: 'index', seq: 3 },
    ],
    [
      'a record hidden by its status',
      "UPDATE execution SET status = 'denied' WHERE seq = 3",
      { kind: 'index', seq: 4 },
    ],
    ...['duration_ms', 'fuel_used', 'denials'].map((column): [string, string, object] => [
      `totals made false by ${column}`,
      `UPDATE execution SET ${column} = ${column} + 1 WHERE seq = 3`,
      { kind: 'index', seq: 4 },
    ]),
    [
      'a record that an index leaves out',
      (db) => {
        const schema = "FROM sqlite_schema WHERE name = 'execution_by_skill'";
        const { rootpage, sql } = db.prepare(`SELECT rootpage, sql ${schema}`).get()!;
        // What the index says is changed with the record, and the record is then changed back without it.
        db.exec("UPDATE execution SET skill = 'other' WHERE seq = 3");
        db.enableDefensive(false);
        const rewrite = (change: string) =>
          db.exec(`PRAGMA writable_schema = ON; ${change}; PRAGMA writable_schema = RESET`);
        rewrite("DELETE FROM sqlite_schema WHERE name = 'execution_by_skill'");
        db.exec("UPDATE execution SET skill = 'text-stats' WHERE seq = 3");
        rewrite(`INSERT INTO sqlite_schema VALUES
          ('index', 'execution_by_skill', 'execution', ${Number(rootpage)}, '${String(sql).replaceAll("'", "''")}')`);
      },
      { kind: 'index', seq: 3 },
    ],
    ...['id', 'timestamp_ms', 'latest_ms', 'late_ms', 'skill', 'tool'].map(
      (column): [string, string, object] => [
        `a record hidden by its ${column}`,
        column === 'id'
          ? `UPDATE execution SET execution_id = 'x' WHERE seq = 3`
          : `UPDATE execution SET ${column} = ${column} || 1 WHERE seq = 3`,
        { kind: 'index', seq: 3 },
      ],
    ),
    [
      'an invocation that has ended listed as running',
      "UPDATE execution SET ended = NULL, status = NULL WHERE execution_id = 'b-3'",
      { kind: 'index', executionId: 'b-3' },
    ],
    [
      "another invocation's outcome shown",
      'UPDATE execution SET ended = 6 WHERE seq = 3',
      { kind: 'index', seq: 4 },
    ],
    [
      'a record left out of the table of executions',
      'DELETE FROM execution WHERE seq = 5',
      { kind: 'index', seq: 5 },
    ],
    [
      'the last record left out of the table of executions',
      'DELETE FROM execution WHERE seq = 40',
      { kind: 'index', seq: 40 },
    ],
    [
      'a record that never was in the table of executions',
      "INSERT INTO execution SELECT 1000, 'forged', timestamp_ms, latest_ms, 0, skill, tool, user, 4, status, 1, 1, 0 FROM execution WHERE seq = 3",
      { kind: 'index', seq: 1000, executionId: 'forged' },
    ],
    ...[
      "CREATE TRIGGER t AFTER INSERT ON entry WHEN new.kind = 'outcome' BEGIN DELETE FROM execution; END",
      'ALTER TABLE execution RENAME TO e; CREATE VIEW execution AS SELECT * FROM e WHERE seq <> 3',
      'ALTER TABLE entry RENAME TO e; CREATE VIEW entry AS SELECT * FROM e',
      "ALTER TABLE execution ADD COLUMN more TEXT AS (skill || 'x')",
      'ALTER TABLE entry ADD COLUMN more TEXT DEFAULT x',
      'CREATE TABLE running (execution_id TEXT)',
      'DROP INDEX execution_by_user',
      'DROP INDEX execution_by_user; CREATE INDEX execution_by_user ON execution (user COLLATE NOCASE)',
      "DROP INDEX execution_by_user; CREATE INDEX execution_by_user ON execution (user) WHERE user <> 'ada'",
    ].map((sql): [string, string, object] => [sql, sql, { kind: 'schema', seq: 0 }]),
    [
      'an entry of a number beyond all',
      "INSERT INTO entry VALUES (9223372036854775807, 'checkpoint', NULL, '{}', x'00', x'00')",
      { kind: 'changed', seq: 0 },
    ],
    [
      'an execution of a number beyond all',
      'UPDATE execution SET denials = 9223372036854775807 WHERE seq = 3',
      { kind: 'changed', seq: 0 },
    ],
    [
      'an entry of a number below all',
      'UPDATE entry SET seq = -1 WHERE seq = 1',
      { kind: 'order', seq: -1 },
    ],
    ['a version of before', 'PRAGMA user_version = 3', { kind: 'schema' }],
    ['a version without a chain', 'PRAGMA user_version = 1', { kind: 'schema' }],
    [
      'a body that is bytes and no text',
      "UPDATE entry SET body = CAST(x'7bff7d' AS TEXT) WHERE seq = 3",
      { kind: 'changed', seq: 3 },
    ],
    [
      'a signed checkpoint with another head',
      (db) => {
        db.exec('UPDATE entry SET body = replace(body, \'"seq":20\', \'"seq":19\') WHERE seq = 21');
        rechain(db);
      },
      { kind: 'changed', seq: 21 },
    ],
  ])('%s', async (_, action, broken) => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    tamper(path, (db) => (typeof action === 'string' ? db.exec(action) : action(db)));
    expect(await verify(path)).toMatchObject({ ok: false, broken });
  });
});

describe('a change of the files is found, and nothing is written behind it', () => {
  const expectRefused = (path: string) =>
    expect(openSqliteAuditStore({ path })).rejects.toMatchObject({
      code: 'AUDIT_UNAVAILABLE',
      message: expect.stringContaining('changed outside of the engine') as string,
    });

  test('the end cut off', async () => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    tamper(path, (db) => db.exec('DELETE FROM entry WHERE seq > 39'));
    await expectRefused(path);
    expect((await verify(path)).broken).toMatchObject({ kind: 'truncated', seq: 40 });
  });

  test("another store's database, and its database with its key", async () => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    const other = await filled(directory.path, 'other.db');
    await copyFile(other, path);
    await expectRefused(path);
    expect((await verify(path)).broken).toMatchObject({ kind: 'changed', seq: 1 });
    await copyFile(`${other}.key`, `${path}.key`);
    expect((await verify(path)).ok).toBe(false);
  });

  test('an older copy of the database', async () => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    const old = await readFile(path);
    {
      await using store = await openSqliteAuditStore({ path });
      await fill(store, 5, 'later');
    }
    await writeFile(path, old);
    await expectRefused(path);
    expect((await verify(path)).broken).toMatchObject({ kind: 'truncated', seq: 42 });
  });

  test.each([
    ['removed', (file: string) => rm(file)],
    ['emptied', (file: string) => writeFile(file, '')],
    ['forged', (file: string) => writeFile(file, `3 ${'ab'.repeat(32)} ${'A'.repeat(43)}\n`)],
  ])('the anchor %s', async (_, action) => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    await action(`${path}.head`);
    await expectRefused(path);
    expect((await verify(path)).broken).toMatchObject({ kind: 'truncated' });
  });

  test('its own key lost', async () => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    await rm(`${path}.key`);
    await expectRefused(path);
  });

  test('an older copy of all files, by a checkpoint that was kept elsewhere', async () => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    const names = ['', '.head'];
    const old = await Promise.all(names.map((name) => readFile(path + name)));
    let kept: JsonObject;
    {
      await using store = await openSqliteAuditStore({ path });
      await fill(store, 5, 'later');
      await store.checkpoint();
      using db = new DatabaseSync(path);
      const last = db
        .prepare("SELECT body FROM entry WHERE kind = 'checkpoint' ORDER BY seq DESC")
        .get();
      kept = JSON.parse((last as { body: string }).body) as JsonObject;
    }
    expect((await verify(path, { checkpoint: kept })).ok).toBe(true);
    for (const [index, name] of names.entries()) await writeFile(path + name, old[index]!);
    // Without it, this is what the store once was.
    expect((await verify(path)).ok).toBe(true);
    expect((await verify(path, { checkpoint: kept })).broken).toMatchObject({ kind: 'truncated' });
    expect((await verify(path, { checkpoint: { ...kept, seq: 3 } })).broken).toMatchObject({
      kind: expect.stringMatching(/signature|changed/u) as string,
    });
  });
});

test('with the public key alone, a chain that was made anew shows at the next checkpoint', async () => {
  await using directory = await temporary();
  const path = await filled(directory.path);
  let publicKey: string;
  {
    await using store = await openSqliteAuditStore({ path });
    publicKey = store.publicKey;
  }
  tamper(path, (db) => {
    db.exec(change);
    rechain(db);
  });
  for (const name of ['.key', '.signing', '.head']) await rm(path + name);
  expect((await verify(path, { publicKey })).broken).toMatchObject({
    kind: 'changed',
    seq: 1,
    problem: expect.stringContaining('between entries 1 and 20') as string,
  });
  const other = await filled(directory.path, 'other.db');
  expect((await verify(other, { publicKey })).broken).toMatchObject({ kind: 'signature', seq: 21 });
});

describe('retention', () => {
  test('removes the oldest behind a signed summary, never half an invocation, and the rest verifies', async () => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    await using store = await openSqliteAuditStore({ path });
    const open = sampleIntent({ execution_id: 'open' });
    await store.begin(open);
    await fill(store, 5, 'c');
    expect(await store.prune({ maxRecords: 12 })).toMatchObject({ records: 14 });
    expect(await store.prune({ maxRecords: 12 })).toBeUndefined();
    expect(await store.verify()).toMatchObject({ ok: true, records: 12, prunedThrough: 29 });
    // What runs is kept, and keeps nothing else.
    expect(await store.prunable({ maxRecords: 0 })).toMatchObject({ records: 11 });
    expect(await store.prune({ maxRecords: 0 })).toMatchObject({ records: 11 });
    expect(await store.verify()).toMatchObject({ ok: true, records: 1 });
    expect((await store.get('open'))?.status).toBe('running');
    await store.finish(sampleOutcome('open'));
    expect((await store.get('open'))?.status).toBe('success');
    expect(await store.verify()).toMatchObject({ ok: true, records: 1 });
    expect(await store.prune({ maxAgeMs: 0 })).toMatchObject({ records: 1 });
    expect(await store.verify()).toMatchObject({ ok: true, records: 0 });
    expect(await store.prune({ maxAgeMs: 0 })).toBeUndefined();
    expect((await store.query()).records).toEqual([]);
    await fill(store, 1, 'd');
    expect(await store.verify()).toMatchObject({ ok: true, records: 1 });
    await expect(store.prune({})).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
  });

  test('by size keeps the newest', async () => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    await using store = await openSqliteAuditStore({ path });
    await store.prune({ maxBytes: 8000 });
    const { records } = await store.query();
    expect(records.length).toBeGreaterThan(2);
    expect(records.length).toBeLessThan(20);
    expect(records[0]?.execution_id).toBe('b-9');
    expect((await store.verify()).ok).toBe(true);
  });

  test('is no way to remove records without the key', async () => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    {
      await using store = await openSqliteAuditStore({ path });
      await store.prune({ maxRecords: 15 });
    }
    const copy = join(directory.path, 'copy.db');
    for (const name of ['', '.key', '.signing', '.head']) await copyFile(path + name, copy + name);
    tamper(path, (db) => db.exec('DELETE FROM entry WHERE seq < 15'));
    expect((await verify(path)).broken).toMatchObject({ kind: 'missing', seq: 11 });
    tamper(copy, (db) => {
      db.exec('DELETE FROM entry WHERE seq < 15');
      db.exec(
        `UPDATE entry SET body = replace(body, '"through":10', '"through":14') WHERE kind = 'prune'`,
      );
    });
    expect((await verify(copy)).broken).toMatchObject({ kind: 'signature' });
  });
});

test('a store of before there was a chain is linked when it is opened, and goes on', async () => {
  await using directory = await temporary();
  const path = join(directory.path, 'audit.db');
  await filled(directory.path);
  const v1 = join(directory.path, 'v1.db');
  {
    using old = new DatabaseSync(v1);
    old.exec(`CREATE TABLE entry (seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, execution_id TEXT NOT NULL,
        timestamp_ms INTEGER, skill TEXT, tool TEXT, user TEXT, status TEXT, body TEXT NOT NULL, UNIQUE (execution_id, kind)) STRICT;
      CREATE INDEX entry_by_time ON entry (timestamp_ms) WHERE kind = 'intent';
      CREATE INDEX entry_by_skill ON entry (skill, seq) WHERE kind = 'intent';
      CREATE TRIGGER entry_is_append_only BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'never'); END;
      CREATE TABLE running (execution_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
      PRAGMA application_id = 1399538037; PRAGMA user_version = 1;`);
    old.prepare('ATTACH ? AS now').run(path);
    old.exec(`INSERT INTO entry SELECT e.seq + 5, kind, e.execution_id, timestamp_ms, skill, tool, user, NULL, body
      FROM now.entry e LEFT JOIN now.execution x ON x.seq = e.seq WHERE kind = 'intent'`);
    old.exec(`INSERT INTO entry SELECT e.seq + 5, kind, e.execution_id, NULL, NULL, NULL, NULL, status, body
      FROM now.entry e LEFT JOIN now.execution x ON x.ended = e.seq WHERE kind = 'outcome'`);
  }
  await chmod(v1, 0o600);
  await expect(verify(v1)).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
  await using store = await openSqliteAuditStore({ path: v1 });
  await fill(store, 1, 'new');
  expect(await store.verify()).toMatchObject({ ok: true, records: 21 });
});

/** The same store as earlier versions had it, with its keys. */
async function earlier(path: string, version: number): Promise<string> {
  const old = `${path}.v${version}`;
  for (const end of ['.key', '.signing', '.head']) await copyFile(path + end, old + end);
  using db = new DatabaseSync(old);
  migrate(db, new Uint8Array(32), version);
  db.prepare('ATTACH ? AS now').run(path);
  const totals =
    version < 3 ? ['', ''] : [', duration_ms, fuel_used, denials', ', NULL, NULL, NULL'];
  const outcome = version < 3 ? '' : ', x.duration_ms, x.fuel_used, x.denials';
  db.exec(`INSERT INTO entry (seq, kind, execution_id, timestamp_ms, skill, tool, user, status, body, hash, mac${totals[0]})
    SELECT e.seq, kind, e.execution_id, i.timestamp_ms, i.skill, i.tool, i.user, x.status, body, hash, mac
    ${outcome}
    FROM now.entry e LEFT JOIN now.execution i ON i.seq = e.seq LEFT JOIN now.execution x ON x.ended = e.seq`);
  await chmod(old, 0o600);
  return old;
}

test.each([2, 3])(
  'a store of version %i is read and verified as it is, and brought up to date when it is written',
  async (version) => {
    await using directory = await temporary();
    const path = await filled(directory.path);
    await using now = openAuditReader({ path });
    const totals = await now.stats();
    const { records } = await now.query({ status: 'success', user: 'ada', since: '2026-01-01' });
    const old = await earlier(path, version);
    const ask = async (reader: Pick<SqliteAuditStore, 'query' | 'stats' | 'verify'>) => {
      expect(await reader.stats()).toEqual(totals);
      const filter = { status: 'success', user: 'ada', since: '2026-01-01' } as const;
      expect((await reader.query(filter)).records).toEqual(records);
      expect(await reader.verify()).toMatchObject({ ok: true, records: 20 });
    };
    await using reader = openAuditReader({ path: old });
    await ask(reader);
    {
      using db = new DatabaseSync(old, { readOnly: true });
      expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: version });
    }
    {
      await using store = await openSqliteAuditStore({ path: old });
      await ask(store);
      await fill(store, 1, 'new');
    }
    expect(await verify(old)).toMatchObject({ ok: true, records: 21 });
    using db = new DatabaseSync(old, { readOnly: true });
    expect(schemaOf(db)).toEqual(ownSchema());
  },
);
