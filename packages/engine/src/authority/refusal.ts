/** A text that is no valid rule, with the reason and, where one is known, what to write instead. */
export class Refusal {
  /** Completes "found X, but …". */
  readonly why: string;
  /** The corrected text. */
  readonly instead: string | undefined;

  constructor(why: string, instead?: string) {
    this.why = why;
    this.instead = instead;
  }
}
