/** The contracts as others run them, and on stores that break a promise. */
import { MemoryAuditStore, MemoryCredentialStore, Secret } from '@skill-engine/engine';
import { describe, expect, it } from 'vitest';
import {
  auditStoreContract,
  credentialStoreContract,
  testContract,
} from '../../packages/testing/src/contracts.ts';

describe('an audit store in memory', () => {
  testContract(it, auditStoreContract, () => new MemoryAuditStore());
});

describe('a credential store in memory', () => {
  testContract(it, credentialStoreContract, () => new MemoryCredentialStore());
});

/** Titles of the cases that fail. */
async function broken<S extends AsyncDisposable>(
  cases: Parameters<typeof testContract<S>>[1],
  open: () => S,
): Promise<string[]> {
  const tests: [string, () => Promise<void>][] = [];
  testContract((title, run) => tests.push([title, run]), cases, open);
  const failed: string[] = [];
  for (const [title, run] of tests) {
    await run().catch(() => failed.push(title));
  }
  return failed;
}

class ForgetfulAudit extends MemoryAuditStore {
  override async finish(): Promise<void> {}
}

class UnfilteredAudit extends MemoryAuditStore {
  override query() {
    return super.query();
  }
}

class KeepingCredentials extends MemoryCredentialStore {
  override async delete(): Promise<boolean> {
    return true;
  }
}

class SharedCredentials extends MemoryCredentialStore {
  override async get(entry: { skill: string; name: string }): Promise<Secret | undefined> {
    return super.get({ ...entry, skill: 'reports' });
  }
}

it('finds stores that break their promises, and closes them', async () => {
  expect(await broken(auditStoreContract, () => new MemoryAuditStore())).toEqual([]);
  expect(await broken(auditStoreContract, () => new ForgetfulAudit())).toContain(
    'gives back every field of intent and outcome',
  );
  expect(await broken(auditStoreContract, () => new UnfilteredAudit())).not.toEqual([]);
  expect(await broken(credentialStoreContract, () => new KeepingCredentials())).toContain(
    'replaces a value, and forgets a deleted one',
  );
  expect(await broken(credentialStoreContract, () => new SharedCredentials())).toContain(
    'keeps skills and names apart, exactly',
  );
});
