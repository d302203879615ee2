import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { auditStoreContract } from './contract.ts';
import { openJsonLinesAuditStore } from './lines.ts';

for (const { title, run } of auditStoreContract) {
  test(`JSON-lines store ${title}`, async () => {
    await using directory = await mkdtempDisposable(join(tmpdir(), 'audit-'));
    const path = join(directory.path, 'state', 'audit.jsonl');
    await using store = await openJsonLinesAuditStore({ path });
    await expect(run(store)).resolves.toBeUndefined();
  });
}
