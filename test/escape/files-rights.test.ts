/** FS-10 … FS-19: what a grant allows, what `forbidden` takes away, and what neither link nor rename gets around. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { attempts, type Bench, countTurns, openBench } from './harness.ts';

let bench: Bench;
let read: string;
let write: string;
beforeAll(async () => {
  bench = await openBench();
  read = join(bench.folder, 'ro');
  write = join(bench.folder, 'rw');
  for (const folder of [read, write]) mkdirSync(join(folder, 'sub'), { recursive: true });
  writeFileSync(join(read, 'doc'), 'ORIGINAL');
  const filesystem = `filesystem = ["read:${read}", "write:${write}"]`;
  await bench.install('probe', `[skills.capabilities]\n${filesystem}\n`, 'both');
});
afterAll(() => bench[Symbol.asyncDispose]());

/** Names, types, sizes, times and contents of the read grant. */
function fingerprint(): string[] {
  return readdirSync(read, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((name) => {
      const { mode, nlink, size, mtimeNs, ctimeNs } = lstatSync(join(read, name), { bigint: true });
      return [name, mode, nlink, size, mtimeNs, ctimeNs].join(' ');
    });
}

const file = "const file = ro.openAt({}, 'doc', {}, { read: true });";

describe('a read grant is read-only through every operation', () => {
  let before: string[];
  beforeEach(() => {
    before = fingerprint();
  });

  it.each<[string, Record<string, string>]>([
    [
      'FS-10 truncate at opening',
      {
        'read only': "ro.openAt({}, 'doc', { truncate: true }, { read: true })",
        'through a link':
          "ro.openAt({ symlinkFollow: true }, 'doc', { truncate: true }, { read: true })",
        create: "ro.openAt({}, 'new', { create: true }, { read: true })",
        write: "ro.openAt({}, 'doc', {}, { read: true, write: true })",
      },
    ],
    [
      'FS-12 times',
      {
        descriptor: `${file} file.setTimes({ tag: 'now' }, { tag: 'now' })`,
        path: "ro.setTimesAt({}, 'doc', { tag: 'now' }, { tag: 'now' })",
        directory: "ro.setTimes({ tag: 'now' }, { tag: 'now' })",
      },
    ],
    [
      'FS-13 contents',
      {
        size: `${file} file.setSize(0)`,
        write: `${file} file.write(new Uint8Array(1), 0)`,
        stream: `${file} file.writeViaStream(0)`,
        append: `${file} file.appendViaStream()`,
        sync: `${file} file.syncData()`,
      },
    ],
    [
      'FS-14 names',
      {
        mkdir: "ro.createDirectoryAt('made')",
        rmdir: "ro.removeDirectoryAt('sub')",
        unlink: "ro.unlinkFileAt('doc')",
        symlink: "ro.symlinkAt('doc', 'link')",
        rename: "ro.renameAt('doc', ro, 'other')",
        link: "ro.linkAt({}, 'doc', ro, 'hard')",
        'rename in':
          "rw.openAt({}, 'mine', { create: true }, { write: true }); rw.renameAt('mine', ro, 'mine')",
      },
    ],
    [
      'FS-15 a name of it in a grant that may be written',
      {
        link: "ro.linkAt({}, 'doc', rw, 'alias')",
        'link of a link':
          "rw.symlinkAt('../ro/doc', 'way'); rw.linkAt({ symlinkFollow: true }, 'way', rw, 'alias')",
        rename: "ro.renameAt('doc', rw, 'alias')",
        'write through an alias':
          "const alias = rw.openAt({ symlinkFollow: true }, '../ro/doc', {}, { write: true }); alias.write(utf8.encode('TAMPERED'), 0)",
      },
    ],
  ])('%s', async (_, bodies) => {
    const { value, turns } = await countTurns(() => attempts(bench, 'both', bodies));
    for (const [name, error] of Object.entries(value.errors)) {
      expect([name, typeof error]).toEqual([name, 'string']);
      expect(['read-only', 'not-permitted', 'cross-device', 'bad-descriptor']).toContain(error);
    }
    expect(fingerprint()).toEqual(before);
    expect(readFileSync(join(read, 'doc'), 'utf8')).toBe('ORIGINAL');
    expect(existsSync(join(write, 'alias'))).toBe(false);
    expect(turns).toBeGreaterThan(0);
    await bench.soundSkillRuns();
  });

  it('is told in the record', async () => {
    const { executionId } = await attempts(bench, 'both', { unlink: "ro.unlinkFileAt('doc')" });
    const record = await bench.engine.audit.get(executionId);
    expect(record?.denials).toMatchObject([{ code: 'FILESYSTEM_READ_ONLY' }]);
  });
});

it('FS-17 forbidden beats the grant, by every spelling and every road', async () => {
  const folder = join(bench.folder, 'project');
  mkdirSync(join(folder, '.git'), { recursive: true });
  mkdirSync(join(folder, 'src'));
  writeFileSync(join(folder, '.git/config'), 'SECRET');
  writeFileSync(join(folder, 'src/main'), 'open');
  symlinkSync('../.git', join(folder, 'src/history'));
  const skill = await bench.install(
    'probe',
    `[skills.capabilities.filesystem]\nwrite = ["${folder}"]\nforbidden = ["${folder}/.git"]\n`,
    'forbidden',
  );
  const open = (path: string) =>
    `dirs[0].openAt({ symlinkFollow: true }, ${JSON.stringify(path)}, {}, { read: true })`;
  const paths = [
    '.git/config',
    '.git/',
    './.git/config',
    '.GIT/config',
    'src/../.git/config',
    'src/history/config',
    '.git./config',
    '.git /config',
    '.gi\u200bt/config',
    '\uff0egit/config',
  ];
  const bodies = Object.fromEntries(paths.map((path) => [path, open(path)]));
  const { errors, denials } = await attempts(bench, skill, {
    ...bodies,
    'by its parent': `const src = dirs[0].openAt({}, 'src', {}, { read: true }); src.openAt({ symlinkFollow: true }, 'history', {}, { read: true })`,
    rename: "dirs[0].renameAt('.git', dirs[0], 'mine')",
    link: "dirs[0].linkAt({}, '.git/config', dirs[0], 'mine')",
    'a name for its parent':
      "dirs[0].symlinkAt('.git', 'mine'); dirs[0].openAt({ symlinkFollow: true }, 'mine/config', {}, { read: true })",
    control:
      "if (utf8.decode(dirs[0].openAt({}, 'src/main', {}, { read: true }).read(9, 0)[0]) === 'open') throw 'readable'",
  });
  const { control, ...refused } = errors;
  expect(control).toContain('readable');
  for (const [path, error] of Object.entries(refused)) {
    expect({ path, refused: error !== 'done' }).toEqual({ path, refused: true });
  }
  expect(denials.map(({ code }) => code)).toContain('FILESYSTEM_FORBIDDEN');
  expect(readFileSync(join(folder, '.git/config'), 'utf8')).toBe('SECRET');
  await bench.soundSkillRuns();
});

describe('FS-19 grants that overlap, are missing, or are links', () => {
  it('the most specific grant decides, through either preopen', async () => {
    const outer = join(bench.folder, 'nested');
    mkdirSync(join(outer, 'inner'), { recursive: true });
    writeFileSync(join(outer, 'inner/doc'), 'ORIGINAL');
    const skill = await bench.install(
      'probe',
      `[skills.capabilities]\nfilesystem = ["write:${outer}", "read:${outer}/inner"]\n`,
      'nested',
    );
    const { errors } = await attempts(bench, skill, {
      outer:
        "dirs.find(({}, at) => names[at].endsWith('nested')).openAt({}, 'inner/doc', {}, { write: true })",
      inner:
        "dirs.find(({}, at) => names[at].endsWith('inner')).openAt({}, 'doc', {}, { write: true })",
      beside:
        "dirs.find(({}, at) => names[at].endsWith('nested')).openAt({}, 'free', { create: true }, { write: true })",
    });
    expect(errors).toEqual({ outer: 'read-only', inner: 'read-only', beside: 'done' });
  });

  it('a missing path gives no preopen, and nothing is made for it', async () => {
    const missing = join(bench.folder, 'not-there');
    const skill = await bench.install(
      'probe',
      `[skills.capabilities]\nfilesystem = ["write:${missing}"]\n`,
      'missing',
    );
    const { errors } = await attempts(bench, skill, { count: 'throw String(dirs.length)' });
    expect(errors['count']).toContain('0');
    expect(existsSync(missing)).toBe(false);
  });

  it('a grant that is a link serves the directory that it led to, and nothing above', async () => {
    const link = join(bench.folder, 'a-link');
    symlinkSync(write, link);
    await expect(
      bench.install('probe', `[skills.capabilities]\nfilesystem = ["read:${link}"]\n`, 'linked'),
    ).resolves.toBe('linked');
    const { errors } = await attempts(bench, 'linked', {
      leave: "dirs[0].openAt({ symlinkFollow: true }, '../ro/doc', {}, { read: true })",
    });
    expect(errors['leave']).toBe('not-permitted');
  });

  it.each(['read:', 'read', 'write:', 'execute:/bin'])(
    'the grant %j is no grant',
    async (grant) => {
      const loading = bench.install(
        'probe',
        `[skills.capabilities]\nfilesystem = ["${grant}"]\n`,
        'no-grant',
      );
      await expect(loading).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
    },
  );
});
