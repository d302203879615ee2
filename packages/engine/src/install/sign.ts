/** For authors: writes the signature of a package, `skill.sig` in a folder or `NAME.sig` beside a tarball. */
import { randomUUID } from 'node:crypto';
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { signDigest } from '../trust/signature.ts';
import { obtainPackage } from './obtain.ts';
import { fileDigests, signatureName, treeDigest } from './package-files.ts';

/**
 * Signs a package: a folder gets a file of the signature in it, an archive one beside it with `.sig`.
 *
 * @param pem the author's private key
 * @throws SkillError PACKAGE_NOT_FOUND, PACKAGE_INVALID, INVALID_OPTIONS
 */
export async function signPackage(
  named: string,
  pem: string,
): Promise<{ readonly digest: string; readonly file: string }> {
  const path = resolve(named);
  const { files } = await obtainPackage(path);
  const digest = treeDigest(fileDigests(files));
  const text = signDigest(digest, pem);
  const file = (await stat(path)).isDirectory() ? join(path, signatureName) : `${path}.sig`;
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, text, { flag: 'wx' });
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
  return { digest, file };
}
