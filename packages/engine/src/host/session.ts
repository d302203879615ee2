import type { InvokeLimits, Fault } from '../isolate/messages.ts';

/** Answers that only the powerful side can give. Throws a WASI error code (a string) for an ordinary refusal. */
export type Ask = (
  op: string,
  args: readonly unknown[],
  bytes?: Uint8Array,
) => { value: unknown; bytes: Uint8Array };

/** The powers of the isolate's own realm that the host functions use; nothing else reaches outside. */
export interface HostPowers {
  readonly ask: Ask;
  /** Sends bytes of stdout (1) or stderr (2) out. */
  readonly output: (stream: 1 | 2, bytes: Uint8Array) => void;
  /** Nanoseconds, monotonic. */
  readonly monotonicNow: () => bigint;
  /** Milliseconds since the Unix epoch. */
  readonly wallNow: () => number;
  /** Blocks the isolate for at most that many milliseconds. */
  readonly sleep: (milliseconds: number) => void;
  /** Told of a wait for the broker, of so many milliseconds, in which nothing came. */
  readonly waited?: ((milliseconds: number) => void) | undefined;
  /** The next bytes of the invocation's seeded stream. */
  readonly randomBytes: (length: number) => Uint8Array;
  /** Takes fuel for what the host does for the guest; throws when there is not enough. */
  readonly consume: (units: number) => void;
}

/** Fuel of one host call: about what its way through glue and host costs, in basic instructions. */
export const HOST_CALL_FUEL = 100;

/** Fuel per byte that crosses between guest and host, in either direction. */
export const HOST_BYTE_FUEL = 1 / 8;

/** Streams and pollables that a guest may hold at once; they take of the isolate's memory, not of the guest's. */
export const HELD_RESOURCES = 65_536;

/** Ends the guest from inside a host call. It may be swallowed by a guest's `catch_all`, so it is also sticky. */
export class HostFault extends Error {
  readonly fault: Fault;
  constructor(fault: Fault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/** `wasi:cli/exit`: ends the run only. */
export class ExitSignal extends Error {
  readonly code: number;
  constructor(code: number) {
    super('exit');
    this.code = code;
  }
}

/**
 * One invocation as its host functions see it: the single door to everything outside (broker, clocks,
 * random, output), where calls are counted and limits hold. A limit that was hit stays hit, whatever
 * the guest does with the exception.
 */
export class HostSession {
  readonly #powers: HostPowers;
  readonly #limits: InvokeLimits;
  #hostCalls = 0;
  #moment = 0;
  #outputLeft: number;
  #held = 0;
  #fault: HostFault | undefined;
  #exit: ExitSignal | undefined;
  #deferred: (() => void) | undefined;

  constructor(powers: HostPowers, limits: InvokeLimits) {
    this.#powers = powers;
    this.#limits = limits;
    this.#outputLeft = limits.output;
  }

  get hostCalls(): number {
    return this.#hostCalls;
  }

  /** The first limit that was hit, if any. */
  get fault(): HostFault | undefined {
    return this.#fault;
  }

  /** The first `exit`, if the guest asked for one. */
  get exit(): ExitSignal | undefined {
    return this.#exit;
  }

  /** Counts one host call; every host function starts with it. */
  enter(): void {
    if (this.#fault) throw this.#fault;
    if (this.#exit) throw this.#exit;
    this.#hostCalls += 1;
    if (this.#hostCalls > this.#limits.hostCalls) {
      this.fail('host-call-limit', `more than ${this.#limits.hostCalls} host calls`);
    }
    this.#powers.consume(HOST_CALL_FUEL);
  }

  /** Fuel for bytes that the host lifts or lowers for the guest. */
  carry(bytes: number): void {
    if (bytes > 0) this.#powers.consume(Math.ceil(bytes * HOST_BYTE_FUEL));
  }

  /** Ends the invocation with a fault, now and for good. */
  fail(fault: Fault, message: string): never {
    this.#fault ??= new HostFault(fault, message);
    throw this.#fault;
  }

  /** Counts a stream or pollable that the guest gets; `release` when it drops it. */
  hold(): void {
    this.#held += 1;
    if (this.#held > HELD_RESOURCES) {
      this.fail('handle-limit', `more than ${HELD_RESOURCES} streams and pollables at once`);
    }
  }

  release(): void {
    this.#held -= 1;
  }

  leave(code: number): never {
    this.#exit ??= new ExitSignal(code);
    throw this.#exit;
  }

  ask(op: string, args: readonly unknown[], bytes?: Uint8Array): ReturnType<Ask> {
    const answer = this.askUncharged(op, args, bytes);
    this.carry(answer.bytes.length);
    return answer;
  }

  /** Like `ask`, without fuel for the answer's bytes: whoever hands them to the guest takes it. */
  askUncharged(op: string, args: readonly unknown[], bytes?: Uint8Array): ReturnType<Ask> {
    this.charge(bytes?.length ?? 0);
    this.settle();
    return this.askFree(op, args, bytes);
  }

  /** What a request with that many bytes costs, for whoever makes it later. */
  charge(bytes: number): void {
    this.enter();
    this.carry(bytes);
  }

  /** A request that was paid for before. */
  askFree(op: string, args: readonly unknown[], bytes?: Uint8Array): ReturnType<Ask> {
    this.#moment += 1;
    return this.#powers.ask(op, args, bytes);
  }

  /** Puts something off until the guest could notice: its next request, look at a clock, pause, or its end. */
  defer(action: () => void): void {
    this.settle();
    this.#moment += 1;
    this.#deferred = action;
  }

  /** Does what was put off. */
  settle(): void {
    const action = this.#deferred;
    this.#deferred = undefined;
    action?.();
  }

  /** Another number after everything that shows the guest, or makes of it, a later state of the world. */
  get moment(): number {
    return this.#moment;
  }

  /** Takes `bytes` off the output budget; what fits is sent, then the invocation ends. */
  write(stream: 1 | 2, bytes: Uint8Array): void {
    this.carry(bytes.length);
    const fits = Math.min(bytes.length, this.#outputLeft);
    this.#outputLeft -= fits;
    if (fits > 0)
      this.#powers.output(stream, fits === bytes.length ? bytes : bytes.subarray(0, fits));
    if (fits < bytes.length) this.outputExceeded();
  }

  /** Bytes of output that are left for the result. */
  get outputLeft(): number {
    return this.#outputLeft;
  }

  outputExceeded(): never {
    this.fail(
      'output-limit',
      `more than ${this.#limits.output} bytes of result, stdout and stderr`,
    );
  }

  monotonicNow(): bigint {
    this.settle();
    this.#moment += 1;
    return this.#powers.monotonicNow();
  }

  wallNow(): number {
    this.settle();
    this.#moment += 1;
    return this.#powers.wallNow();
  }

  sleep(milliseconds: number): void {
    this.settle();
    this.#moment += 1;
    this.#powers.sleep(milliseconds);
  }

  waited(milliseconds: number): void {
    this.#powers.waited?.(milliseconds);
  }

  randomBytes(length: number): Uint8Array {
    this.carry(length);
    return this.#powers.randomBytes(length);
  }
}
