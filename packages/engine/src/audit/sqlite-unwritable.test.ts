import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { beginOnFullDisk, readOnFullDisk, temporary } from '../../../../test/support/audit.ts';
import { sampleIntent } from './contract.ts';
import { openSqliteAuditStore } from './sqlite.ts';

test('a full disk refuses further invocations and loses no earlier record', async () => {
  await using directory = await temporary();
  const path = join(directory.path, 'audit.db');
  const began = beginOnFullDisk('sqlite.ts#openSqliteAuditStore', path, {
    bytes: 524_288,
    times: 200,
  });
  await using store = await openSqliteAuditStore({ path });
  const { records } = await store.query({ limit: 10_000 });
  const ids = new Set(records.map((record) => record.execution_id));
  expect(began.filter((id) => !ids.has(id))).toEqual([]);
  await store.begin(sampleIntent());
});

test('a full disk is read and verified all the same, also where SQLite cannot make its shared memory', async () => {
  await using directory = await temporary();
  const path = join(directory.path, 'audit.db');
  {
    await using store = await openSqliteAuditStore({ path });
    await store.begin(sampleIntent());
  }
  expect(await readOnFullDisk('disk.ts#openAuditReader', path)).toEqual({ records: 1, ok: true });
});

test('while another process holds the lock the event loop turns, and the write follows', async () => {
  await using directory = await temporary();
  const path = join(directory.path, 'audit.db');
  await using store = await openSqliteAuditStore({ path });
  using other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  const written = store.begin(sampleIntent());
  // Were this thread blocked by the write, the lock could never be released.
  await new Promise((resolve) => setImmediate(resolve));
  other.exec('COMMIT');
  await written;
  expect((await store.query()).records).toHaveLength(1);
});

test('a lock that is not released refuses the invocation, and the next one works', async () => {
  await using directory = await temporary();
  const path = join(directory.path, 'audit.db');
  await using store = await openSqliteAuditStore({ path, busyTimeoutMs: 50 });
  using other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  await expect(store.begin(sampleIntent())).rejects.toMatchObject({
    code: 'AUDIT_UNAVAILABLE',
    message: expect.stringContaining('Another process holds its lock') as string,
  });
  other.exec('COMMIT');
  await store.begin(sampleIntent());
  expect((await store.query()).records).toHaveLength(1);
});
