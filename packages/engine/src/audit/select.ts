/** Selecting and adding up executions that are held in memory, as `conditions.ts` does it in SQL. */
import type { IntentColumns, OutcomeColumns } from './entry.ts';
import type { Selection } from './filter.ts';
import type { StatsRow } from './stats.ts';

/** One execution, by what it is found by. */
export interface Summary {
  /** Of its intent. */
  readonly seq: number;
  readonly intent: IntentColumns;
  readonly outcome: OutcomeColumns | undefined;
}

export function matches({ seq, intent, outcome }: Summary, wanted: Selection): boolean {
  const same = (value: unknown, asked: unknown): boolean => asked === undefined || value === asked;
  return (
    same(intent.skill, wanted.skill) &&
    same(intent.tool, wanted.tool) &&
    same(intent.user, wanted.user) &&
    same(outcome?.status ?? 'running', wanted.status) &&
    (wanted.since === undefined || intent.timestampMs >= wanted.since) &&
    (wanted.until === undefined || intent.timestampMs < wanted.until) &&
    (wanted.before === undefined ||
      (wanted.order === 'newest' ? seq < wanted.before : seq > wanted.before))
  );
}

export function statsRow({ intent, outcome }: Summary): StatsRow {
  return {
    skill: intent.skill,
    tool: intent.tool,
    status: outcome?.status ?? null,
    at: intent.timestampMs,
    duration: outcome?.durationMs ?? null,
    fuel: outcome?.fuelUsed ?? null,
    denials: outcome?.denials ?? null,
    error: outcome?.error ?? null,
  };
}
