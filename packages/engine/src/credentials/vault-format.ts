/**
 * The file `credentials.enc`: three lines of text.
 *
 *     skill-engine-credentials 1 <SHA-256 of the second line>
 *     {"vault":…,"key":{…},"check":…,"entries":[{"skill":…,"name":…,"iv":…,"value":…},…]}
 *     <HMAC-SHA256 over the two lines above>
 *
 * The digest tells damage from a wrong key, without a key. The MAC, by a key of its own, covers every byte: the
 * iteration count, which entries there are, and their names. Each value is AES-256-GCM under a fresh 96-bit IV, with
 * vault, skill and name as additional data. Only the one spelling that `encodeVault` writes is accepted.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { corrupt, locked, unavailable } from './vault-errors.ts';
import { Secret } from './secret.ts';
import { byName, type CredentialName } from './store.ts';
import {
  ITERATIONS,
  type KeyMethod,
  mac,
  MOST_ITERATIONS,
  sameBytes,
  type VaultKeys,
} from './vault-keys.ts';

export interface SealedEntry extends CredentialName {
  /** Base64. */
  readonly iv: string;
  /** Base64: ciphertext and the 16 bytes of the tag. */
  readonly value: string;
}

export interface Vault {
  /** Random identity, base64. */
  readonly vault: string;
  readonly key: KeyMethod;
  readonly entries: readonly SealedEntry[];
}

const MAGIC = 'skill-engine-credentials';
const VERSION = '1';
const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

