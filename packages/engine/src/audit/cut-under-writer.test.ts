/** A writer that goes on must not cover what was done to its database meanwhile. */
import { copyFile, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { temporary } from '../../../../test/support/audit.ts';
import { sampleIntent, sampleOutcome } from './contract.ts';
import { openAuditReader } from './disk.ts';
import { openSqliteAuditStore } from './sqlite.ts';
import type { AuditStore } from './store.ts';

async function invoke(store: AuditStore): Promise<void> {
  const intent = sampleIntent();
  await store.begin(intent);
  await store.finish(sampleOutcome(intent.execution_id));
}

test.each([
  ['its end cut off', 'DELETE FROM entry WHERE seq > 6'],
  ['all of it removed', 'DELETE FROM entry'],
  [
    'a trigger that hides what comes',
    'CREATE TRIGGER t AFTER INSERT ON execution BEGIN DELETE FROM execution WHERE seq = new.seq; END',
  ],
  [
    'its end replaced by a forged summary of removed entries',
    `DELETE FROM entry; INSERT INTO entry VALUES (100, 'prune', NULL, '{"through":99}', x'00', x'00')`,
  ],
  [
    'all of it replaced by entries without codes',
    "DELETE FROM entry; INSERT INTO entry VALUES (100, 'checkpoint', NULL, '{}', x'00', x'00')",
  ],
  [
    'its last entry replaced',
    `DROP TRIGGER entry_is_append_only; UPDATE entry SET hash = x'00' WHERE seq = 8`,
  ],
])(
  '%s under a running writer: nothing more is written, and verification tells',
  async (_title, sql) => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.db');
    await using store = await openSqliteAuditStore({ path });
    for (let n = 0; n < 4; n += 1) await invoke(store);
    {
      using attacker = new DatabaseSync(path);
      attacker.exec(sql);
    }
    await expect(store.begin(sampleIntent())).rejects.toMatchObject({
      code: 'AUDIT_UNAVAILABLE',
      message: expect.stringContaining('changed outside of the engine') as string,
    });
    await using reader = openAuditReader({ path });
    expect(await reader.verify()).toMatchObject({ ok: false });
  },
);

test('what another process prunes or writes is no such thing', async () => {
  await using directory = await temporary();
  const path = join(directory.path, 'audit.db');
  await using one = await openSqliteAuditStore({ path });
  await using other = await openSqliteAuditStore({ path });
  for (let n = 0; n < 3; n += 1) await invoke(one);
  await invoke(other);
  expect(await other.prune({ maxRecords: 0 })).toMatchObject({ records: 4 });
  await invoke(one);
  await using reader = openAuditReader({ path });
  expect(await reader.verify()).toMatchObject({ ok: true, records: 1 });
});

test.each(['', '-wal', '-shm', '.head'])(
  'its file audit.db%s exchanged under a running writer: nothing more is written',
  async (end) => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.db');
    await using store = await openSqliteAuditStore({ path });
    await invoke(store);
    await copyFile(path + end, `${path}.other`);
    await rename(`${path}.other`, path + end);
    await expect(store.begin(sampleIntent())).rejects.toMatchObject({
      code: 'AUDIT_UNAVAILABLE',
      message: expect.stringContaining(
        `audit.db${end} was removed, moved away or replaced`,
      ) as string,
    });
  },
);

test('a log that was removed when its writer was killed is missed', async () => {
  await using directory = await temporary();
  const path = join(directory.path, 'audit.db');
  {
    await using store = await openSqliteAuditStore({ path });
    await invoke(store);
  }
  const before = await readFile(path);
  {
    await using store = await openSqliteAuditStore({ path });
    await invoke(store);
    // As a kill leaves it: all of this is in the log only.
    await copyFile(`${path}.head`, `${path}.head2`);
  }
  await writeFile(path, before);
  await rename(`${path}.head2`, `${path}.head`);
  await expect(openSqliteAuditStore({ path })).rejects.toMatchObject({
    message: expect.stringContaining('ends at entry 2, but had reached 4') as string,
  });
});
