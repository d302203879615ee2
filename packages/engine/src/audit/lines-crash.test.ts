import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { temporary } from '../../../../test/support/audit.ts';
import { sampleIntent, sampleOutcome } from './contract.ts';
import { openAuditReader } from './disk.ts';
import { verifyJsonLinesAudit } from './lines-verify-file.ts';
import { type JsonLinesAuditOptions, openJsonLinesAuditStore } from './lines.ts';

const here = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);

const program = `
import { writeSync } from 'node:fs';
import { openJsonLinesAuditStore } from ${here('./lines.ts')};
import { sampleIntent, sampleOutcome } from ${here('./contract.ts')};
const options = JSON.parse(process.env.AUDIT_OPTIONS);
const store = await openJsonLinesAuditStore({ path: process.env.AUDIT_PATH, busyTimeoutMs: 0, ...options });
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
await Promise.all([1, 2, 3, 4].map(async () => {
  for (;;) {
    const intent = sampleIntent();
    await store.begin(intent);
    say('began ' + intent.execution_id);
    await store.finish(sampleOutcome(intent.execution_id));
    say('finished ' + intent.execution_id);
  }
}));`;

/** How many processes are killed; more for a long run. */
const KILLS = Number(process.env['AUDIT_KILLS'] ?? '3');

/** How often a store is looked at while it is written. */
const LOOKS = Number(process.env['AUDIT_LOOKS'] ?? '60');

/** Files of a few entries: most kills hit a rotation or what is near one. */
const rotate = { bytes: 3000 };
const variants: [string, Partial<JsonLinesAuditOptions>][] = [
  ['one file', {}],
  ['files that rotate', { rotate }],
  ['files that rotate and are removed', { rotate, retention: { maxRecords: 40 } }],
];

test.each(variants)(
  'a killed writer of JSON lines, %s, loses no acknowledged record, and leaves no lock',
  async (_, options) => {
    await using directory = await temporary();
    const path = join(directory.path, 'audit.jsonl');
    const began: string[] = [];
    const finished: string[] = [];
    for (let round = 0; round < KILLS; round += 1) {
      const child = spawn(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program],
        {
          env: { AUDIT_PATH: path, AUDIT_OPTIONS: JSON.stringify(options) },
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      const ended = once(child, 'close');
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      while (text.split('\n').length < 6) await once(child.stdout, 'data');
      await sleep(Math.random() * 30);
      child.kill('SIGKILL');
      await ended;
      expect(await verifyJsonLinesAudit({ path })).toMatchObject({ ok: true });
      for (const line of text.split('\n').slice(0, -1)) {
        const [word, id = ''] = line.split(' ');
        (word === 'began' ? began : finished).push(id);
      }
    }
    await using store = await openJsonLinesAuditStore({ path, busyTimeoutMs: 0, ...options });
    const { ok, records } = await store.verify();
    const { executions, statuses } = await store.stats();
    expect({ ok, records }).toEqual({ ok: true, records: executions });
    expect(Object.keys(statuses).filter((status) => status !== 'interrupted')).toEqual(['success']);
    expect(new Set(began).size).toBe(began.length);
    // Retention removes a beginning, and nothing behind it.
    const there = await Promise.all(began.map(async (id) => (await store.get(id))?.execution_id));
    const removed = options.retention === undefined ? 0 : there.findIndex((id) => id !== undefined);
    expect(there.slice(removed)).toEqual(began.slice(removed));
    const left = new Set(began.slice(removed));
    for (const id of finished.filter((one) => left.has(one))) {
      expect((await store.get(id))?.status).toBe('success');
    }
    expect(executions).toBeGreaterThanOrEqual(Math.min(began.length, 40));
    expect(finished.length).toBeGreaterThan(KILLS);
  },
);

test('while another process closes and removes files, what is read is always one whole record', async () => {
  await using directory = await temporary();
  const path = join(directory.path, 'audit.jsonl');
  const options = { rotate: { bytes: 1500 }, retention: { maxRecords: 10 }, durability: 'process' };
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program],
    {
      env: { AUDIT_PATH: path, AUDIT_OPTIONS: JSON.stringify(options) },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = once(child, 'close');
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  while (text.split('\n').length < 40) await once(child.stdout, 'data');
  await using reader = openAuditReader({ path });
  const heads = new Set<number>();
  for (let look = 0; look < LOOKS; look += 1) {
    const { broken, head } = await verifyJsonLinesAudit({ path });
    expect(broken).toBeUndefined();
    heads.add(head.seq);
    const { records } = await reader.query({ limit: 5 });
    expect(records.length).toBe(5);
  }
  child.kill('SIGKILL');
  await ended;
  // It was not one file that was looked at all the time.
  expect(heads.size).toBeGreaterThan(LOOKS / 3);
});

test('what a crash left of a line is cut off, at every length, and writing goes on', async () => {
  await using directory = await temporary();
  const path = join(directory.path, 'audit.jsonl');
  {
    await using store = await openJsonLinesAuditStore({ path });
    await store.begin(sampleIntent({ execution_id: 'a' }));
    await store.finish(sampleOutcome('a'));
  }
  const line = (await readFile(path)).subarray(0, -1);
  for (const torn of [line.subarray(0, 1), line.subarray(0, 200), line, Buffer.alloc(4096)]) {
    const before = await readFile(path);
    await appendFile(path, torn.subarray(Math.max(0, torn.lastIndexOf(10) + 1)));
    await using store = await openJsonLinesAuditStore({ path });
    expect(await readFile(path)).toEqual(before);
    const intent = sampleIntent();
    await Promise.all([store.begin(intent), store.finish(sampleOutcome(intent.execution_id))]);
    expect(await store.verify()).toMatchObject({ ok: true });
  }
});
