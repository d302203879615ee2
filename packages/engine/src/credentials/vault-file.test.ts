/** CRD-07: the file on the disk, against its surroundings and against other writers. */
import { execFile, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forbidCoreDumps } from './core-dump.ts';
import { Secret } from './secret.ts';
import { FileVault } from './vault.ts';

let folder: string;
let path: string;
const key = new Uint8Array(32).fill(7);
let stored: Uint8Array = key;
const keyring = {
  get: async () => stored.slice(),
  set: async (_: string, made: Uint8Array) => void (stored = made.slice()),
  delete: async () => {},
};
const token = { skill: 'reports', name: 'api_token' };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skill-vault-'));
  path = join(folder, 'credentials.enc');
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = () => new FileVault({ path, keyring });

async function put(text: string, name = token.name): Promise<void> {
  await using vault = open();
  using secret = Secret.fromText(text);
  await vault.set({ ...token, name }, secret);
}

async function read(name = token.name): Promise<string | undefined> {
  await using vault = open();
  using secret = await vault.get({ ...token, name });
  return secret?.use((bytes) => Buffer.from(bytes).toString());
}

describe('refused, and left as it is', () => {
  const cases: [string, string, () => void][] = [
    [
      'a symbolic link',
      'symbolic link',
      () => {
        renameSync(path, `${path}.real`);
        symlinkSync(`${path}.real`, path);
      },
    ],
    ['a hard link', 'hard links', () => linkSync(path, join(folder, 'copy'))],
    ['readable by the group', 'chmod 600', () => chmodSync(path, 0o640)],
    ['writable by others', 'chmod 600', () => chmodSync(path, 0o602)],
    ['a directory that others may write into', 'chmod go-w', () => chmodSync(folder, 0o777)],
    [
      'a lock that is a link',
      'symbolic link',
      () => {
        rmSync(`${path}.lock`);
        symlinkSync('/etc/hostname', `${path}.lock`);
      },
    ],
  ];
  it.each(cases)('%s', async (name, says, change) => {
    await put('kept');
    const before = readFileSync(path);
    change();
    const refusal = {
      code: 'CREDENTIALS_UNAVAILABLE',
      message: expect.stringContaining(says) as string,
    };
    await expect(put('new')).rejects.toMatchObject(refusal);
    if (!/directory|lock/.test(name)) await expect(read()).rejects.toMatchObject(refusal);
    expect(readFileSync(path)).toEqual(before);
    chmodSync(folder, 0o700);
  });

  it('a directory in its place', async () => {
    path = join(folder, 'sub');
    await promisify(execFile)('mkdir', [path]);
    await expect(read()).rejects.toMatchObject({ code: 'CREDENTIALS_UNAVAILABLE' });
  });
});

it.each([0o000, 0o777])('has mode 0600 under umask %o', async (mask) => {
  const before = process.umask(mask);
  try {
    chmodSync(folder, 0o700);
    await put('v');
  } finally {
    process.umask(before);
  }
  for (const name of [path, `${path}.lock`]) expect(statSync(name).mode & 0o777).toBe(0o600);
});

/** A process that writes entries; `after` is code that runs in it before each rename. */
function writer(from: number, count: number, before = ''): ReturnType<typeof spawn> {
  const vault = resolve('packages/engine/src/credentials/vault.ts');
  const secret = resolve('packages/engine/src/credentials/secret.ts');
  const code = `
    import fs from 'node:fs/promises';
    import { syncBuiltinESMExports } from 'node:module';
    const rename = fs.rename;
    let renames = 0;
    fs.rename = async (...args) => { renames += 1; ${before} return rename(...args); };
    syncBuiltinESMExports();
    const { FileVault } = await import(${JSON.stringify(vault)});
    const { Secret } = await import(${JSON.stringify(secret)});
    const key = Uint8Array.from(${JSON.stringify([...stored])});
    const keyring = { get: async () => key.slice(), set: async () => {}, delete: async () => {} };
    const vault = new FileVault({ path: ${JSON.stringify(path)}, keyring });
    for (let at = ${from}; at < ${from + count}; at += 1) {
      await vault.set({ skill: 'reports', name: 'k' + at }, Secret.fromText('value ' + at));
      console.log('k' + at);
    }`;
  return spawn(process.execPath, ['--input-type=module', '-e', code], {
    // What is made to fail says so there.
    stdio: ['ignore', 'pipe', before === '' ? 'inherit' : 'ignore'],
  });
}

const exit = (child: ReturnType<typeof spawn>) =>
  new Promise<number | null>((done) => child.once('close', (code) => done(code)));

it('several processes that write at once lose nothing', async () => {
  await put('first');
  const codes = await Promise.all([0, 1, 2, 3].map((one) => exit(writer(one * 100, 8))));
  expect(codes).toEqual([0, 0, 0, 0]);
  for (const one of [0, 1, 2, 3]) {
    for (let at = 0; at < 8; at += 1)
      expect(await read(`k${one * 100 + at}`)).toBe(`value ${one * 100 + at}`);
  }
  expect(await read()).toBe('first');
});

it('writers of one process take turns, too', async () => {
  await Promise.all(Array.from({ length: 10 }, (_, at) => put(`value ${at}`, `k${at}`)));
  for (let at = 0; at < 10; at += 1) expect(await read(`k${at}`)).toBe(`value ${at}`);
});

it('a writer that dies just before or after the rename leaves the old file or the new one, and no lock', async () => {
  await put('first');
  const dies = writer(0, 3, 'if (renames === 2) process.kill(process.pid, "SIGKILL");');
  let said = '';
  dies.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await exit(dies);
  expect(said.trim()).toBe('k0');
  expect(readdirSync(folder).some((name) => name.endsWith('.draft'))).toBe(true);
  expect(await read('k0')).toBe('value 0');
  expect(await read('k1')).toBeUndefined();
  await put('next', 'k1');
  expect(await read('k1')).toBe('next');
  expect(readdirSync(folder).filter((name) => name.endsWith('.draft'))).toEqual([]);
});

it('a write that fails leaves the old file', async () => {
  await put('kept');
  const fails = writer(0, 1, 'throw Object.assign(new Error("full"), { code: "ENOSPC" });');
  expect(await exit(fails)).not.toBe(0);
  expect(await read()).toBe('kept');
});

it.runIf(existsSync('/proc/self/limits') && existsSync('/usr/bin/prlimit'))(
  'a process that has opened a vault dumps no core',
  async () => {
    await put('v');
    await forbidCoreDumps();
    expect(readFileSync('/proc/self/limits', 'utf8')).toMatch(/^Max core file size\s+0\s+0\s/m);
  },
);

it('an unreadable file is never taken for a missing one', async () => {
  await put('kept');
  writeFileSync(path, '');
  await expect(put('new')).rejects.toMatchObject({ code: 'CREDENTIALS_CORRUPT' });
  expect(readFileSync(path, 'utf8')).toBe('');
});
