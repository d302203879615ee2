/** Credentials: where they are kept, and how they are held. */
export { FileVault, type FileVaultOptions } from './vault.ts';
export { MemoryCredentialStore } from './memory.ts';
export type { CredentialName, CredentialStore } from './store.ts';
export { Secret } from './secret.ts';
export {
  passphraseFromCommand,
  passphraseFromDescriptor,
  passphraseFromEnvironment,
  type PassphraseSource,
} from './passphrase.ts';
export type { Keyring } from './keyring.ts';
