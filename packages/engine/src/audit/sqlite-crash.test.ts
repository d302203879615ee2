import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { temporary } from '../../../../test/support/audit.ts';
import { sampleIntent } from './contract.ts';
import type { AuditRecord } from './record.ts';
import { openSqliteAuditStore } from './sqlite.ts';
import type { AuditStore } from './store.ts';

const here = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);

const prelude = `
import { writeSync } from 'node:fs';
import { openSqliteAuditStore } from ${here('./sqlite.ts')};
import { sampleIntent, sampleOutcome } from ${here('./contract.ts')};
const store = await openSqliteAuditStore({ path: process.env.AUDIT_PATH });
// The pipe does not block: while its reader is slow, it is full.
function say(line) {
  for (;;) {
    try {
      return writeSync(1, line + '\\n');
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
async function invocation(more = {}) {
  const intent = sampleIntent(more);
  await store.begin(intent);
  say('began ' + intent.execution_id);
  await store.finish(sampleOutcome(intent.execution_id));
  say('finished ' + intent.execution_id);
}
`;

/** A process that runs the program with the store open; its lines of output come as they are written. */
function run(program: string, path: string) {
  const args = [
    '--disable-warning=ExperimentalWarning',
    '--input-type=module',
    '-e',
    prelude + program,
  ];
  const child = spawn(process.execPath, args, {
    env: { AUDIT_PATH: path },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const ended = once(child, 'close');
  const lines = () => text.split('\n').slice(0, -1);
  const saw = async (count: number) => {
    while (lines().length < count) await once(child.stdout, 'data');
  };
  return { child, ended, lines, saw };
}

const idsOf = (lines: readonly string[], word: string): string[] =>
  lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));

async function all(store: AuditStore): Promise<Map<string, AuditRecord>> {
  const records = new Map<string, AuditRecord>();
  let cursor: string | undefined;
  do {
    const page = await store.query({ limit: 10_000, ...(cursor === undefined ? {} : { cursor }) });
    for (const record of page.records) {
      // Ids are unique: nothing is written over.
      if (records.has(record.execution_id))
        throw new Error(`${record.execution_id} is there twice`);
      records.set(record.execution_id, record);
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  return records;
}

/** How many processes are killed; more for a long run. */
const KILLS = Number(process.env['AUDIT_KILLS'] ?? '8');
const RECORDS = Number(process.env['AUDIT_RECORDS'] ?? '200');

describe('a process killed with SIGKILL', () => {
  test('loses no acknowledged record, and its open invocations become interrupted', async () => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.db');
    const began: string[] = [];
    const finished: string[] = [];
    for (let round = 0; round < KILLS; round++) {
      const loop = 'for (;;) await invocation();';
      const { child, ended, lines, saw } = run(
        `await Promise.all([1, 2, 3, 4].map(async () => { ${loop} }));`,
        path,
      );
      await saw(5);
      await sleep(Math.random() * 60);
      child.kill('SIGKILL');
      await ended;
      began.push(...idsOf(lines(), 'began'));
      finished.push(...idsOf(lines(), 'finished'));
    }
    await using store = await openSqliteAuditStore({ path });
    const records = await all(store);
    expect(await store.verify()).toMatchObject({ ok: true, records: records.size });
    const missing = began.filter((id) => !records.has(id));
    expect(missing).toEqual([]);
    expect(finished.filter((id) => records.get(id)?.status !== 'success')).toEqual([]);
    const statuses = new Set([...records.values()].map((record) => record.status));
    expect([...statuses].toSorted()).toEqual(['interrupted', 'success']);
    expect(finished.length).toBeGreaterThan(8);
    expect(new Set(began).size).toBe(began.length);
    if (process.env['AUDIT_KILLS'] !== undefined) {
      console.log({ kills: KILLS, begun: began.length, ended: finished.length, missing: 0 });
    }
  });

  test('its interrupted record says so once, and stays so', async () => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.db');
    const { child, ended, lines, saw } = run(
      `const intent = sampleIntent(); await store.begin(intent); say('began ' + intent.execution_id);
       setInterval(() => {}, 1000);`,
      path,
    );
    await saw(1);
    const [id] = idsOf(lines(), 'began') as [string];
    {
      // Opening while it lives does not touch what it runs.
      await using store = await openSqliteAuditStore({ path });
      expect((await store.get(id))?.status).toBe('running');
    }
    child.kill('SIGKILL');
    await ended;
    for (let time = 0; time < 2; time++) {
      await using store = await openSqliteAuditStore({ path });
      const record = await store.get(id);
      expect(record).toMatchObject({ status: 'interrupted', duration_ms: null });
      expect(record?.error_message).toContain('ended before it recorded an outcome');
      expect((await store.query()).records).toHaveLength(1);
    }
  });
});

describe('several processes with one store', () => {
  test('eight writers: every record of each is there, none is marked by another', async () => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.db');
    const writers = Array.from({ length: 8 }, (_, n) =>
      run(
        `for (let i = 0; i < ${RECORDS / 8}; i++) await Promise.all(Array.from({ length: 8 }, () => invocation({ user: 'w${n}' })));
         await store.close();`,
        path,
      ),
    );
    const codes = await Promise.all(writers.map(({ ended }) => ended));
    expect(codes.map(([code]) => code)).toEqual(writers.map(() => 0));
    await using store = await openSqliteAuditStore({ path });
    const records = await all(store);
    expect(records.size).toBe(8 * RECORDS);
    expect(await store.verify()).toMatchObject({ ok: true, records: records.size });
    expect(new Set([...records.values()].map((record) => record.status))).toEqual(
      new Set(['success']),
    );
    for (const { lines } of writers) {
      expect(idsOf(lines(), 'finished').filter((id) => !records.has(id))).toEqual([]);
    }
  });
});

test('a process that ends by itself while the store is open and idle is not kept alive by it', async () => {
  await using directory = await temporary();
  const { ended, lines } = run(
    'await invocation(); await store.query();',
    join(directory.path, 'audit.db'),
  );
  expect(await ended).toEqual([0, null]);
  expect(lines()).toHaveLength(2);
});

test('an invocation of this process stays running when the store is opened a second time', async () => {
  await using directory = await temporary();
  const path = join(directory.path, 'audit.db');
  await using first = await openSqliteAuditStore({ path });
  const intent = sampleIntent();
  await first.begin(intent);
  await using second = await openSqliteAuditStore({ path });
  expect((await second.get(intent.execution_id))?.status).toBe('running');
});
