/** Appending, pages, totals and verification at several numbers of records. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteAuditStore, type AuditFilter, type AuditStore } from '@skill-engine/engine';
import { sampleIntent, sampleOutcome } from '../../packages/engine/src/audit/contract.ts';
import { fill, timeOf } from './fill.ts';
import { median, timed } from './timed.ts';

async function append(store: AuditStore): Promise<void> {
  const intent = sampleIntent();
  await store.begin(intent);
  await store.finish(sampleOutcome(intent.execution_id));
}

/** Each a page of 50 (or fewer), chosen so that a wrong index would have to look through all. */
const pages = (count: number): Readonly<Record<string, AuditFilter>> => ({
  'a skill': { skill: 'skill-0' },
  success: { status: 'success' },
  'a status that none has': { status: 'cancelled' },
  'skill, tool, user': { skill: 'skill-0', tool: 'tool-1', user: 'user-3' },
  'skill, status': { skill: 'skill-0', status: 'timeout' },
  'until early': { until: timeOf(count * 0.01) },
  'a minute in the middle': { since: timeOf(count * 0.5), until: timeOf(count * 0.5 + 60) },
});

/** @param folder keeps the stores for the next time, as filling one takes minutes */
export async function sizes(folder: string, counts: readonly number[]): Promise<void> {
  const rows: Record<string, string | number>[] = [];
  for (const count of counts) {
    const path = join(folder, `${count}.sqlite`);
    if (!existsSync(path)) await fill(path, 0, count);
    await using store = await openSqliteAuditStore({ path });
    await append(store);
    const appends: number[] = [];
    for (let n = 0; n < 200; n += 1) appends.push(await timed(() => append(store)));
    const row: Record<string, string | number> = {
      records: count,
      'append ms': median(appends).toFixed(2),
    };
    for (const [name, filter] of Object.entries(pages(count))) {
      const times: number[] = [];
      for (let n = 0; n < 20; n += 1) times.push(await timed(() => store.query(filter)));
      row[name] = median(times).toFixed(2);
    }
    row['stats s'] = ((await timed(() => store.stats())) / 1000).toFixed(2);
    const before = process.memoryUsage().rss;
    const verify = await timed(async () => {
      const { ok } = await store.verify();
      if (!ok) throw new Error('the store does not verify');
    });
    row['verify s'] = (verify / 1000).toFixed(1);
    row['records/s verified'] = Math.round((count / verify) * 1000);
    row['more memory MiB'] = Math.round((process.memoryUsage().rss - before) / 2 ** 20);
    rows.push(row);
  }
  console.table(rows);
}
