/** Signed statements of the store: checkpoints and prune summaries. Ed25519. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import type { JsonObject } from '../schema/json.ts';
import { canonicalJson } from './canonical.ts';

/** A new private key, as PKCS #8 in DER: 48 bytes. */
export function newSigningKey(): Buffer {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' });
}

export const SIGNING_KEY_BYTES = 48;

export interface Signer {
  /** The statement with `key` and `signature` added. */
  sign(statement: JsonObject): JsonObject;
  /** PEM (SPKI). */
  readonly publicKey: string;
}

export function signerOf(pkcs8: Uint8Array): Signer {
  const privateKey = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  const key = fingerprint(publicKey);
  return {
    publicKey: publicKey.export({ format: 'pem', type: 'spki' }) as string,
    sign(statement) {
      const signed = { ...statement, key };
      return { ...signed, signature: sign(null, bytesOf(signed), privateKey).toString('base64') };
    },
  };
}

/** SHA-256 of the key's SPKI form, as `sha256:<hexadecimal>`. */
export function fingerprint(key: KeyObject): string {
  const spki = key.export({ format: 'der', type: 'spki' });
  return `sha256:${createHash('sha256').update(spki).digest('hex')}`;
}

export function isSigned(statement: JsonObject, publicKey: KeyObject): boolean {
  const { signature, ...signed } = statement;
  if (typeof signature !== 'string' || signed['key'] !== fingerprint(publicKey)) return false;
  return verify(null, bytesOf(signed), publicKey, Buffer.from(signature, 'base64'));
}

/** The prefix keeps a signature of this key from meaning anything elsewhere. */
function bytesOf(signed: JsonObject): Buffer {
  return Buffer.from(`skill-engine audit statement 1\n${canonicalJson(signed)}`);
}
