import { Worker } from 'node:worker_threads';
import { SkillError } from '../errors.ts';
import type { Answer, Gives, Numbered, Request, WorkerStart } from './protocol.ts';
import { threadEnvironment } from '../thread-environment.ts';
import { unavailable } from './unavailable.ts';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: SkillError) => void;
}

const entryUrl = new URL(
  import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js',
  import.meta.url,
);

/** Speaks with one thread of the store. The thread keeps the process alive only while it owes an answer. */
export class WorkerClient {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #dead: SkillError | undefined;

  /** Resolves when the database is open. @throws SkillError AUDIT_UNAVAILABLE */
  static async start(data: WorkerStart): Promise<WorkerClient> {
    const client = new WorkerClient(data);
    await client.#expect(0);
    return client;
  }

  private constructor(data: WorkerStart) {
    this.#worker = new Worker(entryUrl, {
      workerData: data,
      env: threadEnvironment(),
      execArgv: ['--disable-warning=ExperimentalWarning'],
      name: `skill-engine audit ${data.mode}`,
    });
    this.#worker.on('message', (message: Answer) => this.#settle(message));
    this.#worker.on('error', (error) => this.#die(unavailable('kept open', error)));
    this.#worker.on('exit', () =>
      this.#die(unavailable('kept open', new Error('its thread ended'))),
    );
  }

  /** @throws SkillError as the thread answered it */
  async request<R extends Request>(request: R): Promise<Gives<R>> {
    if (this.#dead !== undefined) throw this.#dead;
    const message: Numbered = { id: ++this.#lastId, request };
    const answer = this.#expect(message.id);
    this.#worker.postMessage(message);
    return (await answer) as Gives<R>;
  }

  /** Ends the thread after all earlier requests. */
  async close(): Promise<void> {
    if (this.#dead !== undefined) return;
    await this.request({ op: 'close' });
    this.#dead = new SkillError('ENGINE_CLOSED', 'The audit store is closed.');
    await this.#worker.terminate();
  }

  #expect(id: number): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { resolve, reject });
    this.#worker.ref();
    return promise;
  }

  #settle(answer: Answer): void {
    if ('written' in answer) for (const id of answer.written) this.#take(id)?.resolve(undefined);
    else if (answer.ok) this.#take(answer.id)?.resolve(answer.value);
    else {
      const { code, message } = answer.error;
      this.#take(answer.id)?.reject(new SkillError(code, message, detailsOf(answer.error)));
    }
    if (this.#waiting.size === 0) this.#worker.unref();
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #die(reason: SkillError): void {
    this.#dead ??= reason;
    for (const { reject } of this.#waiting.values()) reject(this.#dead);
    this.#waiting.clear();
  }
}

function detailsOf(error: { details?: Readonly<Record<string, unknown>> }): {
  details?: Readonly<Record<string, unknown>>;
} {
  return error.details === undefined ? {} : { details: error.details };
}
