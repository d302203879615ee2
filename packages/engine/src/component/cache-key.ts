import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { link, rm } from 'node:fs/promises';
import { readPrivateFile, writePrivateFile } from './private-files.ts';

const keyBytes = 32;

/**
 * The secret that authenticates the cache's index files. It stands beside the cache, not in it, so that a cache
 * restored from elsewhere (a CI artefact, a shared volume) or written by someone who has only that directory
 * is rebuilt instead of run. It does not protect from a program that runs as this user: that one can read the key.
 */
export async function cacheSecret(cacheDir: string): Promise<Uint8Array> {
  const path = `${cacheDir}.key`;
  const known = await tryRead(path);
  if (known !== undefined) return known;
  // Written aside and linked, so that a reader never sees half a key and the first of several writers wins.
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  await writePrivateFile(draft, randomBytes(keyBytes));
  try {
    await link(draft, path);
  } catch (failure) {
    if (!isExists(failure)) throw failure;
  } finally {
    await rm(draft, { force: true });
  }
  const secret = await readPrivateFile(path, keyBytes);
  if (secret.byteLength !== keyBytes) throw new Error(`${path}: not a key`);
  return secret;
}

async function tryRead(path: string): Promise<Uint8Array | undefined> {
  try {
    const secret = await readPrivateFile(path, keyBytes);
    if (secret.byteLength === keyBytes) return secret;
  } catch (failure) {
    if (isMissing(failure)) return undefined;
  }
  // Damaged, or not ours alone: a new one makes every old entry worthless, which is the safe side.
  await rm(path, { force: true });
  return undefined;
}

/** The secret as it is; nothing is made or removed. Undefined where there is none that counts. */
export async function readCacheSecret(cacheDir: string): Promise<Uint8Array | undefined> {
  const secret = await readPrivateFile(`${cacheDir}.key`, keyBytes).catch(() => undefined);
  return secret?.byteLength === keyBytes ? secret : undefined;
}

export function authenticate(secret: Uint8Array, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex');
}

export function isAuthentic(secret: Uint8Array, text: string, mac: string): boolean {
  const expected = Buffer.from(authenticate(secret, text));
  const found = Buffer.from(mac);
  return expected.byteLength === found.byteLength && timingSafeEqual(expected, found);
}

function codeOf(failure: unknown): unknown {
  return failure instanceof Error && 'code' in failure ? failure.code : undefined;
}

export function isMissing(failure: unknown): boolean {
  return codeOf(failure) === 'ENOENT';
}

export function isExists(failure: unknown): boolean {
  const code = codeOf(failure);
  return code === 'EEXIST' || code === 'ENOTEMPTY';
}
