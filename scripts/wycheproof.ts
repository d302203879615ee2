/**
 * Runs Wycheproof's vectors against the primitives that the vault uses, as it uses them. The vectors are not kept
 * here: give the folder that has `aes_gcm_test.json` and `pbkdf2_hmacsha256_test.json` (testvectors_v1 of
 * C2SP/wycheproof). `node scripts/wycheproof.ts FOLDER`
 */
import { createCipheriv, createDecipheriv, pbkdf2Sync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Test {
  readonly tcId: number;
  readonly result: 'valid' | 'invalid' | 'acceptable';
  readonly [field: string]: string | number | unknown;
}

interface Group {
  readonly keySize?: number;
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
function gcm(test: Test, keySize: number): boolean {
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

/** How many vectors of what the vault uses failed: its IVs have 96 bits, always. */
function run(name: string, holds: (test: Test, keySize: number) => boolean): number {
  const wrong: Test[] = [];
  let count = 0;
  for (const { keySize = 0, tests } of groups(name)) {
    for (const test of tests) {
      count += 1;
      if (holds(test, keySize) !== (test.result === 'valid')) wrong.push(test);
    }
  }
  console.log(`${name}: ${count - wrong.length} of ${count} as expected`);
  for (const { tcId, result, comment } of wrong)
    console.log(`  ${tcId}: ${result}, ${String(comment)}`);
  return wrong.filter(({ iv = '0'.repeat(24) }) => String(iv).length === 24).length;
}

const failed = run('aes_gcm_test.json', gcm) + run('pbkdf2_hmacsha256_test.json', pbkdf2);
process.exitCode = failed === 0 ? 0 : 1;
