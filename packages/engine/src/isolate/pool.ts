/**
 * The isolates of one loaded component under one memory limit: pre-spawned, reused between
 * invocations (each in a fresh instance), replaced after a forced end, a protocol violation or
 * `RECYCLE_AFTER` invocations.
 */
import {
  IsolateGone,
  IsolateProcess,
  type End,
  type Finished,
  type Invocation,
  type StartIsolate,
} from './process.ts';
import type { LoadMessage } from './messages.ts';

/** An isolate of long standing grows (43 MiB to 120 MiB after 5000 calls on Node 26, 242 on 24). */
const RECYCLE_AFTER = 500;

/** How long a component may take to compile before its isolate is ended. */
const LOAD_MILLISECONDS = 60_000;

/** How long an isolate may take after a result until it is ready for the next invocation; honest ones take microseconds. */
const SETTLE_MILLISECONDS = 1000;

/** Invocations that may wait for an isolate. */
const QUEUE_LENGTH = 1024;

export interface PoolOptions {
  readonly load: { message: LoadMessage; blob: Uint8Array };
  readonly memoryBytes: number;
  /** Isolates at most, and so invocations at once. */
  readonly size: number;
  /** Starts an isolate in its layers; tests put an attacker in its place. */
  readonly start: StartIsolate;
}

export interface Job {
  readonly invocation: Invocation;
  readonly timeoutMilliseconds: number;
}

interface Waiting {
  readonly job: Job;
  readonly started: (isolate: IsolateProcess) => void;
  readonly finish: (finished: Finished) => void;
}

/** A job that its caller can call off, waiting or running. */
export interface JobHandle {
  readonly finished: Promise<Finished>;
  cancel(): void;
}

export class PoolFull extends Error {}

const nothing = new Uint8Array(0);

export class IsolatePool {
  readonly #options: PoolOptions;
  readonly #isolates = new Set<IsolateProcess>();
  readonly #queue: Waiting[] = [];
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Starts the first isolate; rejects with `IsolateGone` when the component cannot be compiled. */
  open(): Promise<void> {
    return this.#spawn().loaded;
  }

  run(job: Job): JobHandle {
    if (this.#queue.length >= QUEUE_LENGTH) throw new PoolFull();
    let isolate: IsolateProcess | undefined;
    let waiting: Waiting;
    const finished = new Promise<Finished>((resolve) => {
      const finish = (how: Finished): void => {
        // The isolate is another invocation's from now on: a late `cancel` must not reach it.
        isolate = undefined;
        resolve(how);
      };
      waiting = { job, finish, started: (chosen) => (isolate = chosen) };
      this.#queue.push(waiting);
      this.#dispatch();
    });
    return {
      finished,
      cancel: () => {
        const at = this.#queue.indexOf(waiting);
        if (at >= 0) {
          this.#queue.splice(at, 1);
          waiting.finish(unstarted({ kind: 'stopped', reason: 'cancelled' }));
        } else isolate?.stop('cancelled');
      },
    };
  }

  /** Ends every isolate with what it runs; those who wait go on in new ones. */
  abandon(): void {
    for (const isolate of this.#isolates) isolate.stop('abandoned');
  }

  /** Ends every isolate; resolves when all are reaped. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { finish } of this.#queue.splice(0)) {
      finish(unstarted({ kind: 'stopped', reason: 'closed' }));
    }
    const isolates = [...this.#isolates];
    for (const isolate of isolates) isolate.stop('closed');
    await Promise.all(isolates.map((isolate) => isolate.exited));
  }

  #spawn(): IsolateProcess {
    const isolate = new IsolateProcess(
      this.#options.memoryBytes,
      this.#options.load,
      this.#options.start,
    );
    this.#isolates.add(isolate);
    const timer = setTimeout(() => isolate.stop('timeout'), LOAD_MILLISECONDS);
    isolate.loaded.then(
      () => {
        clearTimeout(timer);
        this.#dispatch();
      },
      (error: unknown) => {
        clearTimeout(timer);
        this.#isolates.delete(isolate);
        this.#loadFailed(error instanceof IsolateGone ? error.end : undefined);
      },
    );
    void isolate.exited.then(() => {
      this.#isolates.delete(isolate);
      // Its place is free for those who wait: it may have died while idle.
      this.#dispatch();
    });
    return isolate;
  }

  /** A spare for the next call, unless its exit has already brought one for those who wait. */
  #replace(): void {
    const coming = [...this.#isolates].some(({ alive, busy }) => alive && !busy);
    if (!this.#closed && !coming && this.#isolates.size < this.#options.size) this.#spawn();
  }

  /** Nobody else is coming up: those who wait learn why, instead of a respawn without end. */
  #loadFailed(end: End | undefined): void {
    if (this.#closed || this.#isolates.size > 0) return;
    const reason: End = end ?? { kind: 'died', exitCode: null, signal: null, lastWords: '' };
    for (const { finish } of this.#queue.splice(0)) finish(unstarted(reason));
  }

  #dispatch(): void {
    if (this.#closed) return;
    while (this.#queue.length > 0) {
      const isolate = [...this.#isolates].find((candidate) => candidate.idle && candidate.alive);
      if (!isolate) break;
      this.#start(isolate, this.#queue.shift()!);
    }
    const coming = [...this.#isolates].filter(
      (candidate) => candidate.alive && !candidate.busy,
    ).length;
    for (let missing = this.#queue.length - coming; missing > 0; missing -= 1) {
      if (this.#isolates.size >= this.#options.size) break;
      this.#spawn();
    }
  }

  #start(isolate: IsolateProcess, { job, started, finish }: Waiting): void {
    started(isolate);
    let timer = setTimeout(() => isolate.stop('timeout'), job.timeoutMilliseconds);
    const { finished, settled } = isolate.invoke(job.invocation);
    void finished.then((how) => {
      clearTimeout(timer);
      timer = setTimeout(() => isolate.stop('timeout'), SETTLE_MILLISECONDS);
      finish(how);
    });
    void Promise.all([finished, settled]).then(() => {
      clearTimeout(timer);
      if (isolate.alive && isolate.served >= RECYCLE_AFTER) isolate.stop('closed');
      if (!isolate.alive) {
        this.#isolates.delete(isolate);
        this.#replace();
      }
      this.#dispatch();
    });
  }
}

function unstarted(end: End): Finished {
  return { end, stdout: nothing, stderr: nothing };
}