export function newVaultId(): string {
  return randomBytes(16).toString('base64');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const checkOf = (keys: VaultKeys, vault: string) => mac(keys, 'check', vault).toString('base64');

export function encodeVault({ vault, key, entries }: Vault, keys: VaultKeys): string {
  const sorted = entries
    .toSorted(byName)
    .map(({ skill, name, iv, value }) => ({ skill, name, iv, value }));
  const body = JSON.stringify({
    vault,
    key: canonicalKey(key),
    check: checkOf(keys, vault),
    entries: sorted,
  });
  const signed = `${MAGIC} ${VERSION} ${sha256(body)}\n${body}\n`;
  return `${signed}${mac(keys, 'file', signed).toString('hex')}\n`;
}

function canonicalKey(key: KeyMethod): KeyMethod {
  return key.kind === 'passphrase'
    ? { kind: key.kind, salt: key.salt, iterations: key.iterations }
    : { kind: key.kind, salt: key.salt, account: key.account };
}

/** A file whose digest holds; whether it is authentic, `authenticate` says. */
export interface ReadVault extends Vault {
  readonly check: string;
  readonly signed: string;
  readonly mac: string;
}

/**
 * Reads the form only.
 *
 * @throws SkillError CREDENTIALS_CORRUPT; CREDENTIALS_UNAVAILABLE for a newer version; CREDENTIALS_LOCKED for an
 *   iteration count outside of what is accepted
 */
export function readVault(bytes: Uint8Array, path: string): ReadVault {
  // One character a byte: every change of a byte is a change of the text.
  const text = Buffer.from(bytes).toString('latin1');
  if (text === '') throw corrupt(path, 'the file is empty');
  const version = /^skill-engine-credentials ([1-9][0-9]{0,5}) /.exec(text)?.[1];
  if (version !== undefined && version !== VERSION) {
    throw unavailable(
      path,
      `they have format ${version} and this version of the engine reads format ${VERSION}; use a newer version`,
    );
  }
  const lines = /^skill-engine-credentials 1 ([0-9a-f]{64})\n([^\n]+)\n([0-9a-f]{64})\n$/.exec(
    text,
  );
  if (lines === null) throw corrupt(path, 'it is cut, or not in the form of such a file');
  const [, digest, body = '', written = ''] = lines;
  if (sha256latin1(body) !== digest) throw corrupt(path, 'its content does not match its digest');
  const parsed = parseBody(Buffer.from(body, 'latin1').toString('utf8'));
  if (parsed === undefined) throw corrupt(path, 'its content is not in the form of such a file');
  const { key } = parsed;
  if (
    key.kind === 'passphrase' &&
    !(key.iterations >= ITERATIONS && key.iterations <= MOST_ITERATIONS)
  ) {
    throw locked(
      path,
      `it asks for ${key.iterations} iterations of PBKDF2, and ${ITERATIONS} to ${MOST_ITERATIONS} are accepted; somebody may have changed it`,
    );
  }
  return { ...parsed, signed: text.slice(0, -65), mac: written };
}

function sha256latin1(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('hex');
}

type Body = Vault & { readonly check: string };

function parseBody(text: string): Body | undefined {
  let body: Body;
  try {
    body = JSON.parse(text) as Body;
    const { vault, key, check, entries } = body;
    // The one spelling: whatever else the text holds, or leaves out, shows here.
    const again = JSON.stringify({
      vault,
      key: canonicalKey(key),
      check,
      entries: entries.map(({ skill, name, iv, value }) => ({ skill, name, iv, value })),
    });
    if (again !== text) return undefined;
  } catch {
    return undefined;
  }
  const { vault, key, check, entries } = body;
  const strings = [vault, check, key.salt, ...entries.flatMap((entry) => Object.values(entry))];
  if (!strings.every((value) => typeof value === 'string')) return undefined;
  if (
    key.kind === 'passphrase'
      ? !Number.isSafeInteger(key.iterations)
      : typeof key.account !== 'string'
  )
    return undefined;
  if (key.kind !== 'passphrase' && key.kind !== 'keyring') return undefined;
  const inOrder = entries.every((entry, at) => at === 0 || byName(entries[at - 1]!, entry) < 0);
  return inOrder ? body : undefined;
}

/** @throws SkillError CREDENTIALS_LOCKED for another key, CREDENTIALS_CORRUPT for a file that was changed */
export function authenticate(read: ReadVault, keys: VaultKeys, path: string): void {
  const check = Buffer.from(read.check, 'base64');
  if (!sameBytes(check, mac(keys, 'check', read.vault))) {
    throw locked(path, 'the passphrase or key is another one than they were locked with');
  }
  const signed = Buffer.from(read.signed, 'latin1');
  if (!sameBytes(Buffer.from(read.mac, 'hex'), mac(keys, 'file', signed))) {
    throw corrupt(path, 'somebody has changed it, and not with its key');
  }
}

function additionalData(vault: string, { skill, name }: CredentialName): Buffer {
  return Buffer.from(JSON.stringify(['skill-engine credential', 1, vault, skill, name]));
}

export function seal(
  vault: string,
  entry: CredentialName,
  value: Secret,
  keys: VaultKeys,
): SealedEntry {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, keys.encryption, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(additionalData(vault, entry));
  const sealed = value.use((bytes) => Buffer.concat([cipher.update(bytes), cipher.final()]));
  return {
    skill: entry.skill,
    name: entry.name,
    iv: iv.toString('base64'),
    value: Buffer.concat([sealed, cipher.getAuthTag()]).toString('base64'),
  };
}

/** @throws SkillError CREDENTIALS_CORRUPT */
export function unseal(vault: string, entry: SealedEntry, keys: VaultKeys, path: string): Secret {
  const iv = Buffer.from(entry.iv, 'base64');
  const sealed = Buffer.from(entry.value, 'base64');
  const end = sealed.length - TAG_BYTES;
  const failed = () =>
    corrupt(path, `the value of ${entry.name} for ${entry.skill} is not its own`);
  if (iv.length !== IV_BYTES || end < 0) throw failed();
  const decipher = createDecipheriv(CIPHER, keys.encryption, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(additionalData(vault, entry));
  decipher.setAuthTag(sealed.subarray(end));
  const plain = decipher.update(sealed.subarray(0, end));
  const bytes = new Uint8Array(plain);
  plain.fill(0);
  try {
    decipher.final();
  } catch {
    bytes.fill(0);
    throw failed();
  }
  return new Secret(bytes);
}
