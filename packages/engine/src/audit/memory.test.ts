import { expect, test } from 'vitest';
import { auditStoreContract } from './contract.ts';
import { MemoryAuditStore } from './memory.ts';

for (const { title, run } of auditStoreContract) {
  test(`memory store ${title}`, async () => {
    await using store = new MemoryAuditStore();
    await expect(run(store)).resolves.toBeUndefined();
  });
}
