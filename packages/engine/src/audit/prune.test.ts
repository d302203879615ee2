/** Retention under load, under clocks that jump, and against whoever would use it to remove more. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { temporary } from '../../../../test/support/audit.ts';
import { sampleIntent, sampleOutcome } from './contract.ts';
import { exportAudit, importAudit, verifyExport } from './export.ts';
import { openAuditReader } from './disk.ts';
import { openSqliteAuditStore, type SqliteAuditStore } from './sqlite.ts';

const at = (timestamp: string, id: string) =>
  sampleIntent({ execution_id: id, timestamp: new Date(timestamp).toISOString() });

async function invoke(store: SqliteAuditStore, ...[intent = sampleIntent()]: [object?]) {
  const { execution_id } = intent as { execution_id: string };
  await store.begin(intent as ReturnType<typeof sampleIntent>);
  await store.finish(sampleOutcome(execution_id));
}

async function idsOf(store: Pick<SqliteAuditStore, 'query'>): Promise<string[]> {
  const { records } = await store.query({ limit: 10_000, order: 'oldest' });
  return records.map(({ execution_id }) => execution_id);
}

describe('while invocations overlap all the time', () => {
  /** Each begins before the one before it has ended: there is no moment at which none runs. */
  async function overlap(store: SqliteAuditStore, count: number, prefix: string): Promise<void> {
    await store.begin(sampleIntent({ execution_id: `${prefix}-0` }));
    for (let n = 1; n < count; n += 1) {
      await Promise.all([
        store.begin(sampleIntent({ execution_id: `${prefix}-${n}` })),
        store.finish(sampleOutcome(`${prefix}-${n - 1}`)),
      ]);
    }
  }

  test('the oldest go all the same, and what is left verifies, also when it is exported', async () => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.db');
    await using store = await openSqliteAuditStore({ path });
    await store.begin(sampleIntent({ execution_id: 'hangs' }));
    await overlap(store, 40, 'a');
    const kept = await idsOf(store);
    // One that had begun before those ten and ended among them stays whole.
    expect(await store.prune({ maxRecords: 10 })).toMatchObject({ records: 29 });
    expect(await idsOf(store)).toEqual(['hangs', ...kept.slice(-11)]);
    expect(await store.verify()).toMatchObject({ ok: true, records: 12 });
    // Again: what was left once is left again, or goes when it has ended.
    await overlap(store, 20, 'b');
    expect(await store.prune({ maxRecords: 3 })).toMatchObject({ records: 26 });
    expect(await idsOf(store)).toEqual(['hangs', 'a-39', 'b-16', 'b-17', 'b-18', 'b-19']);
    expect(await store.verify()).toMatchObject({ ok: true, records: 6 });
    const lines: string[] = [];
    for await (const line of exportAudit(path)) lines.push(line);
    const copy = join(directory.path, 'copy.db');
    expect(await verifyExport(stream(lines))).toMatchObject({ ok: true, records: 6 });
    await importAudit(stream(lines), copy);
    await using imported = openAuditReader({ path: copy });
    expect(await idsOf(imported)).toEqual(await idsOf(store));
    expect(await imported.verify()).toMatchObject({ ok: true, records: 6 });
    await store.finish(sampleOutcome('hangs'));
    expect(await store.prune({ maxRecords: 3 })).toBeUndefined();
    await overlap(store, 4, 'c');
    expect(await store.prune({ maxRecords: 3 })).toMatchObject({ records: 4 });
    expect(await idsOf(store)).toEqual(['a-39', 'b-19', 'c-0', 'c-1', 'c-2', 'c-3']);
    expect(await store.verify()).toMatchObject({ ok: true, records: 6 });
  });

  test('writers of other processes go on, and none of theirs is lost', async () => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.db');
    await using pruning = await openSqliteAuditStore({ path });
    const writers = await Promise.all([1, 2].map(() => openSqliteAuditStore({ path })));
    const ended = new AbortController();
    const written = writers.map(async (store) => {
      let count = 0;
      for (; !ended.signal.aborted; count += 8)
        await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(() => invoke(store)));
      return count;
    });
    let removed = 0;
    while (removed < 500) {
      removed += (await pruning.prune({ maxRecords: 20 }))?.records ?? 0;
    }
    ended.abort();
    const [one = 0, two = 0] = await Promise.all(written);
    for (const store of writers) await store.close();
    expect(removed).toBeGreaterThanOrEqual(500);
    const { executions } = await pruning.stats();
    expect(executions).toBe(one + two - removed);
    expect(await pruning.verify()).toMatchObject({ ok: true, records: executions });
  });
});

