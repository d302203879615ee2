import { SkillError } from '@skill-engine/engine';

/** Bounds of {@link serveOverHttp}. What is beyond one is refused, and harms nothing that runs. */
export interface McpHttpLimits {
  /** Bytes of one request's body; more is answered with 413. Default 1 048 576 (1 MiB). */
  readonly bodyBytes: number;
  /** How many sessions there are at once, and as many subscriptions; more are answered with 503. Default 64. */
  readonly sessions: number;
  /** Milliseconds after which a session ends that has no request, call or stream. Default 600 000 (10 minutes). */
  readonly sessionIdleMs: number;
  /** Calls of tools that run at once, over all sessions; more get a JSON-RPC error. Default 32. */
  readonly calls: number;
  /** How many connections there are at once; more are closed unanswered. Default 256. */
  readonly connections: number;
  /** Milliseconds within which a request has to arrive, its head within a third of that. Default 30 000. */
  readonly requestMs: number;
  /** Milliseconds for which a client may leave what was sent to it unread. Default 30 000. */
  readonly stallMs: number;
}

const defaults: McpHttpLimits = {
  bodyBytes: 1024 * 1024,
  sessions: 64,
  sessionIdleMs: 10 * 60_000,
  calls: 32,
  connections: 256,
  requestMs: 30_000,
  stallMs: 30_000,
};

/** Timers of Node take no more. */
const MOST = 2 ** 31 - 1;

/** @throws SkillError INVALID_OPTIONS */
export function limitsOf(given: Partial<McpHttpLimits> = {}): McpHttpLimits {
  for (const [name, value] of Object.entries(given) as [string, unknown][]) {
    if (!Object.hasOwn(defaults, name)) {
      throw new SkillError('INVALID_OPTIONS', `limits.${name}: there is no such limit.`);
    }
    if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > MOST) {
      throw new SkillError(
        'INVALID_OPTIONS',
        `limits.${name} is a whole number from 1 to ${MOST}.`,
      );
    }
  }
  return { ...defaults, ...given };
}
