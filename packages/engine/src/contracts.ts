/** What stores promise, as cases that need no test framework; `@skill-engine/testing/contracts` runs them. */
export { auditStoreContract } from './audit/contract.ts';
export { credentialStoreContract } from './credentials/contract.ts';
