import { describe, expect, it } from 'vitest';
import type { AuditFilter, AuditPage } from './audit/store.ts';
import { MemoryAuditStore } from './audit/memory.ts';
import type { AuditRecord } from './audit/record.ts';
import { RateWindow } from './limits/rate.ts';
import { recallCalls } from './rate-history.ts';

const minute = 60_000;

/** A store that has these records, newest first, two on a page. */
function storeOf(records: readonly Partial<AuditRecord>[], asked: AuditFilter[] = []) {
  const store = new MemoryAuditStore();
  store.query = (filter: AuditFilter = {}) => {
    asked.push(filter);
    const at = Number(filter.cursor ?? 0);
    const page = records.slice(at, at + 2) as AuditRecord[];
    const cursor = at + 2 < records.length ? String(at + 2) : undefined;
    return Promise.resolve({ records: page, cursor, last: cursor } satisfies AuditPage);
  };
  return store;
}

const call = (ago: number, error: string | null = null, fuel: number | null = 1) => ({
  timestamp: new Date(Date.now() - ago).toISOString(),
  error_code: error,
  fuel_used: fuel,
});

async function waits(count: number, records: readonly Partial<AuditRecord>[]): Promise<number> {
  const rate = new RateWindow({ count, perMs: minute });
  await recallCalls(storeOf(records), { name: 'a', rate });
  return rate.wait(performance.now());
}

describe('what is on record of a skill with a rate', () => {
  it('counts from the first call on, until it is older than the period', async () => {
    expect(await waits(2, [call(1000), call(20_000)])).toBeGreaterThan(30_000);
    expect(await waits(2, [call(1000), call(20_000)])).toBeLessThanOrEqual(40_000);
    expect(await waits(3, [call(1000), call(20_000)])).toBe(0);
    expect(await waits(2, [call(1000), call(minute + 1000)])).toBe(0);
    expect(await waits(1, [call(-20_000)])).toBeGreaterThan(50_000);
  });

  it('counts behind any number of calls that were refused for it', async () => {
    const refused = Array.from({ length: 25 }, () => call(10, 'RATE_LIMITED', null));
    expect(await waits(1, [...refused, call(1000)])).toBeGreaterThan(0);
    expect(await waits(1, refused)).toBe(0);
  });

  it.each(['TOOL_NOT_FOUND', 'CAPABILITY_DENIED', 'SKILL_QUARANTINED'])(
    'leaves out what came no further than %s',
    async (code) => {
      expect(await waits(1, [call(10, code, null)])).toBe(0);
    },
  );

  it.each([
    ['CAPABILITY_DENIED', 5],
    ['INVALID_PARAMETERS', null],
    ['TIMEOUT', null],
  ])('counts %s', async (code, fuel) => {
    expect(await waits(1, [call(10, code, fuel)])).toBeGreaterThan(0);
  });

  it('is asked only as far as it counts, and not at all without a rate', async () => {
    const asked: AuditFilter[] = [];
    const store = storeOf([call(1), call(2), call(3), call(4), call(5)], asked);
    await recallCalls(store, { name: 'a', rate: undefined });
    expect(asked).toEqual([]);
    await recallCalls(store, { name: 'a', rate: new RateWindow({ count: 3, perMs: minute }) });
    expect(asked.map(({ skill, cursor }) => [skill, cursor])).toEqual([
      ['a', undefined],
      ['a', '2'],
    ]);
  });
});
