import { expect, test } from 'vitest';
import { credentialStoreContract } from './contract.ts';
import { MemoryCredentialStore } from './memory.ts';

for (const { title, run } of credentialStoreContract) {
  test(`memory store ${title}`, async () => {
    await using store = new MemoryCredentialStore();
    await expect(run(store)).resolves.toBeUndefined();
  });
}
