/**
 * wasi:io (error, poll, streams) for synchronous glue.
 *
 * preview2-shim's adapter build is not used here: its pollables wait by promises, which glue
 * generated for synchronous calls ignores (two sleeps of 500 ms came back after 13 ms), its
 * `check-write` grants a constant, and its streams are shared by all instances of a realm.
 * Source of the rules: wasi:io@0.2 `streams.wit`, `poll.wit`.
 */
import type { HostSession } from './session.ts';

/** Longest list that `poll` takes. A longer one traps. */
export const POLL_LIST_LENGTH = 10_000;

/** Largest read that a stream serves at once, whatever the guest asks for. */
export const READ_BYTES = 1024 * 1024;

/** Largest write that `check-write` permits at once. */
export const WRITE_BYTES = 1024 * 1024;

/** `blocking-write-and-flush` and its kin take at most this many bytes (streams.wit). */
const BLOCKING_WRITE_BYTES = 4096;

/** wasi:io/error. Carries the code of the interface that failed, never a host message. */
export class IoError {
  readonly code: string;
  constructor(code: string) {
    this.code = code;
  }
  toDebugString(): string {
    return this.code;
  }
}

export type StreamError = { tag: 'last-operation-failed'; val: IoError } | { tag: 'closed' };

export const CLOSED: StreamError = Object.freeze({ tag: 'closed' });

/** Turns a WASI error code that the broker threw into the stream error that carries it. */
function streamFailure(thrown: unknown): unknown {
  return typeof thrown === 'string'
    ? { tag: 'last-operation-failed', val: new IoError(thrown) }
    : thrown;
}

/** When a pollable is ready: by its own word, at an instant of the monotonic clock, or when the broker says so. */
export interface PollSource {
  readonly session: HostSession;
  ready(): boolean;
  /** The instant at which `ready` will turn true, if it is known. */
  readonly deadline?: bigint;
  /** Handle at the broker, and what of it is waited for; only the broker knows whether it is ready. */
  readonly remote?: readonly [number, 'ready' | 'read' | 'write'];
  /** Waits until this one is ready, and keeps what came of it: one question to the broker instead of two. */
  settle?(): void;
}

/** How long one sleep lasts at most; the loop around it goes on. */
const NAP_NANOSECONDS = 1_000_000_000n;

/** How long the broker is asked to wait at most: some 24 days. */
const LONGEST_WAIT = 0x7fff_ffffn * 1_000_000n;

export class Pollable {
  readonly #source: PollSource;
  constructor(source: PollSource) {
    source.session.hold();
    this.#source = source;
  }

  static always(session: HostSession): Pollable {
    return new Pollable({ session, ready: () => true });
  }

  static at(session: HostSession, deadline: bigint): Pollable {
    return new Pollable({ session, ready: () => session.monotonicNow() >= deadline, deadline });
  }

  get source(): PollSource {
    return this.#source;
  }

  ready(): boolean {
    this.#source.session.enter();
    return readyOf([this], 0n).length > 0;
  }

  block(): void {
    this.#source.session.enter();
    waitForAny([this]);
  }

  [Symbol.dispose](): void {
    this.#source.session.release();
  }
}

/** What of the list is ready now, or as soon as the broker has something within `nanoseconds`. */
function readyOf(list: readonly Pollable[], nanoseconds: bigint): number[] {
  const ready: number[] = [];
  // The broker is told once of what several pollables wait for.
  const remote = new Map<
    string,
    { readonly wait: PollSource['remote']; readonly places: number[] }
  >();
  for (const [index, { source }] of list.entries()) {
    const wait = source.remote;
    if (wait === undefined) {
      if (source.ready()) ready.push(index);
      continue;
    }
    const key = wait.join(' ');
    const known = remote.get(key);
    if (known) known.places.push(index);
    else remote.set(key, { wait, places: [index] });
  }
  const session = list[0]?.source.session;
  if (remote.size === 0 || session === undefined) return ready;
  const asked = [...remote.values()];
  const nap = ready.length > 0 || nanoseconds < 0n ? 0n : nanoseconds;
  const { value } = session.ask('net.wait', [
    asked.map(({ wait }) => wait),
    // No longer than a timer of the broker's: then it is asked again.
    [Number(nap < LONGEST_WAIT ? nap : LONGEST_WAIT) / 1e6],
  ]);
  for (const at of value as number[]) ready.push(...asked[at]!.places);
  return ready.sort((one, other) => one - other);
}

