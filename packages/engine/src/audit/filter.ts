import { SkillError } from '../errors.ts';
import { auditStatuses } from './record.ts';
import type { AuditFilter } from './store.ts';

/** A checked filter, in the units of the stored columns. */
export interface Selection {
  readonly skill: string | undefined;
  readonly tool: string | undefined;
  readonly status: string | undefined;
  readonly user: string | undefined;
  /** Milliseconds since the epoch, inclusive. */
  readonly since: number | undefined;
  /** Milliseconds since the epoch, exclusive. */
  readonly until: number | undefined;
  readonly limit: number;
  /** Only entries behind this sequence number, in the order of the page. */
  readonly before: number | undefined;
  readonly order: 'newest' | 'oldest';
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 10_000;

/** @throws SkillError INVALID_OPTIONS */
export function checkFilter(filter: AuditFilter): Selection {
  const limit = filter.limit ?? DEFAULT_LIMIT;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw invalid(`limit is ${limit}; a whole number from 1 to ${MAX_LIMIT} is allowed`);
  }
  const statuses: readonly string[] = [...auditStatuses, 'running'];
  if (filter.status !== undefined && !statuses.includes(filter.status)) {
    throw invalid(`status is ${JSON.stringify(filter.status)}; allowed are ${statuses.join(', ')}`);
  }
  return {
    skill: filter.skill,
    tool: filter.tool,
    status: filter.status,
    user: filter.user,
    since: instant('since', filter.since),
    until: instant('until', filter.until),
    limit,
    before: position(filter.cursor),
    order: orderOf(filter.order),
  };
}

function orderOf(order: AuditFilter['order'] = 'newest'): 'newest' | 'oldest' {
  if (order === 'newest' || order === 'oldest') return order;
  throw invalid(`order is ${JSON.stringify(order)}; allowed are newest, oldest`);
}

function instant(name: string, value: Date | string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = value instanceof Date ? value.getTime() : Date.parse(value);
  if (!Number.isNaN(ms)) return ms;
  throw invalid(
    `${name} is ${JSON.stringify(value)}; a date is needed, such as "2026-01-31" or "2026-01-31T09:30:00Z"`,
  );
}

function position(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  if (/^[1-9]\d{0,15}$/.test(cursor) && Number.isSafeInteger(Number(cursor))) return Number(cursor);
  throw invalid('cursor is not one that an earlier page gave');
}

function invalid(reason: string): SkillError {
  return new SkillError('INVALID_OPTIONS', `The history filter is not valid: ${reason}.`);
}
