import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporary } from '../../../../test/support/audit.ts';
import { auditStoreContract } from './contract.ts';
import { openJsonLinesAuditStore } from './lines.ts';

for (const { title, run } of auditStoreContract) {
  test(`JSON-lines store ${title}`, async () => {
    await using directory = await temporary();
    const path = join(directory.path, 'state', 'audit.jsonl');
    await using store = await openJsonLinesAuditStore({ path });
    await expect(run(store)).resolves.toBeUndefined();
  });
}