/** Blocks until one of the pollables is ready, and says which are; the time limit ends what never is. */
function waitForAny(list: readonly Pollable[]): number[] {
  const session = list[0]?.source.session;
  if (session === undefined) return [];
  if (list.length === 1 && list[0]?.source.settle !== undefined) {
    list[0].source.settle();
    return [0];
  }
  const asks = list.some(({ source }) => source.remote !== undefined);
  for (;;) {
    const now = session.monotonicNow();
    let nap = asks ? LONGEST_WAIT : NAP_NANOSECONDS;
    for (const { source } of list) {
      if (source.deadline !== undefined && source.deadline - now < nap) nap = source.deadline - now;
    }
    const ready = readyOf(list, nap);
    if (ready.length > 0) return ready;
    if (asks) session.waited(Math.max(0, Number(nap) / 1e6));
    else if (nap > 0n) session.sleep(Math.max(1, Number(nap / 1_000_000n)));
  }
}

export function poll(list: readonly Pollable[]): Uint32Array {
  const session = list[0]?.source.session;
  if (session === undefined) throw new RangeError('poll: the list is empty');
  session.enter();
  if (list.length > POLL_LIST_LENGTH) {
    throw new RangeError(`poll: more than ${POLL_LIST_LENGTH} pollables`);
  }
  return Uint32Array.from(waitForAny(list));
}

/** Where the bytes of an input stream come from. `read` returns nothing at the end of the stream by throwing `CLOSED`. */
export interface ByteSource {
  /** At most `length` bytes; an empty answer means "none now". Throws a WASI error code or a stream error. */
  read(length: number): Uint8Array;
  /** Like `read`, but waits for at least one byte; absent where `read` never comes back empty. */
  blockingRead?(length: number): Uint8Array;
  subscribe?(): Pollable;
  close?(): void;
}

export class InputStream {
  readonly #session: HostSession;
  readonly #source: ByteSource;
  #open = true;

  constructor(session: HostSession, source: ByteSource) {
    session.hold();
    this.#session = session;
    this.#source = source;
  }

  #take(length: bigint, blocking: boolean): Uint8Array {
    this.#session.enter();
    if (!this.#open) throw CLOSED;
    const bounded = length > BigInt(READ_BYTES) ? READ_BYTES : Number(length);
    try {
      return blocking && this.#source.blockingRead
        ? this.#source.blockingRead(bounded)
        : this.#source.read(bounded);
    } catch (thrown) {
      const failure = streamFailure(thrown);
      if (failure !== thrown || thrown === CLOSED) this.#open = false;
      throw failure;
    }
  }

  read(length: bigint): Uint8Array {
    return this.#take(length, false);
  }

  blockingRead(length: bigint): Uint8Array {
    return this.#take(length, true);
  }

