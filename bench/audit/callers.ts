/** What the record costs invocations, by how many call at once. */
import { createEngine, MemoryAuditStore } from '@skill-engine/engine';
import { median, timed } from './timed.ts';

/** Both engines in turn, so that noise hits them alike. */
export async function callers(home: string): Promise<void> {
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
