import type { ErrorCode, ErrorDetails } from '../errors.ts';
import type { DatabaseOptions } from './database.ts';
import type { Entry } from './entry.ts';
import type { ChainEntry } from './export-format.ts';
import type { Selection } from './filter.ts';
import type { Stored } from './page.ts';
import type { Pruned, Retention } from './retention.ts';
import type { AuditStats } from './stats.ts';
import type { VerifyOptions } from './verify-store.ts';
import type { Verification } from './verify.ts';

/** What the store's thread is started with. The writer marks interrupted invocations when it opens. */
export interface WorkerStart extends DatabaseOptions {
  readonly file: string;
}

/** What can be asked of the thread, and what is answered. */
export interface Operations {
  append: { readonly asks: { readonly entry: Entry }; readonly gives: undefined };
  query: { readonly asks: { readonly selection: Selection }; readonly gives: readonly Stored[] };
  find: {
    readonly asks: { readonly id: string; readonly most: number };
    readonly gives: readonly Stored[];
  };
  stats: { readonly asks: { readonly selection: Selection }; readonly gives: AuditStats };
  verify: { readonly asks: { readonly options: VerifyOptions }; readonly gives: Verification };
  entries: {
    readonly asks: { readonly after: number; readonly most: number };
    readonly gives: readonly ChainEntry[];
  };
  lastPrune: { readonly asks: object; readonly gives: string | undefined };
  checkpoint: { readonly asks: object; readonly gives: boolean };
  retentionTarget: {
    readonly asks: { readonly retention: Retention };
    readonly gives: Pruned | undefined;
  };
  prunePiece: { readonly asks: { readonly target: number }; readonly gives: Pruned | undefined };
  vacuum: { readonly asks: object; readonly gives: undefined };
  close: { readonly asks: object; readonly gives: undefined };
}

export type Request = {
  [Op in keyof Operations]: { readonly op: Op } & Operations[Op]['asks'];
}[keyof Operations];

export type Gives<R extends Request> = Operations[R['op']]['gives'];

/** Requests are answered by their id; id 0 is the answer to the start itself. */
export interface Numbered {
  readonly id: number;
  readonly request: Request;
}

export type Answer =
  /** Appends that one commit has made durable. */
  | { readonly written: readonly number[] }
  | { readonly id: number; readonly ok: true; readonly value?: unknown }
  | {
      readonly id: number;
      readonly ok: false;
      readonly error: { code: ErrorCode; message: string; details?: ErrorDetails };
    };
