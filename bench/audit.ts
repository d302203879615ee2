/** What the record costs: appending and reading at several sizes, verification, and totals. Absolute times of this machine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createEngine,
  MemoryAuditStore,
  openSqliteAuditStore,
  type AuditStore,
  type SqliteAuditStore,
} from '@skill-engine/engine';
import { sampleIntent, sampleOutcome } from '../packages/engine/src/audit/contract.ts';

const median = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;

async function timed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

async function append(store: AuditStore): Promise<void> {
  const intent = sampleIntent();
  await store.begin(intent);
  await store.finish(sampleOutcome(intent.execution_id));
}

async function fillTo(store: SqliteAuditStore, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n += 250) {
    const written: Promise<void>[] = [];
    for (let k = 0; k < 250; k += 1) {
      const intent = sampleIntent({ timestamp: new Date(1.7e12 + (n + k) * 1000).toISOString() });
      written.push(store.begin(intent), store.finish(sampleOutcome(intent.execution_id)));
    }
    await Promise.all(written);
  }
}

async function sizes(home: string, counts: readonly number[]): Promise<void> {
  await using store = await openSqliteAuditStore({ path: join(home, 'sizes.sqlite') });
  const rows: Record<string, string | number>[] = [];
  let filled = 0;
  for (const count of counts) {
    await fillTo(store, filled, count);
    filled = count;
    const appends: number[] = [];
    const pages: number[] = [];
    const rare: number[] = [];
    for (let n = 0; n < 100; n += 1) appends.push(await timed(() => append(store)));
    for (let n = 0; n < 20; n += 1) {
      pages.push(await timed(() => store.query({ skill: 'text-stats', limit: 50 })));
      rare.push(await timed(() => store.query({ status: 'timeout', limit: 50 })));
    }
    const verify = await timed(() => store.verify());
    rows.push({
      records: count,
      'append ms': median(appends).toFixed(2),
      'page of 50 ms': median(pages).toFixed(2),
      'status that none has ms': median(rare).toFixed(2),
      'stats ms': (await timed(() => store.stats())).toFixed(0),
      'verify s': (verify / 1000).toFixed(2),
      'records/s verified': Math.round((count / verify) * 1000),
    });
  }
  console.table(rows);
}

/** Both engines in turn, so that noise hits them alike. */
async function callers(home: string): Promise<void> {
  await using full = await createEngine({ home });
  await using light = await createEngine({ home, audit: new MemoryAuditStore() });
  await full.load('skills-wasm/text-stats');
  await light.load('skills-wasm/text-stats');
  const call = async (engine: typeof full): Promise<void> => {
    const result = await engine.execute('text-stats', 'count-text', { text: 'a b' });
    if (!result.ok) throw result.error;
  };
  const rows: Record<string, string | number>[] = [];
  for (const width of [1, 8, 64]) {
    const each = 256 / width;
    const load = (engine: typeof full) => async () => {
      await Promise.all(
        Array.from({ length: width }, async () => {
          for (let n = 0; n < each; n += 1) await call(engine);
        }),
      );
    };
    const times = { light: [] as number[], full: [] as number[] };
    for (let round = 0; round < 6; round += 1) {
      times.light.push(await timed(load(light)));
      times.full.push(await timed(load(full)));
    }
    const [without, with_] = [median(times.light.slice(1)), median(times.full.slice(1))];
    rows.push({
      callers: width,
      'in memory, per s': Math.round(256_000 / without),
      'SQLite, synced, per s': Math.round(256_000 / with_),
      cost: `${((with_ / without - 1) * 100).toFixed(0)} %`,
    });
  }
  console.table(rows);
}

/** Arguments: sizes to measure at; default 1000, 10 000 and 100 000 records. */
export async function run(args: readonly string[]): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'skill-bench-'));
  try {
    await callers(home);
    await sizes(home, args.length > 0 ? args.map(Number) : [1000, 10_000, 100_000]);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
