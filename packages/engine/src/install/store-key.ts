/** The operator's key that seals lock entries: 32 random bytes that only the operator can read. */
import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readPrivateFile, writePrivateFile } from '../component/private-files.ts';
import { SkillError } from '../errors.ts';

const BYTES = 32;

/** @param create false to answer `undefined` where there is none yet */
export async function storeKey(data: string, create: boolean): Promise<Uint8Array | undefined> {
  const path = join(data, 'lock.key');
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      const key = await readPrivateFile(path, BYTES);
      if (key.length !== BYTES) throw new Error(`it has ${key.length} bytes instead of ${BYTES}`);
      return key;
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw unavailable(path, cause);
    }
    if (!create) return undefined;
    await make(data, path).catch((cause: unknown) => {
      throw unavailable(path, cause);
    });
  }
  throw unavailable(path, new Error('it disappears'));
}

/** Linked into place as a whole: of two processes at once, one wins and both use its key. */
async function make(data: string, path: string): Promise<void> {
  await mkdir(data, { recursive: true, mode: 0o700 });
  const draft = join(data, `lock.key.${randomUUID()}`);
  await writePrivateFile(draft, randomBytes(BYTES));
  try {
    await link(draft, path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  } finally {
    await rm(draft, { force: true });
  }
}

function unavailable(path: string, cause: unknown): SkillError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SkillError(
    'STATE_UNAVAILABLE',
    `${path} cannot be trusted or read (${reason}). Make it yours alone (chmod 600), or remove it: what is installed then has to be installed again.`,
    { cause },
  );
}
