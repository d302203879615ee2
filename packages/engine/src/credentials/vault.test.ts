import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { credentialStoreContract } from './contract.ts';
import type { Keyring } from './keyring.ts';
import { Secret } from './secret.ts';
import { FileVault } from './vault.ts';

let folder: string;
let path: string;
let keys: Map<string, Uint8Array>;

/** A keyring in memory: opening a vault with it takes no PBKDF2. */
const keyring: Keyring = {
  get: async (account) => keys.get(account)?.slice(),
  set: async (account, key) => void keys.set(account, key.slice()),
  delete: async (account) => void keys.delete(account),
};

const phrase = (text: string) => async () => Secret.fromText(text);
const token = { skill: 'reports', name: 'api_token' };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skill-vault-'));
  path = join(folder, 'credentials.enc');
  keys = new Map();
});
afterEach(() => rmSync(folder, { recursive: true }));

async function put(vault: FileVault, text: string, entry = token): Promise<void> {
  using secret = Secret.fromText(text);
  await vault.set(entry, secret);
}

async function read(vault: FileVault, entry = token): Promise<string | undefined> {
  using secret = await vault.get(entry);
  return secret?.use((bytes) => Buffer.from(bytes).toString());
}

for (const { title, run } of credentialStoreContract) {
  it(`file vault ${title}`, async () => {
    await using vault = new FileVault({ path, keyring });
    await expect(run(vault)).resolves.toBeUndefined();
  });
}

describe('with a passphrase', () => {
  it('opens with the same one, however it was typed, and with no other; nothing of a value is in the file', async () => {
    await using vault = new FileVault({ path, keyring: null, passphrase: phrase('pässwörd ﬁ') });
    await put(vault, 'the value');
    const file = readFileSync(path, 'utf8');
    expect(file).not.toContain('the value');
    expect(file).not.toContain(Buffer.from('the value').toString('base64').slice(0, 8));
    expect(file).toContain('"iterations":600000');
    await using again = new FileVault({
      path,
      keyring: null,
      passphrase: phrase('pässwörd fi'.normalize('NFD')),
    });
    expect(await read(again)).toBe('the value');
    const wrong = [phrase('passwörd fi'), phrase('pässwörd fi '), async () => undefined];
    for (const passphrase of wrong) {
      await using other = new FileVault({ path, keyring: null, passphrase });
      await expect(read(other)).rejects.toMatchObject({ code: 'CREDENTIALS_LOCKED' });
      await expect(put(other, 'x')).rejects.toMatchObject({ code: 'CREDENTIALS_LOCKED' });
    }
    expect(readFileSync(path, 'utf8')).toBe(file);
  });

  it('CRD-04 a lowered or raised iteration count is refused, before anything is derived', async () => {
    let asked = 0;
    await using vault = new FileVault({ path, keyring: null, passphrase: phrase('one') });
    await put(vault, 'the value');
    const file = readFileSync(path, 'utf8');
    for (const count of ['1', '599999', '99999999999', '-1', '6e5']) {
      writeFileSync(path, withDigest(file.replace('"iterations":600000', `"iterations":${count}`)));
      await using other = new FileVault({
        path,
        keyring: null,
        passphrase: async () => {
          asked += 1;
          return Secret.fromText('one');
        },
      });
      await expect(read(other)).rejects.toMatchObject({
        code: count === '6e5' ? 'CREDENTIALS_CORRUPT' : 'CREDENTIALS_LOCKED',
      });
    }
    expect(asked).toBe(0);
    // Within the bounds, it is another key.
    writeFileSync(path, withDigest(file.replace('"iterations":600000', '"iterations":600001')));
    await using other = new FileVault({ path, keyring: null, passphrase: phrase('one') });
    await expect(read(other)).rejects.toMatchObject({ code: 'CREDENTIALS_LOCKED' });
  });

  it('is asked for once, however many invocations wait for it', async () => {
    await using first = new FileVault({ path, keyring: null, passphrase: phrase('one') });
    await put(first, 'the value');
    let asked = 0;
    await using vault = new FileVault({
      path,
      keyring: null,
      passphrase: async () => {
        asked += 1;
        return Secret.fromText('one');
      },
    });
    expect(await Promise.all([read(vault), read(vault), read(vault)])).toEqual(
      Array.from({ length: 3 }, () => 'the value'),
    );
    expect(asked).toBe(1);
  });

  it('rotation to a new one keeps every value, and the old one opens nothing', async () => {
    await using vault = new FileVault({ path, keyring: null, passphrase: phrase('old') });
    await put(vault, 'the value');
    await vault.rotate(phrase('new'));
    await using fresh = new FileVault({ path, keyring: null, passphrase: phrase('new') });
    expect(await read(fresh)).toBe('the value');
    await using old = new FileVault({ path, keyring: null, passphrase: phrase('old') });
    await expect(read(old)).rejects.toMatchObject({ code: 'CREDENTIALS_LOCKED' });
  });
});

