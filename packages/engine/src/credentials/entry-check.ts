/** What may be kept, and under which names: the same for every store. */
import { SkillError } from '../errors.ts';
import type { Secret } from './secret.ts';
import { CREDENTIAL_BYTES, type CredentialName } from './store.ts';

/** The rule of the manifest for names of credentials. */
const namePattern = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** @throws SkillError INVALID_OPTIONS */
export function checkEntry({ skill, name }: CredentialName, value?: Secret): void {
  if (typeof skill !== 'string' || skill === '' || skill.length > 256) {
    throw new SkillError(
      'INVALID_OPTIONS',
      'A credential belongs to a skill: its name is missing.',
    );
  }
  if (typeof name !== 'string' || !namePattern.test(name)) {
    throw new SkillError(
      'INVALID_OPTIONS',
      `${JSON.stringify(name)} is no name of a credential: a letter, then letters, digits, _ and -; at most 64.`,
    );
  }
  if (value === undefined) return;
  if (value.length === 0 || value.length > CREDENTIAL_BYTES) {
    throw new SkillError(
      'INVALID_OPTIONS',
      `The value of a credential has 1 to ${CREDENTIAL_BYTES} bytes, not ${value.length}.`,
    );
  }
}
