/** Counts of an engine's invocations, in its own memory; the audit store has those of all time. */
import type { ErrorCode } from './errors.ts';
import type { ExecutionResult } from './execution.ts';

/** What was counted since the engine was opened. */
export interface Counts {
  /** How many calls ended. */
  readonly executions: number;
  /** Calls that did not succeed, refused ones included. */
  readonly failures: number;
  /** 0 to 1; `null` before the first call. */
  readonly successRate: number | null;
  /** Milliseconds. */
  readonly durationMs: {
    readonly total: number;
    readonly mean: number | null;
    readonly max: number;
  };
  /** Fuel units of all of them. */
  readonly fuelUsed: number;
  /** Only codes that came. */
  readonly errors: Readonly<Partial<Record<ErrorCode, number>>>;
}

/** Counts of one tool. */
export interface ToolMetrics extends Counts {
  /** Name of the skill. */
  readonly skill: string;
  /** Name of the tool. */
  readonly tool: string;
}

/** What `engine.metrics()` counted since the engine was opened. */
export interface Metrics extends Counts {
  /** Tools that were called, by skill and name. Calls of what there is not count in the totals only. */
  readonly tools: readonly ToolMetrics[];
}

class Counter {
  executions = 0;
  failures = 0;
  totalMs = 0;
  maxMs = 0;
  fuelUsed = 0;
  readonly errors = new Map<ErrorCode, number>();

  count(result: ExecutionResult): void {
    this.executions += 1;
    this.totalMs += result.durationMs;
    this.maxMs = Math.max(this.maxMs, result.durationMs);
    this.fuelUsed += result.fuelUsed ?? 0;
    if (result.ok) return;
    this.failures += 1;
    const { code } = result.error;
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }

  read(): Counts {
    const { executions, failures, totalMs, maxMs, fuelUsed, errors } = this;
    const rate = (value: number) => (executions === 0 ? null : value / executions);
    return {
      executions,
      failures,
      successRate: rate(executions - failures),
      durationMs: { total: totalMs, mean: rate(totalMs), max: maxMs },
      fuelUsed,
      errors: Object.fromEntries(errors),
    };
  }
}

export class MetricsCounter {
  readonly #all = new Counter();
  readonly #tools = new Map<string, { skill: string; tool: string; counter: Counter }>();

  /** @param of the tool, where there is one: names that callers make up take no memory */
  count(of: { skill: string; tool: string } | undefined, result: ExecutionResult): void {
    this.#all.count(result);
    if (of === undefined) return;
    const key = JSON.stringify([of.skill, of.tool]);
    const known = this.#tools.get(key) ?? { ...of, counter: new Counter() };
    this.#tools.set(key, known);
    known.counter.count(result);
  }

  read(): Metrics {
    const tools = [...this.#tools.entries()]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { skill, tool, counter }]) => ({ skill, tool, ...counter.read() }));
    return { ...this.#all.read(), tools };
  }
}
