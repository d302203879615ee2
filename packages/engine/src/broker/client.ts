/** The engine's handle on its supervisor: one thread, and another one where that has ended by itself. */
import { isolationFor } from '../isolate/level.ts';
import type { StopReason } from '../isolate/process.ts';
import type { PoolSpec, RunResult, RunSpec } from './messages.ts';
import { type OnCall, SupervisorThread } from './supervisor-thread.ts';

export { OpenFailed, type OnCall } from './supervisor-thread.ts';

/** The isolates of one component, and the thread that has them. */
interface Pool {
  /** Kept, so that another thread can have them: grants are not in it, each invocation brings its own. */
  readonly spec: PoolSpec;
  opened: Opened;
}

interface Opened {
  readonly thread: SupervisorThread;
  /** What `thread` calls it. */
  readonly id: Promise<number>;
}

const nothing = new Uint8Array(0);

/**
 * A thread that ends by itself (memory, a flaw of ours) takes its isolates and what they run with it: those calls fail
 * as `INTERNAL`, none is tried again, since a guest may have acted already. The thread holds nothing else that outlives a call, so
 * the next call gets a new one, and a pool is opened there when it is first needed.
 */
export class Supervisor {
  #thread = new SupervisorThread();
  readonly #pools = new Map<number, Pool>();
  #nextPool = 1;
  #closing = false;

  /**
   * Starts the isolates of a component; resolves with the pool's number when the first one is ready. Without an
   * `isolation`, they get all layers that this machine has.
   *
   * @throws OpenFailed
   */
  async open(spec: Omit<PoolSpec, 'isolation'> & Partial<PoolSpec>): Promise<number> {
    const whole = { ...spec, isolation: spec.isolation ?? (await isolationFor({})) };
    const opened = this.#openOn(this.#living(), whole);
    await opened.id;
    const number = this.#nextPool++;
    this.#pools.set(number, { spec: whole, opened });
    return number;
  }

  /** Runs one invocation. It never rejects on behalf of a guest. */
  async run(
    number: number,
    run: RunSpec,
    signal?: AbortSignal,
    onCall?: OnCall,
  ): Promise<RunResult> {
    try {
      const pool = this.#pools.get(number);
      if (signal?.aborted) return unstarted('cancelled');
      if (this.#closing || !pool) return unstarted('closed');
      const { thread, id } = await this.#openedOf(pool);
      if (signal?.aborted) return unstarted('cancelled');
      return await thread.run(id, run, signal, onCall);
    } catch (error) {
      if (this.#closing) return unstarted('closed');
      throw error;
    }
  }

  async closePool(number: number): Promise<void> {
    const pool = this.#pools.get(number);
    this.#pools.delete(number);
    if (pool?.opened.thread.alive) await pool.opened.thread.closePool(await pool.opened.id);
  }

  /** Ends all isolates, then the thread. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#thread.close();
  }

  #living(): SupervisorThread {
    if (!this.#thread.alive && !this.#closing) this.#thread = new SupervisorThread();
    return this.#thread;
  }

  #openOn(thread: SupervisorThread, spec: PoolSpec): Opened {
    return { thread, id: thread.open(spec) };
  }

  /** Where a pool has to be opened anew, calls that come meanwhile wait for the same isolates. */
  async #openedOf(pool: Pool): Promise<{ thread: SupervisorThread; id: number }> {
    const thread = this.#living();
    const before = pool.opened;
    if (before.thread !== thread) pool.opened = this.#openOn(thread, pool.spec);
    const { opened } = pool;
    try {
      return { thread, id: await opened.id };
    } catch (error) {
      // What did not come up now may come up for the next call.
      if (pool.opened === opened) pool.opened = before;
      throw error;
    }
  }
}

function unstarted(reason: StopReason): RunResult {
  return { end: { kind: 'stopped', reason }, stdout: nothing, stderr: nothing, denials: [] };
}
