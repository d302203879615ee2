/** What a setting is, and the ways in which one can narrow. */
import type { Form } from '../manifest/form.ts';

/** One setting of an operator, in the table `settings`. */
export interface Setting<T> {
  /** @internal How it is read. */
  readonly form: Form<T>;
  /** One sentence, for people. */
  readonly meaning: string;
  /** Where nobody says anything; absent where the words of `otherwise` say what holds. */
  readonly initial?: T;
  /** In words, what holds where nobody says anything. */
  readonly otherwise: string;
  /** In words, what a layer that may only narrow can do. */
  readonly narrowing: string;
  /** The stricter of both, never less strict than `current`; `undefined` is what holds where nobody says anything. */
  readonly narrow: (current: T | undefined, by: T) => T | undefined;
}

type Narrowing<T> = Pick<Setting<T>, 'narrow' | 'narrowing'>;

/** Nothing said is no bound. */
export const lower: Narrowing<number> = {
  narrowing: 'lower it',
  narrow: (current, by) => Math.min(current ?? Infinity, by),
};

/** Nothing said keeps everything. */
export const keepMore: Narrowing<number> = {
  narrowing: 'raise it',
  narrow: (current, by) => (current === undefined ? undefined : Math.max(current, by)),
};

/** Neither choice is the stricter one. */
export function fixed<T>(): Narrowing<T> {
  return { narrowing: 'not change it', narrow: (current) => current };
}

/** Each entry narrows by itself. */
export function add<T>(narrowing: string): Narrowing<readonly T[]> {
  return { narrowing, narrow: (current = [], by) => [...current, ...by] };
}

/**
 * @param order from the least strict to the strictest
 * @param unset place of what nobody says, between those of the order; default: before all
 */
export function stricterOf<T>(order: readonly T[], unset = -1): Narrowing<T> {
  const rank = (value: T | undefined) => (value === undefined ? unset : order.indexOf(value));
  return {
    narrowing: `only towards ${String(order.at(-1))}`,
    narrow: (current, by) => (rank(by) > rank(current) ? by : current),
  };
}
