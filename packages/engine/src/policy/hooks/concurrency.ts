import { SkillError } from '../../errors.ts';
import type { Hook } from '../hook.ts';
import { toolMatcher } from '../pattern.ts';

/** What {@link concurrency} takes. */
export interface ConcurrencyOptions {
  /** Calls that run at once. */
  readonly running: number;
  /** Calls that may wait for their turn, first come first served; more are denied. Default 0. */
  readonly waiting?: number;
  /** Milliseconds that one may wait. Default 30 000. */
  readonly waitMs?: number;
  /** Which tools it concerns, together, as patterns. Default: all. */
  readonly tools?: readonly string[];
  /** Tells several of these hooks apart. Default `concurrency`. */
  readonly name?: string;
}

interface Waiting {
  readonly id: string;
  readonly go: () => void;
}

/** Bounds how many calls run at once, with a bounded queue. @throws SkillError INVALID_OPTIONS */
export function concurrency(options: ConcurrencyOptions): Hook {
  const { running: most, waiting: room = 0, waitMs = 30_000, name = 'concurrency' } = options;
  if (!(Number.isSafeInteger(most) && most > 0 && Number.isSafeInteger(room) && room >= 0)) {
    throw new SkillError(
      'INVALID_OPTIONS',
      'concurrency: running is at least 1, waiting at least 0.',
    );
  }
  const concerns = toolMatcher(options.tools ?? ['*'], 'tools');
  const running = new Set<string>();
  const queue: Waiting[] = [];
  return {
    name,
    timeoutMs: waitMs,
    before({ skill, tool, executionId }) {
      if (!concerns(skill, tool)) return { decision: 'allow' };
      if (running.size < most) {
        running.add(executionId);
        return { decision: 'allow' };
      }
      if (queue.length >= room) {
        return { decision: 'deny', reason: `${most} calls are running and ${room} are waiting` };
      }
      return new Promise((resolve) => {
        queue.push({ id: executionId, go: () => resolve({ decision: 'allow' }) });
      });
    },
    // Also for calls that gave up waiting, or were denied by a later hook.
    after({ executionId }) {
      const place = queue.findIndex(({ id }) => id === executionId);
      if (place >= 0) queue.splice(place, 1);
      if (!running.delete(executionId)) return;
      const next = queue.shift();
      if (next === undefined) return;
      running.add(next.id);
      next.go();
    },
  };
}
