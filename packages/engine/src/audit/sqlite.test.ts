import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { auditStoreContract } from './contract.ts';
import { openSqliteAuditStore } from './sqlite.ts';

for (const { title, run } of auditStoreContract) {
  test(`SQLite store ${title}`, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'audit-'));
    try {
      await using store = await openSqliteAuditStore({
        path: join(directory, 'state', 'audit.db'),
      });
      await expect(run(store)).resolves.toBeUndefined();
    } finally {
      await rm(directory, { recursive: true });
    }
  });
}
