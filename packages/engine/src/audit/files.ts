import { randomBytes, randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import type { Stats } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { SkillError } from '../errors.ts';
import { newSigningKey, SIGNING_KEY_BYTES } from './signing.ts';

const KEY_BYTES = 32;
const GROUP_OR_OTHERS = 0o077;
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Makes the store's directory (0700) and its empty file (0600) where they do not exist, and judges them where
 * they do. The directory may be readable by others, but others must not be able to put files into it.
 *
 * @returns the file's path with its directory resolved
 * @throws SkillError AUDIT_UNAVAILABLE; the system's own error when a file operation fails
 */
export function prepareFile(path: string): string {
  const requested = resolve(path);
  makeDirectory(dirname(requested));
  const directory = realpathSync(dirname(requested));
  checkDirectory(directory);
  const file = join(directory, basename(requested));
  if (createExclusively(file, new Uint8Array())) syncDirectory(directory);
  // SQLite opens these beside the file. They are judged by name only: opening and closing a database
  // file by other means would drop the locks that this process holds on it (see fcntl(2)).
  for (const name of [file, `${file}-wal`, `${file}-shm`, `${file}-journal`]) {
    const stats = lstatSync(name, { throwIfNoEntry: false });
    if (stats === undefined) continue;
    checkFile(name, stats);
    if (stats.nlink > 1) {
      throw refuse(`${name} has several names (hard links). Choose another path`);
    }
  }
  return file;
}

/** The secrets of a store, each in a file of its own beside the database, and not in it: a copy of the database can be given away. */
export interface StoreSecrets {
  /** 32 random bytes: key of the parameters' digests and of the entries' codes. */
  readonly key: Uint8Array;
  /** The signing key of checkpoints, PKCS #8. */
  readonly signing: Uint8Array;
}

/** Reads the secrets, which are made at first use. */
export function loadSecrets(file: string): StoreSecrets {
  return {
    key: loadSecret(`${file}.key`, KEY_BYTES, () => randomBytes(KEY_BYTES)),
    signing: loadSecret(`${file}.signing`, SIGNING_KEY_BYTES, newSigningKey),
  };
}

/** The secrets as they are; nothing is made. */
export function readSecrets(file: string): Partial<StoreSecrets> {
  const read = (path: string, length: number) =>
    existsSync(path) ? loadSecret(path, length, () => new Uint8Array()) : undefined;
  const key = read(`${file}.key`, KEY_BYTES);
  const signing = read(`${file}.signing`, SIGNING_KEY_BYTES);
  return { ...(key && { key }), ...(signing && { signing }) };
}

function loadSecret(path: string, length: number, make: () => Uint8Array): Uint8Array {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) createSecret(path, make());
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    checkFile(path, fstatSync(descriptor));
    const secret = readFileSync(descriptor);
    if (secret.length === length) return secret;
    throw refuse(
      `${path} holds ${secret.length} bytes instead of ${length}. Restore it from a copy`,
    );
  } finally {
    closeSync(descriptor);
  }
}

/** Not `recursive: true`: on /proc, where nothing can be made, Node's own recursion never ends. */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  if (dirname(directory) !== directory) makeDirectory(dirname(directory));
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    // Another process may have made it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Complete or absent: written under another name, then linked; the first of several processes wins. */
function createSecret(path: string, secret: Uint8Array): void {
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, secret, { flag: 'wx', mode: 0o600, flush: true });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
  syncDirectory(dirname(path));
}

function createExclusively(file: string, content: Uint8Array): boolean {
  try {
    writeFileSync(file, content, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function checkDirectory(directory: string): void {
  const stats = statSync(directory);
  if (!hasModes) return;
  checkOwner(directory, stats);
  if ((stats.mode & WRITABLE_BY_OTHERS) !== 0) {
    throw refuse(
      `others may write into ${directory}. Run: chmod go-w '${directory}', or choose another path`,
    );
  }
}

/** @throws SkillError AUDIT_UNAVAILABLE for what is no private file of this user */
export function checkFile(name: string, stats: Stats): void {
  if (!stats.isFile()) {
    throw refuse(
      `${name} is ${stats.isSymbolicLink() ? 'a symbolic link' : 'not a regular file'}. Choose another path`,
    );
  }
  if (!hasModes) return;
  checkOwner(name, stats);
  if ((stats.mode & GROUP_OR_OTHERS) !== 0) {
    throw refuse(
      `${name} is open to other users. Run: chmod 600 '${name}', or choose another path`,
    );
  }
}

function checkOwner(name: string, stats: Stats): void {
  const user = process.getuid?.();
  if (stats.uid !== user) {
    throw refuse(`${name} belongs to user ${stats.uid}, not to ${user}. Choose another path`);
  }
}

/** Windows has no owner and mode bits; its profile directories are private by their access lists. */
const hasModes = process.getuid !== undefined;

/** What was renamed, made or removed in it is then so after a power failure, too. */
export function syncDirectory(directory: string): void {
  if (!hasModes) return;
  const descriptor = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function refuse(reason: string): SkillError {
  return new SkillError('AUDIT_UNAVAILABLE', `The audit store is refused: ${reason}.`);
}
