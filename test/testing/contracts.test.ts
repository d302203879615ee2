/** The contracts as others run them, and on stores that break a promise. */
import {
  createEngine,
  MemoryAuditStore,
  MemoryCredentialStore,
  type IsolationOptions,
  type Secret,
} from '@skill-engine/engine';
import { describe, expect, it } from 'vitest';
import {
  auditStoreContract,
  contractGuest,
  credentialStoreContract,
  isolateContract,
  testContract,
  type IsolateSubject,
} from '../../packages/testing/src/contracts/index.ts';

describe('an audit store in memory', () => {
  testContract(it, auditStoreContract, () => new MemoryAuditStore());
});

describe('a credential store in memory', () => {
  testContract(it, credentialStoreContract, () => new MemoryCredentialStore());
});

async function engineIsolate(isolation: IsolationOptions): Promise<IsolateSubject> {
  const engine = await createEngine({ audit: new MemoryAuditStore(), isolation });
  const [skill] = await engine.load(contractGuest, { isolation, trust: 'trusted' });
  expect(skill!.isolation.level).toBe(isolation.level);
  return {
    run: (tool, options) => engine.execute(skill!.name, tool, {}, options),
    [Symbol.asyncDispose]: () => engine.close(),
  };
}

describe.each(['process', 'thread'] as const)('an isolate: %s', (level) => {
  testContract(it, isolateContract, () => engineIsolate({ level }));
});

it('finds an isolate that breaks its promises', async () => {
  await using engine = await createEngine({ audit: new MemoryAuditStore() });
  const [skill] = await engine.load(contractGuest);
  let calls = 0;
  // State goes from run to run, limits are not passed on, and nobody is called off.
  const careless = (): IsolateSubject => ({
    async run(tool) {
      const limits = { timeoutMs: 100 };
      const result = await engine.execute(skill!.name, tool, {}, { limits });
      calls += 1;
      if (tool !== 'count' || !result.ok) return result;
      return { ...result, value: calls, fuelUsed: calls };
    },
    async [Symbol.asyncDispose]() {},
  });
  // All but the event loop's.
  const found = await broken(isolateContract, careless);
  expect(found.length).toBeGreaterThanOrEqual(isolateContract.length - 1);
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
