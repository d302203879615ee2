import { chmod, link, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { temporary } from '../../../../test/support/audit.ts';
import { sampleIntent, sampleOutcome } from './contract.ts';
import { openSqliteAuditStore, openSqliteReader } from './sqlite.ts';

async function refusal(path: string): Promise<string> {
  const thrown: unknown = await openSqliteAuditStore({ path, busyTimeoutMs: 50 }).then(
    (store) => store.close(),
    (error: unknown) => error,
  );
  expect(thrown).toMatchObject({ name: 'SkillError', code: 'AUDIT_UNAVAILABLE' });
  return (thrown as Error).message;
}

async function create(path: string): Promise<void> {
  await (await openSqliteAuditStore({ path })).close();
}

test.each([
  ['an empty file', (path: string) => writeFile(path, '', { mode: 0o600 })],
  [
    'a database in WAL mode without tables',
    async (path: string) => {
      using db = new DatabaseSync(path);
      db.exec('PRAGMA journal_mode = WAL');
      await chmod(path, 0o600);
    },
  ],
])(
  'a reader of %s, whose writer has just begun, sees nothing, and then what is written',
  async (_, begin) => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.db');
    await begin(path);
    await using reader = openSqliteReader({ path });
    expect((await reader.query()).records).toEqual([]);
    expect(await reader.stats()).toMatchObject({ executions: 0 });
    expect(await reader.entries(0)).toEqual([]);
    await expect(reader.verify()).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    await using store = await openSqliteAuditStore({ path });
    await store.begin(sampleIntent());
    expect((await reader.query()).records).toHaveLength(1);
    expect(await reader.verify()).toMatchObject({ ok: true });
  },
);

describe('the files of the store', () => {
  test('directories 0700, every file 0600, whatever the umask', async () => {
    await using directory = await temporary();
    const path = join(directory.path, 'a', 'b', 'audit.db');
    const umask = process.umask(0);
    try {
      await using store = await openSqliteAuditStore({ path });
      await store.begin(sampleIntent());
      const modeOf = async (name: string) => ((await stat(name)).mode & 0o777).toString(8);
      expect(await modeOf(join(directory.path, 'a'))).toBe('700');
      expect(await modeOf(join(directory.path, 'a', 'b'))).toBe('700');
      for (const suffix of ['', '-wal', '-shm', '.key'])
        expect(await modeOf(path + suffix)).toBe('600');
    } finally {
      process.umask(umask);
    }
  });

  test.each(['', '-wal', '-shm', '-journal', '.key'])(
    'a symbolic link at audit.db%s is refused',
    async (suffix) => {
      await using directory = await temporary();
      const victim = join(directory.path, 'victim');
      await writeFile(victim, 'precious', { mode: 0o600 });
      const path = join(directory.path, 'audit.db');
      await symlink(victim, path + suffix);
      await refusal(path);
      expect(await readFile(victim, 'utf8')).toBe('precious');
    },
  );

  test('a dangling symbolic link is refused and its target not made', async () => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.db');
    await symlink(join(directory.path, 'elsewhere'), path);
    expect(await refusal(path)).toContain('symbolic link');
    await expect(stat(join(directory.path, 'elsewhere'))).rejects.toThrow('ENOENT');
  });

  test('a second name, a file open to others, and a directory are refused', async () => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.db');
    await create(path);
    await link(path, join(directory.path, 'second'));
    expect(await refusal(path)).toContain('hard links');

    const open = join(directory.path, 'open.db');
    await create(open);
    await chmod(open, 0o644);
    expect(await refusal(open)).toContain(`chmod 600 '${open}'`);

    await mkdir(join(directory.path, 'dir.db'));
    expect(await refusal(join(directory.path, 'dir.db'))).toContain('not a regular file');
  });

  test('a directory into which others may write is refused with the way out', async () => {
    await using directory = await temporary();
    await chmod(directory.path, 0o777);
    expect(await refusal(join(directory.path, 'audit.db'))).toContain('chmod go-w');
  });

  test('a place where nothing can be written is refused', async () => {
    await using directory = await temporary();
    await writeFile(join(directory.path, 'file'), '');
    expect(await refusal(join(directory.path, 'file', 'audit.db'))).toContain('nothing runs');
    expect(await refusal('/proc/self/audit/audit.db')).toContain('nothing runs');
  });

  test('what is not an audit store is refused and left as it is', async () => {
    await using directory = await temporary();
    const text = join(directory.path, 'text.db');
    await writeFile(text, 'not a database, but long enough to be looked at '.repeat(100), {
      mode: 0o600,
    });
    expect(await refusal(text)).toContain('not an SQLite database');

    const other = join(directory.path, 'other.db');
    using db = new DatabaseSync(other);
    db.exec('CREATE TABLE precious (a)');
    await chmod(other, 0o600);
    expect(await refusal(other)).toContain('not an audit store');
    expect(db.prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'precious' }]);
  });

  test('a damaged store is refused', async () => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.db');
    await create(path);
    const bytes = await readFile(path);
    bytes.fill(0xff, 100, 4096);
    await writeFile(path, bytes);
    expect(await refusal(path)).toContain('damaged');
  });

  test('a store of a newer version is refused and left as it is', async () => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.db');
    await create(path);
    using db = new DatabaseSync(path);
    db.exec('PRAGMA user_version = 99');
    expect(await refusal(path)).toContain('version 99');
    expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: 99 });
  });

  test('stored entries cannot be changed through the database', async () => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.db');
    await using store = await openSqliteAuditStore({ path });
    const intent = sampleIntent();
    await store.begin(intent);
    await store.finish(sampleOutcome(intent.execution_id));
    using db = new DatabaseSync(path);
    expect(() => db.exec("UPDATE entry SET body = '{}'")).toThrow('never changed');
  });
});

describe('the key of the digests', () => {
  test('is made once, shared by all that open the store, and not in the database', async () => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.db');
    const stores = await Promise.all([1, 2, 3].map(() => openSqliteAuditStore({ path })));
    const digests = new Set(stores.map((store) => store.digest({ a: 1 })));
    await Promise.all(stores.map((store) => store.close()));
    expect(digests.size).toBe(1);
    const key = await readFile(`${path}.key`);
    expect(key).toHaveLength(32);
    expect((await readFile(path)).includes(key)).toBe(false);
  });

  test('differs from store to store', async () => {
    await using directory = await temporary();
    await using one = await openSqliteAuditStore({ path: join(directory.path, 'one.db') });
    await using two = await openSqliteAuditStore({ path: join(directory.path, 'two.db') });
    expect(one.digest(1)).not.toBe(two.digest(1));
  });

  test('of a wrong size is refused', async () => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.db');
    await writeFile(`${path}.key`, 'short', { mode: 0o600 });
    expect(await refusal(path)).toContain('5 bytes instead of 32');
  });
});
