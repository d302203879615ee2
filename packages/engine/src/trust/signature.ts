/** Detached Ed25519 signatures over a package's digest. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { SkillError } from '../errors.ts';

/** A key that the operator trusts. */
export interface TrustedKey {
  /** SHA-256 of the raw public key, lower-case hexadecimal. */
  readonly id: string;
  /** What the operator calls it. */
  readonly name: string;
  /** Raw, 32 bytes, base64. */
  readonly publicKey: string;
}

/** What is known of a package's signature. A missing one, or one by an unknown key, is never more than unverified. */
export type SignatureState =
  | { readonly state: 'verified'; readonly key: string; readonly name: string }
  | { readonly state: 'unverified'; readonly key: null; readonly reason: string };

/** Says what is signed: what was signed for another purpose can never stand for it. */
const purpose = 'skill-engine package signature, version 1\n';

/** DER of an Ed25519 public key up to its 32 raw bytes (RFC 8410). */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * @param file the bytes of the signature file, `undefined` for none
 * @throws SkillError SIGNATURE_INVALID for a signature that is damaged, over another package, or not by its key
 */
export function checkSignature(
  file: Uint8Array | undefined,
  digest: string,
  keys: readonly TrustedKey[],
): SignatureState {
  if (file === undefined) return { state: 'unverified', key: null, reason: 'it is not signed' };
  const { key, digest: signed, signature } = decode(file);
  if (signed !== digest) {
    throw invalid('it is over another package', { expected: digest, found: signed });
  }
  const trusted = keys.find(({ id }) => id === key);
  if (trusted === undefined) {
    const reason = `it is signed by ${key}, which is not among the trusted keys`;
    return { state: 'unverified', key: null, reason };
  }
  const publicKey = publicKeyOf(Buffer.from(trusted.publicKey, 'base64'));
  if (keyId(publicKey) !== key || !verify(null, message(digest), publicKey, signature)) {
    throw invalid(`it is not by the key ${trusted.name} that it names`, { key });
  }
  return { state: 'verified', key, name: trusted.name };
}

/** The text of a signature file. @param pem PKCS #8, as `openssl genpkey -algorithm ed25519` writes it */
export function signDigest(digest: string, pem: string): string {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw unusable('The private key cannot be read', cause);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw unusable('The private key is not an Ed25519 key');
  const signature = sign(null, message(digest), key).toString('base64');
  const id = keyId(createPublicKey(key));
  const file = { format: 1, algorithm: 'ed25519', key: id, digest, signature };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

/** A new pair, in PEM. */
export function newSigningKey(): { readonly privateKey: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/**
 * Reads a key that signatures are verified with, under a name for messages.
 *
 * @param text PEM of a public key, or its 32 raw bytes in base64
 * @throws SkillError INVALID_OPTIONS; a private key is refused rather than taken for its public half
 */
export function readPublicKey(text: string, name: string): TrustedKey {
  if (text.includes('PRIVATE KEY')) {
    throw unusable('This is a private key. Give the public one, and keep this one to its owner');
  }
  let key: KeyObject;
  try {
    key = text.includes('-----BEGIN')
      ? createPublicKey(text)
      : publicKeyOf(Buffer.from(text.trim(), 'base64'));
  } catch (cause) {
    throw unusable('The public key cannot be read', cause);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw unusable('The public key is not an Ed25519 key');
  return { id: keyId(key), name, publicKey: rawOf(key).toString('base64') };
}

function decode(file: Uint8Array): { key: string; digest: string; signature: Uint8Array } {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file));
  } catch (cause) {
    throw invalid('it is damaged', {}, cause);
  }
  const field = (name: string, form: RegExp): string => {
    const found = Object(value) === value ? (value as Record<string, unknown>)[name] : undefined;
    if (typeof found === 'string' && form.test(found)) return found;
    throw invalid(`its ${name} is missing or damaged`, {});
  };
  field('algorithm', /^ed25519$/);
  return {
    key: field('key', /^[0-9a-f]{64}$/),
    digest: field('digest', /^[0-9a-f]{64}$/),
    signature: Buffer.from(field('signature', /^[A-Za-z0-9+/]{86}==$/), 'base64'),
  };
}

function message(digest: string): Uint8Array {
  return Buffer.from(`${purpose}${digest}`, 'utf8');
}

function publicKeyOf(raw: Uint8Array): KeyObject {
  if (raw.length !== 32) throw new Error(`it has ${raw.length} bytes instead of 32`);
  return createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' });
}

function rawOf(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(spkiPrefix.length);
}

function keyId(key: KeyObject): string {
  return createHash('sha256').update(rawOf(key)).digest('hex');
}

function invalid(problem: string, details: Record<string, unknown>, cause?: unknown): SkillError {
  return new SkillError(
    'SIGNATURE_INVALID',
    `The signature of the package is refused: ${problem}. Get the package anew from its author.`,
    { details: { reason: problem, ...details }, ...(cause === undefined ? {} : { cause }) },
  );
}

function unusable(problem: string, cause?: unknown): SkillError {
  return new SkillError(
    'INVALID_OPTIONS',
    `${problem}. Keys are Ed25519, in PEM (or 32 bytes in base64 for public ones).`,
    cause === undefined ? {} : { cause },
  );
}
