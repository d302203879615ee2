/** The credentials of one invocation: what its guest gets to see, and what the broker puts in its place. */
import { randomBytes } from 'node:crypto';
import type { EffectiveCredential } from '../authority/types.ts';
import { PLACEHOLDER_PREFIX } from '../broker/credential-mentions.ts';
import type { BrokerCredential } from '../broker/credentials.ts';
import { SkillError } from '../errors.ts';
import { forbidCoreDumps } from './core-dump.ts';
import { passphraseFromEnvironment } from './passphrase.ts';
import type { CredentialStore } from './store.ts';
import { FileVault } from './vault.ts';

/** The engine's own store, with what the environment says about its passphrase. */
export function openVault(path: string): FileVault {
  return new FileVault({ path, passphrase: passphraseFromEnvironment(process.env) });
}

export interface LentCredentials {
  /** By the credential's name: a placeholder of this invocation, or the value where that is granted. */
  readonly forGuest: readonly (readonly [string, string])[];
  /** Overwritten by the broker when the invocation is over. */
  readonly forBroker: readonly BrokerCredential[];
}

/**
 * @throws SkillError CREDENTIAL_MISSING for the first one that is not set; what the store throws, with no value in it
 */
export async function lendCredentials(
  store: CredentialStore,
  skill: string,
  granted: readonly EffectiveCredential[],
): Promise<LentCredentials> {
  await forbidCoreDumps();
  const forGuest: [string, string][] = [];
  const forBroker: BrokerCredential[] = [];
  try {
    for (const { name, hosts, exposure, places } of granted) {
      using secret = await store.get({ skill, name });
      if (secret === undefined) throw missing(skill, name);
      const value = secret.use((bytes) => bytes.slice());
      const placeholder =
        exposure === 'guest' ? null : PLACEHOLDER_PREFIX + randomBytes(16).toString('hex');
      forBroker.push({ name, placeholder, value, hosts, places });
      forGuest.push([name, placeholder ?? Buffer.from(value).toString('utf8')]);
    }
    return { forGuest, forBroker };
  } catch (error) {
    for (const { value } of forBroker) value.fill(0);
    throw error;
  }
}

function missing(skill: string, name: string): SkillError {
  return new SkillError(
    'CREDENTIAL_MISSING',
    `The skill ${skill} needs the credential ${name}, which is not set. Set it: skill config ${skill} --set-credential ${name}`,
    { details: { skill, credential: name } },
  );
}
