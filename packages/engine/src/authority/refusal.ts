/** A text that is no valid rule, with the reason and, where one is known, what to write instead. */
export class Refusal {
  /** What is wrong with it, where the allowed form does not say it already. */
  readonly why: string | undefined;
  /** The corrected text. */
  readonly instead: string | undefined;

  constructor(why?: string, instead?: string) {
    this.why = why;
    this.instead = instead;
  }
}
