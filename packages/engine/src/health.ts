/** Which skills fail more than they work: of an engine's own counts, and of what a record has. Pure. */
import type { AuditStats } from './audit/stats.ts';
import type { ErrorCode } from './errors.ts';

/** How one skill is. */
export interface SkillHealth {
  /** Its name. */
  readonly skill: string;
  /** `degraded` as soon as there is an issue. */
  readonly status: 'healthy' | 'degraded';
  /** How many calls were counted. */
  readonly executions: number;
  /** How many of them failed. */
  readonly failures: number;
  /** What is wrong, one sentence each; empty when healthy. */
  readonly issues: readonly string[];
}

/** What `engine.health()` and {@link auditHealth} say. */
export interface Health {
  /** `degraded` when any skill is. */
  readonly status: 'healthy' | 'degraded';
  /** Every skill that is loaded, or that the record has calls of. */
  readonly skills: readonly SkillHealth[];
}

/** What is counted of one tool. */
interface ToolCounts {
  readonly skill: string;
  readonly tool: string;
  readonly executions: number;
  readonly failures: number;
  /** By code. */
  readonly errors: Readonly<Record<string, number | undefined>>;
}

/** Failures that are the caller's or the operator's business and say nothing about the skill. */
const harmless: ReadonlySet<string> = new Set<ErrorCode>([
  'INVALID_PARAMETERS',
  'POLICY_DENIED',
  'RATE_LIMITED',
  'CONCURRENCY_LIMIT',
  'CANCELLED',
  'SKILL_NOT_FOUND',
  'TOOL_NOT_FOUND',
  'SKILL_QUARANTINED',
  'TRUST_TOO_LOW',
  'SIGNATURE_REQUIRED',
]);

/** Of the calls that reached the skill: as many failures make it degraded. */
const DEGRADED = 0.5;

/**
 * Whether what the record has worked, by skill: of `stats()` of an audit store, of whatever time and callers its filter
 * selected. What still runs, and what ended with its process, does not count.
 */
export function auditHealth({ tools }: AuditStats): Health {
  // A name with a dot is of tools that the engine answers itself; a script that they run has a record of its own.
  const own = tools.filter(({ skill }) => !skill.includes('.'));
  const counts = own.map(({ skill, tool, executions, statuses, errors }): ToolCounts => {
    const { success = 0, running = 0, interrupted = 0 } = statuses;
    const ended = executions - running - interrupted;
    return { skill, tool, executions: ended, failures: ended - success, errors };
  });
  const skills = [...new Set(counts.map(({ skill }) => skill))].toSorted();
  // Without a tool: refused before it was known, and no call of the skill.
  return healthOf(
    skills,
    counts.filter(({ tool }) => tool !== ''),
  );
}

export function healthOf(names: readonly string[], tools: readonly ToolCounts[]): Health {
  const skills = names.map((skill): SkillHealth => {
    const own = tools.filter((tool) => tool.skill === skill);
    const issues = own.flatMap(issuesOf);
    return {
      skill,
      status: issues.length === 0 ? 'healthy' : 'degraded',
      executions: sum(own.map(({ executions }) => executions)),
      failures: sum(own.map(({ failures }) => failures)),
      issues,
    };
  });
  const isHealthy = skills.every(({ status }) => status === 'healthy');
  return { status: isHealthy ? 'healthy' : 'degraded', skills };
}

function issuesOf({ tool, executions, errors }: ToolCounts): string[] {
  const entries = Object.entries(errors).map(([code, count = 0]) => [code, count] as const);
  const harms = entries.filter(([code]) => !harmless.has(code));
  const failed = sum(harms.map(([, count]) => count));
  const reached = executions - sum(entries.map(([, count]) => count)) + failed;
  if (reached === 0 || failed / reached < DEGRADED) return [];
  const codes = harms.map(([code, count]) => `${code} ${count}`).join(', ');
  return [`${tool} failed ${failed} of ${reached} times: ${codes}`];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
