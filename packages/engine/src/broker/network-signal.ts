/** Lets an answer to the isolate wait until something on the network has changed. */

/** What a timer of the platform can hold. */
const LONGEST_TIMER = 0x7fff_ffff;

export class Signal {
  #waiting = new Set<() => void>();
  #closed = false;

  /** Whoever waits looks again. */
  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const look of waiting) look();
  }

  /** Nothing waits any longer. */
  close(): void {
    this.#closed = true;
    this.wake();
  }

  /**
   * The first answer of `look` that is not `undefined`.
   *
   * @param milliseconds how long to wait at most; `undefined` after that
   */
  until<T>(
    look: () => T | undefined,
    milliseconds = Infinity,
  ): T | undefined | Promise<T | undefined> {
    const now = look();
    if (now !== undefined || milliseconds <= 0 || this.#closed) return now;
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const settle = (action: () => void) => {
        clearTimeout(timer);
        this.#waiting.delete(again);
        action();
      };
      const again = () => {
        try {
          const found = look();
          if (found !== undefined || this.#closed) settle(() => resolve(found));
          else this.#waiting.add(again);
        } catch (error) {
          settle(() => reject(error));
        }
      };
      this.#waiting.add(again);
      if (milliseconds !== Infinity) {
        const last = () => {
          this.#waiting.delete(again);
          try {
            resolve(look());
          } catch (error) {
            reject(error);
          }
        };
        timer = setTimeout(last, Math.min(milliseconds, LONGEST_TIMER));
      }
    });
  }
}

/** Goes on with a value that is here, or will be. */
export function andThen<T, U>(value: T | Promise<T>, next: (value: T) => U): U | Promise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
