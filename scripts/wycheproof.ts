/**
 * Runs Wycheproof's vectors against the primitives that the vault and the audit record use, as they use them. The vectors
 * are not kept here: give the folder that has them (testvectors_v1 of C2SP/wycheproof). `node scripts/wycheproof.ts FOLDER`
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPublicKey,
  hkdfSync,
  pbkdf2Sync,
  verify,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Test {
  readonly tcId: number;
  readonly result: 'valid' | 'invalid' | 'acceptable';
  readonly [field: string]: string | number | unknown;
}

interface Group {
  readonly keySize?: number;
  /** Bits. */
  readonly tagSize?: number;
  readonly publicKeyPem?: string;
  readonly tests: readonly Test[];
}

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: node scripts/wycheproof.ts FOLDER');

const hex = (value: unknown): Buffer => Buffer.from(String(value), 'hex');

function groups(name: string): readonly Group[] {
  const file = JSON.parse(readFileSync(join(folder!, name), 'utf8')) as { testGroups: Group[] };
  return file.testGroups;
}

/** Decrypts and, for valid vectors, encrypts to the same bytes. */
function gcm(test: Test, { keySize }: Group): boolean {
  const cipher = `aes-${keySize}-gcm` as 'aes-256-gcm';
  const [key, iv, aad, msg, ct, tag] = ['key', 'iv', 'aad', 'msg', 'ct', 'tag'].map((name) =>
    hex(test[name]),
  );
  const options = { authTagLength: 16 };
  try {
    const decipher = createDecipheriv(cipher, key!, iv!, options).setAAD(aad!).setAuthTag(tag!);
    const plain = Buffer.concat([decipher.update(ct!), decipher.final()]);
    const encrypt = createCipheriv(cipher, key!, iv!, options).setAAD(aad!);
    const again = Buffer.concat([encrypt.update(msg!), encrypt.final(), encrypt.getAuthTag()]);
    return plain.equals(msg!) && again.equals(Buffer.concat([ct!, tag!]));
  } catch {
    return false;
  }
}

function pbkdf2(test: Test): boolean {
  const { iterationCount, dkLen } = test as unknown as { iterationCount: number; dkLen: number };
  try {
    const key = pbkdf2Sync(
      hex(test['password']),
      hex(test['salt']),
      iterationCount,
      dkLen,
      'sha256',
    );
    return key.equals(hex(test['dk']));
  } catch {
    return false;
  }
}

function hmac(test: Test, { tagSize = 256 }: Group): boolean {
  const tag = createHmac('sha256', hex(test['key'])).update(hex(test['msg'])).digest();
  return tag.subarray(0, tagSize / 8).equals(hex(test['tag']));
}

function hkdf(test: Test): boolean {
  const { size } = test as unknown as { size: number };
  const [ikm, salt, info, okm] = ['ikm', 'salt', 'info', 'okm'].map((name) => hex(test[name]));
  try {
    return okm!.equals(Buffer.from(hkdfSync('sha256', ikm!, salt!, info!, size)));
  } catch {
    return false;
  }
}

function ed25519(test: Test, { publicKeyPem = '' }: Group): boolean {
  const key = createPublicKey(publicKeyPem);
  return verify(null, hex(test['msg']), key, hex(test['sig']));
}

/** How many vectors of what the vault uses failed: its IVs have 96 bits, always. */
function run(name: string, holds: (test: Test, group: Group) => boolean): number {
  const wrong: Test[] = [];
  let count = 0;
  for (const group of groups(name)) {
    for (const test of group.tests) {
      count += 1;
      if (holds(test, group) !== (test.result === 'valid')) wrong.push(test);
    }
  }
  console.log(`${name}: ${count - wrong.length} of ${count} as expected`);
  for (const { tcId, result, comment } of wrong)
    console.log(`  ${tcId}: ${result}, ${String(comment)}`);
  return wrong.filter(({ iv = '0'.repeat(24) }) => String(iv).length === 24).length;
}

const failed = [
  run('aes_gcm_test.json', gcm),
  run('pbkdf2_hmacsha256_test.json', pbkdf2),
  run('hkdf_sha256_test.json', hkdf),
  run('hmac_sha256_test.json', hmac),
  run('ed25519_test.json', ed25519),
];
process.exitCode = failed.every((count) => count === 0) ? 0 : 1;
