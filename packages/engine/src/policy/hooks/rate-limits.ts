import { SkillError } from '../../errors.ts';
import { RateWindow } from '../../limits/rate.ts';
import type { Hook, HookCall } from '../hook.ts';
import { toolMatcher } from '../pattern.ts';

/** At most so many calls in so much time. */
export interface RateRule {
  /** Calls within any `perMs` milliseconds. */
  readonly count: number;
  /** Length of the window, in milliseconds. */
  readonly perMs: number;
  /** What is counted together: all calls of one user, of one skill, of one tool, or everything. */
  readonly per: 'user' | 'skill' | 'tool' | 'all' | 'user-and-tool';
  /** Which tools it concerns, as patterns. Default: all. */
  readonly tools?: readonly string[];
}

/** What {@link rateLimits} takes. */
export interface RateLimitOptions {
  readonly rules: readonly RateRule[];
  /** Monotonic milliseconds. Default: the machine's clock. */
  readonly now?: () => number;
}

/** Windows that are kept; then those that are used least recently go. A flood of user names makes no more. */
const WINDOWS = 10_000;

/**
 * Bounds how often, in sliding windows. A call counts when every rule lets it pass. Counted in this engine's
 * memory only.
 *
 * @throws SkillError INVALID_OPTIONS
 */
export function rateLimits({ rules, now = () => performance.now() }: RateLimitOptions): Hook {
  const checked = rules.map((rule) => {
    const { count, perMs, tools = ['*'] } = rule;
    if (!(Number.isSafeInteger(count) && count > 0 && count <= 1_000_000 && perMs > 0)) {
      throw new SkillError('INVALID_OPTIONS', 'rateLimits: count is 1 to 1000000, perMs above 0.');
    }
    if (!Object.hasOwn(keys, rule.per)) {
      throw new SkillError(
        'INVALID_OPTIONS',
        `rateLimits: per is ${Object.keys(keys).join(', ')}.`,
      );
    }
    return { rule, concerns: toolMatcher(tools, 'tools'), windows: new Map<string, RateWindow>() };
  });
  return {
    name: 'rate-limits',
    // Without an await, so that calls at the same time cannot pass each other.
    before(call) {
      const time = now();
      const windows = checked
        .filter(({ concerns }) => concerns(call.skill, call.tool))
        .map(({ rule, windows: known }) => windowOf(known, keys[rule.per](call), rule));
      const wait = Math.max(0, ...windows.map((window) => window.wait(time)));
      if (wait > 0) {
        const seconds = Math.ceil(wait / 100) / 10;
        const reason = `too many calls; try again in ${seconds} s`;
        return { decision: 'deny', reason, retryAfterMs: wait };
      }
      for (const window of windows) window.take(time);
      return { decision: 'allow' };
    },
  };
}

const keys: Readonly<Record<RateRule['per'], (call: HookCall) => string>> = {
  user: ({ user }) => JSON.stringify(user),
  skill: ({ skill }) => skill,
  tool: ({ skill, tool }) => JSON.stringify([skill, tool]),
  'user-and-tool': ({ user, skill, tool }) => JSON.stringify([user, skill, tool]),
  all: () => '',
};

function windowOf(known: Map<string, RateWindow>, key: string, rule: RateRule): RateWindow {
  const window = known.get(key) ?? new RateWindow(rule);
  known.delete(key);
  known.set(key, window);
  if (known.size > WINDOWS) known.delete(known.keys().next().value!);
  return window;
}
