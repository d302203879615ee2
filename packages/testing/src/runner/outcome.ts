/** What became of one test, whatever kind of file it stands in. */
export interface TestOutcome {
  /** Path of the file. */
  readonly file: string;
  /** The name, after those of the suites around it: `suite > test`. */
  readonly name: string;
  /** How it ended. */
  readonly status: 'passed' | 'failed' | 'skipped';
  /** Milliseconds that it took. */
  readonly durationMs: number;
  /** Of a failure: what is not as it should be. Of a skipped test: why. */
  readonly message?: string;
}

/** How tests are run. */
export interface RunnerOptions {
  /** Writes fuel snapshots that differ. Default false. */
  readonly update?: boolean;
  /** Runs the tests whose names match. Default: all. */
  readonly filter?: RegExp;
  /** What test files print, as it comes. Default: dropped. */
  readonly onOutput?: (text: string) => void;
}
