/** What an embedder offers to guests beyond WASI. */

/** Who is calling; nothing of it comes from the guest. */
export interface InterfaceCall {
  /** Name of the skill. */
  readonly skill: string;
  /** Name of the tool. */
  readonly tool: string;
  /** The user that the invocation was made for; `null` if it named none. */
  readonly user: string | null;
  /** Names the invocation's audit record. */
  readonly executionId: string;
  /** Aborts when the invocation ends: at its time limit, by its caller, or because the guest is gone. */
  readonly signal: AbortSignal;
}

/**
 * An interface in WIT and the functions behind it.
 *
 * Functions have WIT's names in camel case. They get the arguments as JavaScript values, then an `InterfaceCall`, and
 * return a value or a promise of one: `u64` and `s64` are bigints, `list<u8>` a `Uint8Array`, records have camel case
 * fields, variants are `{ tag, val }`, absent options `undefined`. A function whose WIT result is `result<T, E>`
 * returns `T`, and throws an `InterfaceError` for `E`.
 */
export interface HostInterface {
  /** A WIT package that has the interface, such as `package app:db@1.0.0; interface query { … }`. */
  readonly wit: string;
  /** A function for each of the interface, by its name in camel case. */
  readonly implementation: Readonly<Record<string, (...args: never[]) => unknown>>;
}

/**
 * The implementation of an interface, from the declarations that `skill types` writes for its WIT: each function gets an
 * `InterfaceCall` besides, and may be asynchronous.
 *
 *     import type * as Query from './app-db-query.js';
 *     const implementation: HostFunctions<typeof Query> = { orders: (customer, { user }) => [] };
 */
export type HostFunctions<Declared> = {
  readonly [
    Name in keyof Declared as Declared[Name] extends (...args: never[]) => unknown ? Name : never
  ]: Declared[Name] extends (...args: infer Args) => infer Result
    ? (...args: [...args: Args, call: InterfaceCall]) => Result | Promise<Result>
    : never;
};

/** Thrown by a host function: the guest gets `payload` as the err case of the function's result. */
export class InterfaceError extends Error {
  override readonly name = 'InterfaceError';
  /** The err case, of the function's type. */
  readonly payload: unknown;

  constructor(payload: unknown) {
    super(typeof payload === 'string' ? payload : 'the err case of a host function');
    this.payload = payload;
  }
}
