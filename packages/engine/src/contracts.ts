/** What stores promise, as cases that need no test framework; `@skill-engine/testing/contracts` runs them. */
export { auditStoreContract, type ContractCase } from './audit/contract.ts';
export { credentialStoreContract, type CredentialContractCase } from './credentials/contract.ts';