/** What an attacker without the key can do: the digest is no secret. */
function withDigest(file: string): string {
  const [, body = '', mac = ''] = file.split('\n');
  return `skill-engine-credentials 1 ${createHash('sha256').update(body).digest('hex')}\n${body}\n${mac}\n`;
}

describe('a file that was changed', () => {
  it('CRD-01 a flipped bit anywhere is an error, and the file stays as it is', async () => {
    await using vault = new FileVault({ path, keyring });
    await put(vault, 'v');
    const good = readFileSync(path);
    for (let at = 0; at < good.length; at += 1) {
      const bad = Buffer.from(good);
      bad[at]! ^= 1 << (at % 8);
      writeFileSync(path, bad);
      await expect(read(vault)).rejects.toMatchObject({
        code: expect.stringMatching(/^CREDENTIALS_(CORRUPT|UNAVAILABLE)$/) as string,
      });
      expect(readFileSync(path)).toEqual(bad);
    }
    writeFileSync(path, good);
    expect(await read(vault)).toBe('v');
  });

  it('CRD-06 every length but its own is an error, also for writers', async () => {
    await using vault = new FileVault({ path, keyring });
    await put(vault, 'v');
    const good = readFileSync(path);
    for (let length = 0; length < good.length; length += 1) {
      writeFileSync(path, good.subarray(0, length));
      await expect(read(vault)).rejects.toMatchObject({ code: 'CREDENTIALS_CORRUPT' });
    }
    const bad = Buffer.concat([good, Buffer.from('\n')]);
    writeFileSync(path, bad);
    await expect(put(vault, 'w')).rejects.toMatchObject({ code: 'CREDENTIALS_CORRUPT' });
    await expect(vault.delete(token)).rejects.toMatchObject({ code: 'CREDENTIALS_CORRUPT' });
    await expect(vault.rotate()).rejects.toMatchObject({ code: 'CREDENTIALS_CORRUPT' });
    expect(readFileSync(path)).toEqual(bad);
  });

  it('a flipped bit whose digest was put right is found by the MAC', async () => {
    await using vault = new FileVault({ path, keyring });
    await put(vault, 'v');
    const good = readFileSync(path, 'latin1');
    const begin = good.indexOf('\n') + 1;
    const end = good.indexOf('\n', begin);
    for (let at = begin; at < end; at += 1) {
      const changed = String.fromCharCode(good.charCodeAt(at) ^ 1);
      const bad = withDigest(good.slice(0, at) + changed + good.slice(at + 1));
      if (changed === '\n') continue;
      writeFileSync(path, bad, 'latin1');
      await expect(read(vault)).rejects.toMatchObject({
        code: expect.stringMatching(/^CREDENTIALS_/) as string,
      });
    }
  });

  it('entries cannot be swapped, removed, renamed, or brought in from another vault', async () => {
    await using vault = new FileVault({ path, keyring });
    await put(vault, 'one');
    await put(vault, 'two', { skill: 'reports', name: 'other' });
    const good = readFileSync(path, 'utf8');
    const elsewhere = new FileVault({ path: join(folder, 'else.enc'), keyring });
    await put(elsewhere, 'foreign');
    const other = readFileSync(elsewhere.path, 'utf8');
    type Body = { entries: { iv: string; value: string; name: string }[] };
    const body = (text: string) => JSON.parse(text.split('\n')[1]!) as Body;
    const changes: ((changed: Body) => void)[] = [
      ({ entries: [a, b] }) =>
        ([a!.value, b!.value, a!.iv, b!.iv] = [b!.value, a!.value, b!.iv, a!.iv]),
      ({ entries }) => entries.pop(),
      ({ entries }) => (entries[1]!.name = 'z'),
      ({ entries }) => (entries[0] = body(other).entries[0]!),
      ({ entries }) => entries.splice(0),
    ];
    for (const change of changes) {
      const changed = body(good);
      change(changed);
      const [head, , mac] = good.split('\n');
      writeFileSync(path, withDigest(`${head}\n${JSON.stringify(changed)}\n${mac}\n`));
      await expect(read(vault)).rejects.toMatchObject({ code: 'CREDENTIALS_CORRUPT' });
    }
  });

  it('a newer format says so', async () => {
    writeFileSync(path, 'skill-engine-credentials 2 anything\n', { mode: 0o600 });
    await using vault = new FileVault({ path, keyring });
    await expect(read(vault)).rejects.toMatchObject({
      code: 'CREDENTIALS_UNAVAILABLE',
      message: expect.stringContaining('use a newer version') as string,
    });
    await expect(put(vault, 'x')).rejects.toMatchObject({ code: 'CREDENTIALS_UNAVAILABLE' });
    expect(readFileSync(path, 'utf8')).toBe('skill-engine-credentials 2 anything\n');
  });
});

