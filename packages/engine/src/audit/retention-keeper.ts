/** Keeps a store within what its operator configured, beside all that it does. */
import type { Pruned } from './retention.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A process that lives shorter than this looks at its end. */
const FIRST_MS = 2000;

/** Pieces that such a process removes at most: its caller waits. */
const PIECES_AT_END = 10;

/** What the keeper can do to its store. */
export interface Keepable {
  prune(pieces?: number): Promise<Pruned | undefined>;
  /** Body of the last summary. */
  lastPrune(): Promise<string | undefined>;
}

export class RetentionKeeper {
  readonly #store: Keepable;
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #hasRun = false;

  constructor(store: Keepable, everyMs = HOUR) {
    this.#store = store;
    this.#everyMs = everyMs;
    this.#wait(Math.min(FIRST_MS, everyMs));
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#hasRun = true;
      void this.#run().then(() => {
        if (this.#timer !== undefined) this.#wait(this.#everyMs);
      });
    }, ms);
    this.#timer.unref();
  }

  async #run(): Promise<void> {
    try {
      await this.#store.prune();
    } catch (error) {
      // The store is closed meanwhile; or it cannot be written, which whoever writes is told, and the operator here.
      if (this.#timer === undefined) return;
      process.emitWarning(`Retention of the audit record failed: ${String(error)}`, {
        code: 'SKILL_ENGINE_RETENTION',
      });
    }
  }

  /** Nothing more begins. Who only ever runs short commands has it done by one of them, once a day. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#hasRun) return;
    try {
      const last = await this.#store.lastPrune();
      if (last !== undefined) {
        const { timestamp } = JSON.parse(last) as { timestamp: string };
        if (Math.abs(Date.now() - Date.parse(timestamp)) < DAY) return;
      }
      await this.#store.prune(PIECES_AT_END);
    } catch {
      // The next one will.
    }
  }
}
