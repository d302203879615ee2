/** Whatever clocks and writers do, and whatever is asked: the database finds what looking through everything finds. */
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { temporary } from '../../../../test/support/audit.ts';
import { sampleIntent, sampleOutcome } from './contract.ts';
import { MemoryAuditStore } from './memory.ts';
import { auditStatuses } from './record.ts';
import { openSqliteAuditStore } from './sqlite.ts';
import type { AuditStore } from './store.ts';

const RUNS = Number(process.env['FC_RUNS'] ?? '12');

const BASE = Date.UTC(2026, 0, 1);
const instant = (ms: number) => new Date(BASE + ms).toISOString();

/** Mostly one after the other; now and then far ahead or far behind. */
const step = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 20 }) },
  { weight: 2, arbitrary: fc.integer({ min: -15, max: 15 }) },
  { weight: 1, arbitrary: fc.integer({ min: -500, max: 500 }) },
);

const names = fc.constantFrom('a', 'b', 'c');
const invocation = fc.record({
  step,
  skill: names,
  tool: names,
  user: fc.option(names),
  status: fc.option(fc.constantFrom(...auditStatuses)),
});

const optional = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined, freq: 2 });
const time = optional(fc.integer({ min: -600, max: 900 }));
const filters = fc.record({
  skill: optional(names),
  tool: optional(names),
  user: optional(names),
  status: optional(fc.constantFrom(...auditStatuses, 'running' as const)),
  since: time,
  until: time,
  order: fc.constantFrom('newest' as const, 'oldest' as const),
  limit: fc.integer({ min: 1, max: 9 }),
});

/** All pages, one after the other. */
async function pagesOf(store: AuditStore, asked: object): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.query({ ...asked, ...(cursor === undefined ? {} : { cursor }) });
    ids.push(...page.records.map(({ execution_id: id }) => id));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return ids;
}

test('the database selects and adds up as looking through everything does', async () => {
  const invocations = fc.array(invocation, { minLength: 1, maxLength: 40 });
  const asked = fc.array(filters, { minLength: 8, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(invocations, asked, fc.nat(20), async (all, questions, kept) => {
      await using directory = await temporary();
      await using memory = new MemoryAuditStore();
      const path = join(directory.path, 'audit.db');
      await using store = await openSqliteAuditStore({ path, durability: 'process' });
      const written: Promise<void>[] = [];
      let now = 0;
      for (const [n, { step: by, skill, tool, user, status }] of all.entries()) {
        now += by;
        const intent = sampleIntent({
          execution_id: `id-${n}`,
          timestamp: instant(now),
          skill_name: skill,
          tool_name: tool,
          user,
        });
        for (const one of [memory, store]) {
          written.push(one.begin(intent));
          if (status !== null)
            written.push(
              one.finish(
                sampleOutcome(intent.execution_id, {
                  status,
                  error_code: status === 'success' ? null : status.toUpperCase(),
                }),
              ),
            );
        }
      }
      await Promise.all(written);
      const same = async (after: number) => {
        for (const { since, until, ...rest } of questions) {
          const question = {
            ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
            ...(since === undefined ? {} : { since: instant(since) }),
            ...(until === undefined ? {} : { until: instant(until) }),
          };
          const wanted = (await pagesOf(memory, question)).filter(
            (id) => Number(id.slice(3)) >= after,
          );
          expect(await pagesOf(store, question)).toEqual(wanted);
          if (after === 0)
            expect(await store.stats(question)).toEqual(await memory.stats(question));
        }
      };
      await same(0);
      expect(await store.verify()).toMatchObject({ ok: true, records: all.length });
      // What is left of a record without its beginning is found no less.
      if (all.some(({ status }) => status === null)) return;
      const pruned = await store.prune({ maxRecords: kept });
      await same(pruned?.records ?? 0);
      expect((await store.verify()).ok).toBe(true);
    }),
    // To shrink takes longer than a test may: the seed says enough.
    { numRuns: RUNS, endOnFailure: true },
  );
});
