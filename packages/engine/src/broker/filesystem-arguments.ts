/** The arguments of a request, all hostile: read one by one, with their types and ranges checked. */
import { ProtocolViolation } from './wasi-error.ts';

/** Largest offset or size that crosses the wire; beyond it no file of today reaches. */
const LARGEST = Number.MAX_SAFE_INTEGER;

export interface Instant {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** A timestamp to set: keep what is there (`null`), the time of the change, or an instant since the Unix epoch. */
export type NewTime = null | 'now' | Instant;

export class Arguments {
  readonly #op: string;
  readonly #values: readonly unknown[];
  readonly #bytes: Uint8Array;
  #at = 0;
  #bytesTaken = false;

  constructor(op: string, values: readonly unknown[], bytes: Uint8Array) {
    this.#op = op;
    this.#values = values;
    this.#bytes = bytes;
  }

  string(): string {
    const value = this.#next();
    return typeof value === 'string' ? value : this.#violation('a string');
  }

  boolean(): boolean {
    const value = this.#next();
    return typeof value === 'boolean' ? value : this.#violation('a boolean');
  }

  /** An integer from 0 to `largest`. */
  integer(largest: number = LARGEST): number {
    return this.#integer(this.#next(), largest);
  }

  handle(): number {
    return this.integer();
  }

  handles(): number[] {
    const values = this.#next();
    if (!Array.isArray(values) || values.length > 1024) return this.#violation('a list of handles');
    return values.map((value: unknown) => this.#integer(value, LARGEST));
  }

  /** At most `most` values of any kind, to be checked by who asked. */
  list(most: number): readonly unknown[] {
    const values = this.#next();
    if (!Array.isArray(values) || values.length > most) {
      return this.#violation(`a list of at most ${most}`);
    }
    return values;
  }

  time(): NewTime {
    const value = this.#next();
    if (value === null || value === 'now') return value;
    if (
      typeof value !== 'object' ||
      !Object.hasOwn(value, 'seconds') ||
      !Object.hasOwn(value, 'nanoseconds')
    ) {
      return this.#violation('a time');
    }
    const { seconds, nanoseconds } = value as Record<'seconds' | 'nanoseconds', unknown>;
    return {
      seconds: this.#integer(seconds, LARGEST),
      nanoseconds: this.#integer(nanoseconds, 999_999_999),
    };
  }

  bytes(): Uint8Array {
    this.#bytesTaken = true;
    return this.#bytes;
  }

  /** Nothing may be left. */
  end(): void {
    if (this.#at !== this.#values.length || (!this.#bytesTaken && this.#bytes.length > 0)) {
      this.#violation('nothing more');
    }
  }

  #next(): unknown {
    const value = this.#values[this.#at];
    this.#at += 1;
    return value;
  }

  #integer(value: unknown, largest: number): number {
    if (
      typeof value === 'number' &&
      Number.isSafeInteger(value) &&
      value >= 0 &&
      value <= largest
    ) {
      return value;
    }
    return this.#violation(`an integer from 0 to ${largest}`);
  }

  #violation(expected: string): never {
    throw new ProtocolViolation(`${this.#op}: argument ${this.#at} must be ${expected}`);
  }
}
