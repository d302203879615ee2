/** One supervisor thread as the engine's thread sees it, from its start to its end. */
import { Worker } from 'node:worker_threads';
import { SkillError } from '../errors.ts';
import type { End } from '../isolate/process.ts';
import { threadEnvironment } from '../thread-environment.ts';
import type {
  FromSupervisor,
  HostCall,
  PoolSpec,
  RunResult,
  RunSpec,
  ToSupervisor,
} from './messages.ts';

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

export class SupervisorThread {
  readonly #worker: Worker;
  readonly #callers = new Map<number, OnCall>();
  readonly #pending = new Map<number, PromiseWithResolvers<FromSupervisor>>();
  #nextId = 1;
  #dead: string | undefined;

  constructor() {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#worker = new Worker(new URL(`./supervisor.${extension}`, import.meta.url), {
      name: 'skill-supervisor',
      env: threadEnvironment(),
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
      pending?.resolve(message);
    });
    this.#worker.on('error', (error) =>
      this.#fail(error instanceof Error ? error.message : 'failed'),
    );
    this.#worker.on('exit', () => this.#fail('it ended'));
    this.#worker.unref();
  }

  get alive(): boolean {
    return this.#dead === undefined;
  }

  /** @throws OpenFailed */
  async open(pool: PoolSpec): Promise<number> {
    const { id, answer } = this.#ask({ type: 'open', pool });
    const message = await answer;
    if ('failed' in message) throw new OpenFailed(message.failed);
    return id;
  }

  async run(pool: number, run: RunSpec, signal?: AbortSignal, onCall?: OnCall): Promise<RunResult> {
    // Values of credentials move to the thread: no copy stays here.
    const values = run.broker.credentials?.map(({ value }) => value.buffer as ArrayBuffer);
    const { id, answer } = this.#ask({ type: 'run', pool, run }, values);
    const cancel = () => this.#worker.postMessage({ type: 'cancel', id } satisfies ToSupervisor);
    signal?.addEventListener('abort', cancel, { once: true });
    if (onCall) this.#callers.set(id, onCall);
    try {
      const message = await answer;
      if ('result' in message) return message.result;
      const failed = 'failed' in message ? message.failed : undefined;
      const why = failed?.kind === 'died' ? failed.lastWords : (failed?.kind ?? 'no result');
      throw new SkillError('INTERNAL', `The supervisor gave no answer: ${why}`);
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#callers.delete(id);
    }
  }

  async closePool(pool: number): Promise<void> {
    await this.#ask({ type: 'close-pool', pool }).answer;
  }

  /** Ends all isolates, then the thread. */
  async close(): Promise<void> {
    // Whatever becomes of the question: the thread ends, and the isolates with it.
    if (this.alive) await this.#ask({ type: 'close' }).answer.catch(() => undefined);
    await this.#worker.terminate();
  }

  /** Of a run that has ended, nobody waits for an answer. */
  async #answer({ id, call, request }: Extract<FromSupervisor, { call: number }>): Promise<void> {
    const bytes = await (this.#callers.get(id)?.(request) ?? nothing);
    this.#worker.postMessage({ type: 'answer', id, call, bytes } satisfies ToSupervisor);
  }

  /** The answer rejects when the thread ends before it has given one. */
  #ask(
    message: WithoutId<ToSupervisor>,
    transfer: readonly ArrayBuffer[] = [],
  ): { readonly id: number; readonly answer: Promise<FromSupervisor> } {
    const id = this.#nextId++;
    if (this.#dead !== undefined) return { id, answer: Promise.reject(gone(this.#dead)) };
    const pending = Promise.withResolvers<FromSupervisor>();
    this.#pending.set(id, pending);
    this.#hold();
    this.#worker.postMessage({ ...message, id }, transfer);
    return { id, answer: pending.promise };
  }

  /** The thread keeps the embedder's process alive only while something is asked of it. */
  #hold(): void {
    if (this.#pending.size > 0) this.#worker.ref();
    else this.#worker.unref();
  }

  #fail(reason: string): void {
    this.#dead ??= reason;
    const pendings = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pendings) reject(gone(this.#dead));
  }
}

function gone(reason: string): SkillError {
  return new SkillError(
    'INTERNAL',
    `The engine's supervisor thread is gone (${reason}), and what it ran with it: what a guest did until then stands. The next call starts another thread.`,
  );
}
