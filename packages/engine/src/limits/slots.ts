/** How many calls of one skill run at once; further ones wait in turn. */

/** Calls that may wait. */
const QUEUE_LENGTH = 1024;

export class SlotsFull extends Error {}

export class Slots {
  readonly #size: number;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  /**
   * Resolves to `true` when a call may run, which then gives its slot back, or to `false` when the signal aborts before.
   *
   * @throws SlotsFull where too many wait already
   */
  async take(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    if (this.#taken < this.#size) {
      this.#taken++;
      return true;
    }
    if (this.#waiting.length >= QUEUE_LENGTH) throw new SlotsFull();
    return new Promise((resolve) => {
      const called = (): void => {
        signal.removeEventListener('abort', left);
        resolve(true);
      };
      const left = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(called), 1);
        resolve(false);
      };
      signal.addEventListener('abort', left, { once: true });
      this.#waiting.push(called);
    });
  }

  /** Gives a slot back; whoever waits longest has it then. */
  give(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#taken--;
  }
}
