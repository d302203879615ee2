/** Where and how a record is not what was written. */
/** How the record is wrong. */
export type BreakKind =
  | 'missing' // entries are not there
  | 'changed' // an entry is not what was written
  | 'order' // entries do not follow each other
  | 'signature' // a signed statement is not
  | 'truncated' // the chain is shorter than it was
  | 'index' // what queries select by does not say what the record says
  | 'schema'; // the database is not made as the engine makes it

/** Where a record stops being what was written. */
export interface Break {
  readonly kind: BreakKind;
  /** Sequence number of the first entry that is wrong or missing; 0 where it is none in particular. */
  readonly seq: number;
  /** Of the entry; `null` where it belongs to no invocation, or is gone. */
  readonly executionId: string | null;
  /** One sentence. */
  readonly problem: string;
}

/** Thrown where verification finds it. */
export class Broken extends Error {
  readonly what: Break;
  constructor(
    kind: BreakKind,
    entry: { readonly seq: number; readonly execution_id?: string | null },
    problem: string,
  ) {
    super(problem);
    this.what = { kind, seq: entry.seq, executionId: entry.execution_id ?? null, problem };
  }
}
