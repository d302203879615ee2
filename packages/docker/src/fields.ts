/** Fields of the daemon's answers, which are taken for what they are and not for what they should be. */
import { DaemonError } from './daemon.ts';

export type Fields = Readonly<Record<string, unknown>>;

export function record(value: unknown): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new DaemonError('an answer lacks an object');
}

export function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new DaemonError('an answer lacks a list');
}

export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new DaemonError('an answer lacks a text');
}

export function number(value: unknown): number {
  if (typeof value === 'number') return value;
  throw new DaemonError('an answer lacks a number');
}