  skip(length: bigint): bigint {
    return BigInt(this.#take(length, false).length);
  }

  blockingSkip(length: bigint): bigint {
    return BigInt(this.#take(length, true).length);
  }

  subscribe(): Pollable {
    this.#session.enter();
    return this.#open && this.#source.subscribe
      ? this.#source.subscribe()
      : Pollable.always(this.#session);
  }

  [Symbol.dispose](): void {
    this.#open = false;
    this.#session.release();
    this.#source.close?.();
  }
}

/** Where the bytes of an output stream go. */
export interface ByteSink {
  /** Writes all of `bytes`. Throws a WASI error code or a stream error. */
  write(bytes: Uint8Array): void;
  /** How much may be written now; `WRITE_BYTES` where absent. */
  permit?(): number;
  flush?(): void;
  /** Writes, and waits until the bytes have left; `write` and `flush` where absent. */
  writeAndFlush?(bytes: Uint8Array): void;
  /** Waits until all that was written has left; `flush` where absent. */
  blockingFlush?(): void;
  subscribe?(): Pollable;
  close?(): void;
}

export class OutputStream {
  readonly #session: HostSession;
  readonly #sink: ByteSink;
  #open = true;
  #permit = 0;

  constructor(session: HostSession, sink: ByteSink) {
    session.hold();
    this.#session = session;
    this.#sink = sink;
  }

  #attempt(action: () => void): void {
    if (!this.#open) throw CLOSED;
    try {
      action();
    } catch (thrown) {
      const failure = streamFailure(thrown);
      if (failure !== thrown || thrown === CLOSED) this.#open = false;
      throw failure;
    }
  }

  checkWrite(): bigint {
    this.#session.enter();
    if (!this.#open) throw CLOSED;
    this.#attempt(() => {
      this.#permit = Math.min(this.#sink.permit?.() ?? WRITE_BYTES, WRITE_BYTES);
    });
    return BigInt(this.#permit);
  }

  /** streams.wit: writing more than `check-write` permitted is a trap. */
  #spend(length: number): void {
    if (!this.#open) throw CLOSED;
    if (length > this.#permit) throw new RangeError('write: more bytes than check-write permitted');
    this.#permit -= length;
  }

  write(bytes: Uint8Array): void {
    this.#session.enter();
    this.#spend(bytes.length);
    this.#attempt(() => this.#sink.write(bytes));
  }

  blockingWriteAndFlush(bytes: Uint8Array): void {
    this.#session.enter();
    if (bytes.length > BLOCKING_WRITE_BYTES) {
      throw new RangeError(`blocking-write-and-flush: more than ${BLOCKING_WRITE_BYTES} bytes`);
    }
    this.#attempt(() => {
      if (this.#sink.writeAndFlush) {
        this.#sink.writeAndFlush(bytes);
        return;
      }
      this.#sink.write(bytes);
      this.#sink.flush?.();
    });
  }

  flush(): void {
    this.#session.enter();
    this.#attempt(() => this.#sink.flush?.());
  }

  blockingFlush(): void {
    this.#session.enter();
    this.#attempt(() => {
      if (this.#sink.blockingFlush) this.#sink.blockingFlush();
      else this.#sink.flush?.();
    });
  }

  writeZeroes(length: bigint): void {
    this.#session.enter();
    if (length > BigInt(this.#permit)) {
      if (!this.#open) throw CLOSED;
      throw new RangeError('write-zeroes: more bytes than check-write permitted');
    }
    this.#spend(Number(length));
    this.#attempt(() => this.#sink.write(new Uint8Array(Number(length))));
  }

  blockingWriteZeroesAndFlush(length: bigint): void {
    if (length > BigInt(BLOCKING_WRITE_BYTES)) {
      throw new RangeError(
        `blocking-write-zeroes-and-flush: more than ${BLOCKING_WRITE_BYTES} bytes`,
      );
    }
    this.blockingWriteAndFlush(new Uint8Array(Number(length)));
  }

  splice(source: InputStream, length: bigint): bigint {
    return this.#splice(length, (bounded) => source.read(bounded));
  }

  blockingSplice(source: InputStream, length: bigint): bigint {
    return this.#splice(length, (bounded) => source.blockingRead(bounded));
  }

  #splice(length: bigint, read: (length: bigint) => Uint8Array): bigint {
    const permit = this.checkWrite();
    const bytes = read(length < permit ? length : permit);
    this.write(bytes);
    return BigInt(bytes.length);
  }

  subscribe(): Pollable {
    this.#session.enter();
    return this.#open && this.#sink.subscribe
      ? this.#sink.subscribe()
      : Pollable.always(this.#session);
  }

  [Symbol.dispose](): void {
    this.#open = false;
    this.#session.release();
    this.#sink.close?.();
  }
}
