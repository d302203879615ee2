/** The engine's handle on the supervisor thread. */
import { Worker } from 'node:worker_threads';
import { SkillError } from '../errors.ts';
import { isolationFor } from '../isolate/level.ts';
import type { End, StopReason } from '../isolate/process.ts';
import type {
  FromSupervisor,
  HostCall,
  PoolSpec,
  RunResult,
  RunSpec,
  ToSupervisor,
} from './messages.ts';

type Pending = (message: FromSupervisor) => void;

// `Omit` would merge the union's members.
type WithoutId<T> = T extends { id: number } ? Omit<T, 'id'> : never;

const nothing = new Uint8Array(0);

/** Answers one call of a guest; it never rejects. */
export type OnCall = (request: HostCall) => Promise<Uint8Array>;

export class OpenFailed extends Error {
  readonly end: End;
  constructor(end: End) {
    super('the isolate did not come up');
    this.end = end;
  }
}

export class Supervisor {
  readonly #worker: Worker;
  readonly #callers = new Map<number, OnCall>();
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #dead: string | undefined;
  #closing = false;

  constructor() {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#worker = new Worker(new URL(`./supervisor.${extension}`, import.meta.url), {
      name: 'skill-supervisor',
      env: {},
      execArgv: [],
      stdin: false,
    });
    this.#worker.on('message', (message: FromSupervisor) => {
      if ('call' in message) {
        void this.#answer(message);
        return;
      }
      const pending = this.#pending.get(message.id);
      this.#pending.delete(message.id);
      this.#hold();
      pending?.(message);
    });
    this.#worker.on('error', (error) =>
      this.#fail(error instanceof Error ? error.message : 'failed'),
    );
    this.#worker.on('exit', () => this.#fail('ended'));
    this.#worker.unref();
  }

  /**
   * Starts the isolates of a component; resolves with the pool's id when the first one is ready. Without an
   * `isolation`, they get all layers that this machine has.
   */
  async open(spec: Omit<PoolSpec, 'isolation'> & Partial<PoolSpec>): Promise<number> {
    const pool = { ...spec, isolation: spec.isolation ?? (await isolationFor({})) };
    const { id, message } = await this.#ask({ type: 'open', pool });
    if ('failed' in message) throw new OpenFailed(message.failed);
    return id;
  }

  /** Runs one invocation. It never rejects on behalf of a guest. */
  async run(pool: number, run: RunSpec, signal?: AbortSignal, onCall?: OnCall): Promise<RunResult> {
    if (signal?.aborted) return unstarted('cancelled');
    if (this.#closing) return unstarted('closed');
    const id = this.#nextId;
    const cancel = () => this.#worker.postMessage({ type: 'cancel', id } satisfies ToSupervisor);
    signal?.addEventListener('abort', cancel, { once: true });
    if (onCall) this.#callers.set(id, onCall);
    try {
      // Values of credentials move to the thread: no copy stays here.
      const values = run.broker.credentials?.map(({ value }) => value.buffer as ArrayBuffer);
      const { message } = await this.#ask({ type: 'run', pool, run }, values);
      if (!('result' in message)) throw new SkillError('INTERNAL', 'the supervisor sent no result');
      return message.result;
    } catch (error) {
      if (this.#closing) return unstarted('closed');
      throw error;
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#callers.delete(id);
    }
  }

  /** Of a run that has ended, nobody waits for an answer. */
  async #answer({ id, call, request }: Extract<FromSupervisor, { call: number }>): Promise<void> {
    const bytes = await (this.#callers.get(id)?.(request) ?? nothing);
    this.#worker.postMessage({ type: 'answer', id, call, bytes } satisfies ToSupervisor);
  }

  async closePool(pool: number): Promise<void> {
    await this.#ask({ type: 'close-pool', pool });
  }

  /** Ends all isolates, then the thread. */
  async close(): Promise<void> {
    this.#closing = true;
    // Whatever becomes of the question: the thread ends, and the isolates with it.
    if (this.#dead === undefined) await this.#ask({ type: 'close' }).catch(() => undefined);
    await this.#worker.terminate();
  }

  #ask(
    message: WithoutId<ToSupervisor>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<{ id: number; message: FromSupervisor }> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      if (this.#dead !== undefined) {
        reject(new SkillError('INTERNAL', `The supervisor is gone: ${this.#dead}`));
        return;
      }
      this.#pending.set(id, (answer) => {
        if ('failed' in answer && message.type !== 'open') {
          const { failed } = answer;
          const why = failed.kind === 'died' ? failed.lastWords : failed.kind;
          reject(new SkillError('INTERNAL', `The supervisor gave no answer: ${why}`));
        } else resolve({ id, message: answer });
      });
      this.#hold();
      this.#worker.postMessage({ ...message, id }, transfer);
    });
  }

  /** The thread keeps the embedder's process alive only while something is asked of it. */
  #hold(): void {
    if (this.#pending.size > 0) this.#worker.ref();
    else this.#worker.unref();
  }

  #fail(reason: string): void {
    this.#dead ??= reason;
    const end: End = { kind: 'died', exitCode: null, signal: null, lastWords: reason };
    const pendings = [...this.#pending];
    this.#pending.clear();
    for (const [id, pending] of pendings) {
      pending({ id, failed: end });
    }
  }
}

function unstarted(reason: StopReason): RunResult {
  return { end: { kind: 'stopped', reason }, stdout: nothing, stderr: nothing, denials: [] };
}
