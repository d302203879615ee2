import { existsSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { beginOnFullDisk, temporary } from '../../../../test/support/audit.ts';
import { sampleIntent, sampleOutcome } from './contract.ts';
import { verifyJsonLinesAudit } from './lines-verify-file.ts';
import { openJsonLinesAuditStore } from './lines.ts';

test('a full disk refuses further invocations, leaves no half line, and loses no earlier record', async () => {
  await using directory = await temporary();
  const path = join(directory.path, 'audit.jsonl');
  const began = beginOnFullDisk('lines.ts#openJsonLinesAuditStore', path, {
    bytes: 131_072,
    times: 60,
  });
  expect(await verifyJsonLinesAudit({ path })).toMatchObject({ ok: true, records: began.length });
  await using store = await openJsonLinesAuditStore({ path });
  const { records } = await store.query({ limit: 10_000 });
  expect(new Set(records.map((record) => record.execution_id))).toEqual(new Set(began));
  await store.begin(sampleIntent());
});

test('a file that cannot be closed refuses further invocations until it can', async () => {
  await using directory = await temporary();
  const path = join(directory.path, 'audit.jsonl');
  await using store = await openJsonLinesAuditStore({ path, rotate: { bytes: 1000 } });
  const run = async (id: string) => {
    await store.begin(sampleIntent({ execution_id: id }));
    await store.finish(sampleOutcome(id));
  };
  await run('first');
  // What is in the way of the new file is nothing that may be removed.
  mkdirSync(`${path}.next`);
  await expect(store.begin(sampleIntent())).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
  expect(await store.verify()).toMatchObject({ ok: true, records: 1 });
  expect((await store.get('first'))?.status).toBe('success');
  rmdirSync(`${path}.next`);
  await run('second');
  expect(await store.verify()).toMatchObject({ ok: true, records: 2 });
  expect(existsSync(`${path}.next`)).toBe(false);
  expect(readdirSync(directory.path).filter((name) => /\.\d+$/.test(name))).toHaveLength(1);
});
