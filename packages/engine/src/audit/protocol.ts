import type { ErrorCode, ErrorDetails } from '../errors.ts';
import type { Entry } from './entry.ts';
import type { Selection } from './filter.ts';
import type { Stored } from './page.ts';

/** What the store's thread is started with. */
export interface WorkerStart {
  readonly file: string;
  readonly busyTimeoutMs: number;
  /** The writer marks interrupted invocations when it opens; the reader never writes. */
  readonly mode: 'read' | 'write';
}

export type Request =
  | { readonly op: 'append'; readonly entry: Entry }
  | { readonly op: 'query'; readonly selection: Selection }
  | { readonly op: 'find'; readonly id: string; readonly most: number }
  | { readonly op: 'close' };

/** Requests are answered by their id; id 0 is the answer to the start itself. */
export interface Numbered {
  readonly id: number;
  readonly request: Request;
}

export type Answer =
  | { readonly id: number; readonly ok: true; readonly rows?: readonly Stored[] }
  | {
      readonly id: number;
      readonly ok: false;
      readonly error: { code: ErrorCode; message: string; details?: ErrorDetails };
    };
