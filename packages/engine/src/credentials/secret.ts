/**
 * A secret value in memory. It prints as `[REDACTED]` wherever values are printed, is nothing when it is cloned, and
 * is overwritten when it is no longer needed. What this cannot reach: copies that the program makes of the text or
 * bytes that it takes out, strings (V8 neither overwrites nor tells when it has freed them), and swapped-out memory.
 */
export const REDACTED = '[REDACTED]';

/**
 * The value of a credential: bytes that can be overwritten. Printed, turned into text or into JSON it shows a mark in
 * place of its value.
 */
export class Secret implements Disposable {
  readonly #bytes: Uint8Array;
  #wiped = false;

  /** @param bytes taken over, not copied: whoever hands them in keeps no view of them */
  constructor(bytes: Uint8Array) {
    // A Buffer's `slice` shares memory, an array's copies: whoever uses the bytes gets the latter.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    Object.freeze(this);
  }

  /** The text in UTF-8. The string itself stays in memory until V8 reuses its place. */
  static fromText(text: string): Secret {
    return new Secret(new TextEncoder().encode(text));
  }

  /** Bytes. */
  get length(): number {
    return this.#bytes.length;
  }

  /** Whether the value is gone. */
  get wiped(): boolean {
    return this.#wiped;
  }

  /**
   * Lends the bytes for the length of a call. They are overwritten by `wipe`: keep no view of them.
   *
   * @throws Error once wiped
   */
  use<T>(work: (bytes: Uint8Array) => T): T {
    if (this.#wiped) throw new Error('This secret was wiped.');
    return work(this.#bytes);
  }

  /** Overwrites the value. Idempotent. */
  wipe(): void {
    this.#bytes.fill(0);
    this.#wiped = true;
  }

  [Symbol.dispose](): void {
    this.wipe();
  }

  /** `[REDACTED]`. */
  toString(): string {
    return REDACTED;
  }

  /** `[REDACTED]`. */
  toJSON(): string {
    return REDACTED;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  /** What `util.inspect`, and so the console, shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED;
  }
}
