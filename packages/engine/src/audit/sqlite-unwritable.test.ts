import { spawnSync } from 'node:child_process';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { sampleIntent } from './contract.ts';
import { openSqliteAuditStore } from './sqlite.ts';

const temporary = () => mkdtempDisposable(join(tmpdir(), 'audit-'));
const here = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);

test('a full disk refuses further invocations and loses no earlier record', async () => {
  await using directory = await temporary();
  const path = join(directory.path, 'audit.db');
  // A limit on file size stands for the full disk; without a handler its signal would end the process.
  const program = `
    import { openSqliteAuditStore } from ${here('./sqlite.ts')};
    import { sampleIntent } from ${here('./contract.ts')};
    process.on('SIGXFSZ', () => {});
    const store = await openSqliteAuditStore({ path: process.env.AUDIT_PATH });
    const began = [], refused = [];
    for (let i = 0; i < 200; i++) {
      const intent = sampleIntent({ parameters: { text: 'x'.repeat(4000) } });
      await store.begin(intent).then(
        () => began.push(intent.execution_id),
        (error) => refused.push(error.code + ': ' + error.message),
      );
    }
    console.log(JSON.stringify({ began, refused }));`;
  const args = [
    '--fsize=524288',
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    '--input-type=module',
    '-e',
    program,
  ];
  const { stdout, stderr, status } = spawnSync('prlimit', args, {
    env: { AUDIT_PATH: path },
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const { began, refused } = JSON.parse(stdout) as { began: string[]; refused: string[] };
  expect(began.length).toBeGreaterThan(5);
  expect(refused.length).toBeGreaterThan(5);
  for (const reason of refused) {
    expect(reason).toMatch(
      /^AUDIT_UNAVAILABLE: The audit store could not be written .* so nothing runs\. .*(disk|space)/,
    );
  }
  await using store = await openSqliteAuditStore({ path });
  const { records } = await store.query({ limit: 10_000 });
  const ids = new Set(records.map((record) => record.execution_id));
  expect(began.filter((id) => !ids.has(id))).toEqual([]);
  await store.begin(sampleIntent());
});

test('while another process holds the lock the event loop turns, and the write follows', async () => {
  await using directory = await temporary();
  const path = join(directory.path, 'audit.db');
  await using store = await openSqliteAuditStore({ path });
  using other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  const written = store.begin(sampleIntent());
  // Were this thread blocked by the write, the lock could never be released.
  await new Promise((resolve) => setImmediate(resolve));
  other.exec('COMMIT');
  await written;
  expect((await store.query()).records).toHaveLength(1);
});

test('a lock that is not released refuses the invocation, and the next one works', async () => {
  await using directory = await temporary();
  const path = join(directory.path, 'audit.db');
  await using store = await openSqliteAuditStore({ path, busyTimeoutMs: 50 });
  using other = new DatabaseSync(path);
  other.exec('BEGIN IMMEDIATE');
  await expect(store.begin(sampleIntent())).rejects.toMatchObject({
    code: 'AUDIT_UNAVAILABLE',
    message: expect.stringContaining('Another process holds its lock') as string,
  });
  other.exec('COMMIT');
  await store.begin(sampleIntent());
  expect((await store.query()).records).toHaveLength(1);
});
