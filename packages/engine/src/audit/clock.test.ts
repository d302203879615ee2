/** A clock that jumps back: the record keeps its own order, and time selects what it says. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporary } from '../../../../test/support/audit.ts';
import { sampleIntent, sampleOutcome } from './contract.ts';
import { openSqliteAuditStore } from './sqlite.ts';

test('records stay in the order in which they were written, are found by their time, pruned and verified', async () => {
  await using directory = await temporary();
  await using store = await openSqliteAuditStore({ path: join(directory.path, 'audit.db') });
  // Three hours on, two back, one on.
  const times = ['09:00', '12:00', '10:00', '11:00'];
  for (const [n, time] of times.entries()) {
    const intent = sampleIntent({
      execution_id: `at-${n}`,
      timestamp: `2026-01-31T${time}:00.000Z`,
    });
    await store.begin(intent);
    await store.finish(sampleOutcome(intent.execution_id));
  }
  const idsOf = async (filter: Parameters<typeof store.query>[0]) =>
    (await store.query(filter)).records.map(({ execution_id: id }) => id);
  expect(await idsOf({})).toEqual(['at-3', 'at-2', 'at-1', 'at-0']);
  expect(await idsOf({ since: '2026-01-31T10:30:00Z' })).toEqual(['at-3', 'at-1']);
  expect(await idsOf({ until: '2026-01-31T10:30:00Z', order: 'oldest' })).toEqual(['at-0', 'at-2']);
  expect(await store.checkpoint()).toBe(true);
  expect(await store.verify()).toMatchObject({ ok: true, records: 4 });

  // Kept since 10:30 by the clock that ends at 11:00: nothing behind the first that is kept goes.
  const now = Date.now();
  const kept = now - Date.parse('2026-01-31T10:30:00.000Z');
  expect(await store.prune({ maxAgeMs: kept })).toMatchObject({ records: 1 });
  expect(await idsOf({})).toEqual(['at-3', 'at-2', 'at-1']);
  expect(await store.verify()).toMatchObject({ ok: true, records: 3 });
});
