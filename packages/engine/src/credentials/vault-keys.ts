/** Keys of the vault: from a passphrase (PBKDF2) or from the keyring, one for encryption and one for the whole file. */
import { createHmac, hkdfSync, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Secret } from './secret.ts';

/** PBKDF2-HMAC-SHA256. OWASP's recommendation of 2023, and the least that is accepted in a file. */
export const ITERATIONS = 600_000;
/** More would keep the reader of a crafted file busy for minutes. */
export const MOST_ITERATIONS = 20_000_000;

const SALT_BYTES = 16;
const KEY_BYTES = 32;

/** How the master key is had, as the file says it: `salt` in base64, `iterations` the rounds of PBKDF2, at least 600 000. */
export type KeyMethod =
  | { readonly kind: 'passphrase'; readonly salt: string; readonly iterations: number }
  | { readonly kind: 'keyring'; readonly salt: string; readonly account: string };

/** Overwrite them with `wipeKeys`. */
export interface VaultKeys {
  readonly encryption: Uint8Array;
  readonly authentication: Uint8Array;
}

export function newSalt(): string {
  return randomBytes(SALT_BYTES).toString('base64');
}

export function newMasterKey(): Uint8Array {
  return new Uint8Array(randomBytes(KEY_BYTES));
}

const derive = promisify(pbkdf2);

/**
 * Unicode has several spellings of one text, and keyboards differ: NFKC makes them one (RFC 8265 does the like).
 */
export async function masterFromPassphrase(
  passphrase: Secret,
  { salt, iterations }: { readonly salt: string; readonly iterations: number },
): Promise<Uint8Array> {
  const bytes = passphrase.use((given) =>
    Buffer.from(Buffer.from(given).toString('utf8').normalize('NFKC'), 'utf8'),
  );
  try {
    const key = await derive(bytes, Buffer.from(salt, 'base64'), iterations, KEY_BYTES, 'sha256');
    return new Uint8Array(key.buffer, key.byteOffset, key.length);
  } finally {
    bytes.fill(0);
  }
}

/** @param vault random identity of the file; keys of two vaults differ even for one passphrase and salt */
export function deriveKeys(master: Uint8Array, salt: string, vault: string): VaultKeys {
  const key = (purpose: string) =>
    new Uint8Array(
      hkdfSync(
        'sha256',
        master,
        Buffer.from(salt, 'base64'),
        `skill-engine credentials 1 ${vault} ${purpose}`,
        KEY_BYTES,
      ),
    );
  return { encryption: key('encryption'), authentication: key('authentication') };
}

export function wipeKeys({ encryption, authentication }: VaultKeys): void {
  encryption.fill(0);
  authentication.fill(0);
}

export function mac(keys: VaultKeys, purpose: string, text: string | Uint8Array): Buffer {
  return createHmac('sha256', keys.authentication).update(`${purpose}\n`).update(text).digest();
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
