/** CRD-07: the file on the disk, against its surroundings and against other writers. */
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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

/** Only root can make devices and give files away. */
const isRoot = process.getuid?.() === 0;
const run = (...args: [string, ...string[]]) => execFileSync(args[0], args.slice(1));
const stranger = 12_345;

/** In place of the file itself, which is moved away first. */
const instead: [string, string, () => unknown][] = [
  ['a symbolic link', 'symbolic link', () => symlinkSync(`${path}.real`, path)],
  ['a symbolic link to nothing', 'symbolic link', () => symlinkSync(`${path}.none`, path)],
  ['a symbolic link to a device', 'symbolic link', () => symlinkSync('/dev/zero', path)],
  ['a directory', 'not a regular file', () => mkdirSync(path)],
  ['a FIFO, without waiting for a writer', 'not a regular file', () => run('mkfifo', path)],
  ['a socket', 'cannot be opened (ENXIO)', () => listen(path)],
  ...(isRoot
    ? ([
        ['a device', 'not a regular file', () => run('mknod', path, 'c', '1', '5')],
        [
          "another user's file, whatever is in it",
          'belongs to user 12345',
          () => {
            copyFileSync(`${path}.real`, path);
            chownSync(path, stranger, stranger);
          },
        ],
      ] as [string, string, () => unknown][])
    : []),
];

/** Around the file, which stays. */
const around: [string, string, () => unknown][] = [
  ['a hard link', 'hard links', () => linkSync(path, join(folder, 'copy'))],
  ['readable by the group', 'chmod 600', () => chmodSync(path, 0o640)],
  ['writable by others', 'chmod 600', () => chmodSync(path, 0o602)],
  ['a folder that its group may write into', 'chmod go-w', () => chmodSync(folder, 0o770)],
  ['a folder that others may write into', 'chmod go-w', () => chmodSync(folder, 0o777)],
  ['a folder like that for temporary files', 'chmod go-w', () => chmodSync(folder, 0o1777)],
  ...(isRoot
    ? ([
        ["another user's folder", 'belongs to user 12345', () => chownSync(folder, stranger, 0)],
      ] as [string, string, () => unknown][])
    : []),
];

/** In place of the lock, which only writers take. */
const locks: [string, string, () => unknown][] = [
  ['a link', 'symbolic link', () => symlinkSync('/etc/hostname', `${path}.lock`)],
  ['a directory', 'not a regular file', () => mkdirSync(`${path}.lock`)],
  ['a FIFO', 'not a regular file', () => run('mkfifo', `${path}.lock`)],
  ['a second name of another file', 'hard links', () => linkSync(path, `${path}.lock`)],
  [
    'open to others',
    'chmod 600',
    () => {
      writeFileSync(`${path}.lock`, '');
      chmodSync(`${path}.lock`, 0o666);
    },
  ],
  // Not waited for, as another writer is: that would end in a message about one.
  [
    'no lock, and will not become one',
    'their lock cannot be taken (file is not a database)',
    () => writeFileSync(`${path}.lock`, 'x'.repeat(4096), { mode: 0o600 }),
  ],
];

function listen(at: string): Promise<unknown> {
  const server = createServer().unref();
  return new Promise((done) => server.listen(at, () => done(undefined)));
}

describe('refused, and left as it is', () => {
  const refusal = (says: string) => ({
    code: 'CREDENTIALS_UNAVAILABLE',
    message: expect.stringContaining(says) as string,
  });

  it.each(instead)('%s in its place, by readers and writers', async (_, says, make) => {
    await put('kept');
    renameSync(path, `${path}.real`);
    const before = readFileSync(`${path}.real`);
    await make();
    const made = lstatSync(path);
    await expect(read()).rejects.toMatchObject(refusal(says));
    await expect(put('new')).rejects.toMatchObject(refusal(says));
    expect(lstatSync(path)).toMatchObject({ ino: made.ino, mode: made.mode, uid: made.uid });
    expect(readFileSync(`${path}.real`)).toEqual(before);
    expect(existsSync(`${path}.none`)).toBe(false);
  });

  it.each(around)('%s, by readers and writers', async (_, says, change) => {
    await put('kept');
    const before = readFileSync(path);
    await change();
    await expect(put('new')).rejects.toMatchObject(refusal(says));
    await expect(read()).rejects.toMatchObject(refusal(says));
    expect(readFileSync(path)).toEqual(before);
    chmodSync(folder, 0o700);
  });

  it.each(locks)('a lock that is %s, by writers', async (_, says, change) => {
    await put('kept');
    const before = readFileSync(path);
    rmSync(`${path}.lock`);
    await change();
    await expect(put('new')).rejects.toMatchObject(refusal(says));
    expect(readFileSync(path)).toEqual(before);
  });

  it('a file where a folder should be', async () => {
    writeFileSync(join(folder, 'file'), '');
    path = join(folder, 'file', 'credentials.enc');
    await expect(put('new')).rejects.toMatchObject(refusal('cannot be made (EEXIST)'));
    await expect(read()).rejects.toMatchObject(refusal('cannot be opened (ENOTDIR)'));
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('');
  });

  it('what a draft of another program is named like harms nobody', async () => {
    mkdirSync(`${path}.0.draft`);
    await put('kept');
    expect(await read()).toBe('kept');
  });

  it('a folder that is reached over a link of its owner is as good as any', async () => {
    mkdirSync(join(folder, 'real'), { mode: 0o700 });
    symlinkSync('real', join(folder, 'linked'));
    path = join(folder, 'linked', 'credentials.enc');
    await put('kept');
    expect(await read()).toBe('kept');
    expect(statSync(join(folder, 'real/credentials.enc')).mode & 0o777).toBe(0o600);
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
function writer(from: number, count: number, before = '', after = ''): ReturnType<typeof spawn> {
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
    }
    ${after}`;
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

it.runIf(existsSync('/proc/self/coredump_filter') && existsSync('/usr/bin/prlimit'))(
  'a process that has opened a vault dumps no core, by its limit and by what a dump may have',
  async () => {
    await put('v');
    const print = `
      const { readFileSync } = await import('node:fs');
      console.log(readFileSync('/proc/self/coredump_filter', 'utf8').trim());
      console.log(/^Max core file size.*$/m.exec(readFileSync('/proc/self/limits', 'utf8'))[0]);`;
    const opens = writer(0, 1, '', print);
    let said = '';
    opens.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    expect(await exit(opens)).toBe(0);
    expect(said).toMatch(/^00000000\nMax core file size\s+0\s+0\s/m);
  },
);

it('an unreadable file is never taken for a missing one', async () => {
  await put('kept');
  writeFileSync(path, '');
  await expect(put('new')).rejects.toMatchObject({ code: 'CREDENTIALS_CORRUPT' });
  expect(readFileSync(path, 'utf8')).toBe('');
});
