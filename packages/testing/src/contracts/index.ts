/** Contract suites: whoever brings a store or an isolate of their own runs its contract with the test runner they have. */
export { auditStoreContract, credentialStoreContract } from '@skill-engine/engine/contracts';
export { contractGuest, isolateContract, type IsolateSubject } from './isolate.ts';

/** One promise of an interface. */
export interface ContractCase<Subject> {
  /** What is promised. */
  readonly title: string;
  /** Throws when the subject does not keep the promise. */
  readonly run: (subject: Subject) => Promise<void>;
}

/**
 * Registers one test for each case: `testContract(test, auditStoreContract, openMyStore)`.
 *
 * @param test a test runner's way to register a test: `test` of `node:test`, `it` of Vitest, Jest or Mocha
 * @param open gives each test a subject of its own, empty; it is closed afterwards
 */
export function testContract<Subject extends AsyncDisposable>(
  test: (title: string, run: () => Promise<void>) => unknown,
  cases: readonly ContractCase<Subject>[],
  open: () => Subject | Promise<Subject>,
): void {
  for (const { title, run } of cases) {
    test(title, async () => {
      await using subject = await open();
      await run(subject);
    });
  }
}
