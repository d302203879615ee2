/** Verifies a JSON-lines store on disk, without writing to it. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { SkillError } from '../errors.ts';
import { chainKey } from './chain.ts';
import { readSecrets } from './files.ts';
import { closeAll, openSegments } from './lines-segments.ts';
import { verifySegments } from './lines-verify.ts';
import { signerOf } from './signing.ts';
import { unavailable } from './unavailable.ts';
import type { Verification } from './verify.ts';
import { keyOf, readAnchor, type VerifyOptions } from './verify-store.ts';

/**
 * Verifies all files of a store without writing to them, also while they are written. A last line without its end is left out.
 *
 * @throws SkillError AUDIT_UNAVAILABLE when there is no such store, or it cannot be read
 */
export async function verifyJsonLinesAudit(options: VerifyOptions): Promise<Verification> {
  const { publicKey, checkpoint, kept } = options;
  const path = resolve(options.path);
  const secrets = readSecrets(path);
  const key = secrets.key && chainKey(secrets.key);
  const pem = publicKey ?? (secrets.signing && signerOf(secrets.signing).publicKey);
  if (!existsSync(path) && secrets.key === undefined && secrets.signing === undefined) {
    throw absent(`There is no audit store at ${path}.`);
  }
  if (pem === undefined) {
    throw absent(`${path}.signing is missing: restore it, or give the public key.`);
  }
  // The anchor follows the files: what is read after it is at least as far.
  const anchor = key && readAnchor(`${path}.head`, key);
  try {
    const segments = openSegments(path);
    try {
      const given = { key, publicKey: keyOf(pem), anchor, checkpoint, kept };
      return (await verifySegments(segments, given)).verification;
    } finally {
      closeAll(segments);
    }
  } catch (error) {
    throw unavailable('read', error);
  }
}

function absent(message: string): SkillError {
  return new SkillError('AUDIT_UNAVAILABLE', message);
}
