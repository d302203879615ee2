/** Where credentials are kept: the file vault by default, or whatever an embedder has. */
import type { Secret } from './secret.ts';

/** Which credential: a skill's name and the credential's own. */
export interface CredentialName {
  /** Name of the skill that it belongs to. */
  readonly skill: string;
  /** As the skill's manifest names it. */
  readonly name: string;
}

/** Where the values of credentials are kept. `credentialStoreContract` holds an implementation to this. */
export interface CredentialStore extends AsyncDisposable {
  /**
   * The value for one skill under one name, exactly; `undefined` where none is kept. Each call gives a copy of its
   * own, which the caller wipes.
   *
   * @throws SkillError CREDENTIALS_LOCKED, CREDENTIALS_CORRUPT, CREDENTIALS_UNAVAILABLE
   */
  get(entry: CredentialName): Promise<Secret | undefined>;
  /** Keeps a value, in place of the one before. The caller still owns, and wipes, the secret. */
  set(entry: CredentialName, value: Secret): Promise<void>;
  /** Whether there was one. */
  delete(entry: CredentialName): Promise<boolean>;
  /** Names only, by skill and then by name. */
  list(skill?: string): Promise<readonly CredentialName[]>;
  /** Wipes what is held in memory. */
  close(): Promise<void>;
}

/** Largest value that is kept. */
export const CREDENTIAL_BYTES = 64 * 1024;

/** By code point: the same order everywhere. */
export function byName(a: CredentialName, b: CredentialName): number {
  if (a.skill !== b.skill) return a.skill < b.skill ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
