/** A skill's rate goes on where it stood: over restarts, over loads anew, and over the processes of a command line. */
import type { AuditRecord } from './audit/record.ts';
import type { AuditStore } from './audit/store.ts';
import type { ErrorCode } from './errors.ts';
import type { LoadedSkill } from './skill.ts';

const PAGE = 10_000;

/** Refused before they could count. */
const uncounted: ReadonlySet<string | null> = new Set<ErrorCode>([
  'SKILL_NOT_FOUND',
  'TOOL_NOT_FOUND',
  'RATE_LIMITED',
  'SKILL_QUARANTINED',
  'TRUST_TOO_LOW',
  'SIGNATURE_REQUIRED',
]);

/** @throws SkillError AUDIT_UNAVAILABLE */
export async function recallCalls(
  audit: AuditStore,
  { name, rate }: Pick<LoadedSkill, 'name' | 'rate'>,
): Promise<void> {
  if (rate === undefined) return;
  const { count, perMs } = rate.limit;
  const now = Date.now();
  const ages: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await audit.query({
      skill: name,
      since: new Date(now - perMs),
      // What lies further ahead was written under another clock, and would count for ever.
      until: new Date(now + perMs),
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const record of page.records) {
      if (counts(record)) ages.push(Math.max(0, now - Date.parse(record.timestamp)));
    }
    ({ cursor } = page);
  } while (cursor !== undefined && ages.length < count);
  rate.recall(ages.slice(0, count), performance.now());
}

/** A call that nobody had consented to came no further than that. */
function counts({ error_code: code, fuel_used: fuel }: AuditRecord): boolean {
  return !uncounted.has(code) && !(code === 'CAPABILITY_DENIED' && fuel === null);
}