describe('an intent that retention left', () => {
  test.each<[string, string, object]>([
    ['removed', 'DELETE FROM entry WHERE seq = 1', { kind: 'missing', seq: 1 }],
    [
      'removed with its row',
      'DELETE FROM entry WHERE seq = 1; DELETE FROM execution WHERE seq = 1',
      { kind: 'missing', seq: 1 },
    ],
    [
      'changed',
      "UPDATE entry SET body = replace(body, 'docs', 'dogs') WHERE seq = 1",
      { kind: 'changed', seq: 1 },
    ],
    [
      'put back beside it',
      "INSERT INTO entry SELECT 2, 'outcome', 'hangs', body, hash, mac FROM entry WHERE seq = 1",
      { kind: 'order', seq: 2 },
    ],
    [
      'exchanged for another',
      'UPDATE entry SET seq = 2 WHERE seq = 1',
      { kind: 'missing', seq: 1 },
    ],
    [
      'no longer named by the summary',
      `UPDATE entry SET body = replace(body, '"carried"', '"carries"') WHERE kind = 'prune'`,
      { kind: 'signature' },
    ],
  ])('%s is found', async (_, sql, broken) => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.db');
    {
      await using store = await openSqliteAuditStore({ path });
      await store.begin(sampleIntent({ execution_id: 'hangs' }));
      for (let n = 0; n < 4; n += 1) await invoke(store);
      await store.prune({ maxRecords: 1 });
      expect(await store.verify()).toMatchObject({ ok: true, records: 2 });
    }
    {
      using db = new DatabaseSync(path);
      const trigger = db.prepare("SELECT sql FROM sqlite_schema WHERE type = 'trigger'").get();
      db.exec(`DROP TRIGGER entry_is_append_only; ${sql}; ${String(trigger!['sql'])}`);
    }
    await using reader = openAuditReader({ path });
    expect((await reader.verify()).broken).toMatchObject(broken);
  });
});

describe('what was changed', () => {
  test.each([
    ['an entry', "UPDATE entry SET body = replace(body, 'docs', 'dogs') WHERE seq = 3"],
    ['an entry that is gone', 'DELETE FROM entry WHERE seq = 4'],
    ['the hash at the cut', "UPDATE entry SET hash = x'00' WHERE seq = 8"],
    [
      'the summary before',
      `UPDATE entry SET body = replace(body, '"through":2', '"through":4') WHERE kind = 'prune'`,
    ],
  ])('is not removed as if it were none: %s', async (_, sql) => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.db');
    await using store = await openSqliteAuditStore({ path });
    for (let n = 0; n < 6; n += 1) await invoke(store);
    expect(await store.prune({ maxRecords: 5 })).toMatchObject({ records: 1 });
    {
      using db = new DatabaseSync(path);
      const trigger = db.prepare("SELECT sql FROM sqlite_schema WHERE type = 'trigger'").get();
      db.exec(`DROP TRIGGER entry_is_append_only; ${sql}; ${String(trigger!['sql'])}`);
    }
    await expect(store.prune({ maxRecords: 2 })).rejects.toMatchObject({
      code: 'AUDIT_UNAVAILABLE',
      message: expect.stringMatching(/changed outside of the engine: entry \d+/) as string,
    });
    expect((await store.verify()).ok).toBe(false);
  });
});

describe('by age, under clocks that jump', () => {
  const year = 365 * 86_400_000;
  const now = Date.now();
  const ago = (years: number) => new Date(now - years * year).toISOString();

  test('one of the future keeps nothing else', async () => {
    await using directory = await temporary();
    await using store = await openSqliteAuditStore({ path: join(directory.path, 'audit.db') });
    for (const [id, time] of [
      ['old', ago(3)],
      ['future', ago(-70)],
      ['older', ago(2)],
      ['young', ago(0.1)],
    ] as const) {
      await invoke(store, at(time, id));
    }
    expect(await store.prune({ maxAgeMs: year })).toMatchObject({ records: 3 });
    expect(await idsOf(store)).toEqual(['young']);
  });

  test('an old time behind young ones removes none of them', async () => {
    await using directory = await temporary();
    await using store = await openSqliteAuditStore({ path: join(directory.path, 'audit.db') });
    for (const [id, time] of [
      ['old', ago(3)],
      ['young', ago(0.1)],
      ['without a clock', ago(50)],
    ] as const) {
      await invoke(store, at(time, id.replaceAll(' ', '-')));
    }
    expect(await store.prune({ maxAgeMs: year })).toMatchObject({ records: 1 });
    expect(await idsOf(store)).toEqual(['young', 'without-a-clock']);
  });

  test('a clock that is behind now removes nothing', async () => {
    await using directory = await temporary();
    await using store = await openSqliteAuditStore({ path: join(directory.path, 'audit.db') });
    for (const id of ['a', 'b']) await invoke(store, at(ago(-2), id));
    expect(await store.prune({ maxAgeMs: year })).toBeUndefined();
    expect(await idsOf(store)).toEqual(['a', 'b']);
  });
});

describe('a store that keeps itself', () => {
  test('while it is open, beside what is written', async () => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.db');
    const retention = { maxRecords: 5 };
    await using store = await openSqliteAuditStore({ path, retention, retentionEveryMs: 1 });
    for (let n = 0; n < 50; n += 1) await invoke(store);
    while ((await store.query()).records.length > 5) await invoke(store);
    expect(await store.verify()).toMatchObject({ ok: true });
  });

  test('when it is closed soon, but not by every such process', async () => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.db');
    const retention = { maxRecords: 2 };
    for (const left of [2, 5]) {
      await using store = await openSqliteAuditStore({ path, retention });
      for (let n = 0; n < 3; n += 1) await invoke(store);
      await store.close();
      await using reader = openAuditReader({ path });
      expect((await reader.query()).records).toHaveLength(left);
    }
    await expect(openSqliteAuditStore({ path, retention: {} })).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
    });
  });
});

async function* stream(lines: readonly string[]): AsyncGenerator<string> {
  for (const line of lines) yield line.trimEnd();
}
