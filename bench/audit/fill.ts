/** Stores of a given size, of invocations as they are met: many of few skills, few of many, most of them well. */
import { openSqliteAuditStore, type SqliteAuditStore } from '@skill-engine/engine';
import { sampleIntent, sampleOutcome } from '../../packages/engine/src/audit/contract.ts';

/** Entries that are asked for at once. */
const AT_ONCE = 500;

/** One second apart, so that a day is 86 400 of them. */
const FIRST = Date.UTC(2025, 0, 1);

/** When the nth began. */
export function timeOf(n: number): string {
  return new Date(FIRST + n * 1000).toISOString();
}

const statuses = ['failure', 'failure', 'failure', 'denied', 'timeout'] as const;

/** The same for the same number. */
function chance(n: number, salt: number): number {
  const x = Math.sin(n * 12.9898 + salt * 78.233) * 43_758.5453;
  return x - Math.floor(x);
}

function invocation(store: SqliteAuditStore, n: number): Promise<void>[] {
  // Half of all are of the first skill; the hundredth has about one in ten thousand.
  const skill = Math.min(99, Math.floor(-Math.log2(1 - chance(n, 1)) * 7.5));
  const intent = sampleIntent({
    timestamp: timeOf(n),
    skill_name: `skill-${skill}`,
    tool_name: `tool-${Math.floor(chance(n, 2) * 5)}`,
    user: `user-${Math.floor(chance(n, 3) * 20)}`,
  });
  const bad = chance(n, 4) < 0.05;
  const status = bad ? statuses[Math.floor(chance(n, 5) * statuses.length)]! : 'success';
  const outcome = sampleOutcome(intent.execution_id, {
    status,
    duration_ms: Math.round(chance(n, 6) * 50_000) / 1000,
    error_code: bad ? 'TOOL_FAILED' : null,
    denials: status === 'denied' ? sampleOutcome('').denials : [],
  });
  return [store.begin(intent), store.finish(outcome)];
}

export async function fill(path: string, from: number, to: number): Promise<void> {
  await using store = await openSqliteAuditStore({ path, durability: 'process' });
  for (let n = from; n < to; n += AT_ONCE / 2) {
    const most = Math.min(AT_ONCE / 2, to - n);
    await Promise.all(Array.from({ length: most }, (_, k) => invocation(store, n + k)).flat());
  }
}