describe('with a keyring', () => {
  it('the key is there and not in the file; without it the file stays locked', async () => {
    await using vault = new FileVault({ path, keyring });
    await put(vault, 'the value');
    expect([...keys.keys()]).toHaveLength(1);
    const [key] = keys.values();
    expect(readFileSync(path, 'utf8')).not.toContain(Buffer.from(key!).toString('base64'));
    keys.clear();
    await using later = new FileVault({ path, keyring });
    await expect(read(later)).rejects.toMatchObject({ code: 'CREDENTIALS_LOCKED' });
    await using without = new FileVault({ path, keyring: null, passphrase: phrase('x') });
    await expect(read(without)).rejects.toMatchObject({
      code: 'CREDENTIALS_LOCKED',
      message: expect.stringContaining('@napi-rs/keyring') as string,
    });
  });

  it('one that does not work is no keyring: a passphrase is asked for', async () => {
    const broken: Keyring = { ...keyring, set: () => Promise.reject(new Error('no session')) };
    await using vault = new FileVault({ path, keyring: broken, passphrase: phrase('one') });
    await put(vault, 'the value');
    expect(await vault.method()).toBe('passphrase');
  });

  it('rotation makes a new key and forgets the old one; values are sealed anew', async () => {
    await using vault = new FileVault({ path, keyring });
    await put(vault, 'the value');
    const before = readFileSync(path, 'utf8');
    const [old] = keys.keys();
    await vault.rotate();
    expect([...keys.keys()]).toHaveLength(1);
    expect([...keys.keys()]).not.toContain(old);
    expect(readFileSync(path, 'utf8')).not.toContain(/"value":"([^"]+)"/.exec(before)![1]!);
    await using later = new FileVault({ path, keyring });
    expect(await read(later)).toBe('the value');
  });
});

it('equal values never look equal, and no IV comes twice', async () => {
  await using vault = new FileVault({ path, keyring });
  const seen = new Set<string>();
  for (let turn = 0; turn < 20; turn += 1) {
    await put(vault, 'same');
    seen.add(/"iv":"([^"]+)"/.exec(readFileSync(path, 'utf8'))![1]!);
  }
  expect(seen.size).toBe(20);
});

it('leaves nothing else in its directory than the file and its lock, both for this user only', async () => {
  await using vault = new FileVault({ path, keyring });
  await put(vault, 'one');
  expect(readdirSync(folder).toSorted()).toEqual(['credentials.enc', 'credentials.enc.lock']);
  for (const name of readdirSync(folder))
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
});
