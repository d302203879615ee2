import { resolve } from 'node:path';
import { SkillError } from '../errors.ts';
import { readSecrets } from './files.ts';
import { readImported } from './imported.ts';
import { fingerprint, signerOf } from './signing.ts';
import { keyOf } from './verify-store.ts';

/** The key whose signatures a store's checkpoints have, for those who verify. */
export interface AuditPublicKey {
  /** SPKI, as PEM. */
  readonly pem: string;
  /** `sha256:` and hexadecimal. */
  readonly fingerprint: string;
}

/**
 * The public key of the store whose database file is at `path`.
 *
 * @throws SkillError AUDIT_UNAVAILABLE when there is no key beside the store
 */
export function auditPublicKey(path: string): AuditPublicKey {
  const file = resolve(path);
  const { signing } = readSecrets(file);
  const pem = signing ? signerOf(signing).publicKey : readImported(file)?.publicKey;
  if (pem === undefined) {
    throw new SkillError(
      'AUDIT_UNAVAILABLE',
      `There is no key at ${file}.signing. The first invocation makes one.`,
    );
  }
  return { pem, fingerprint: fingerprint(keyOf(pem)) };
}
