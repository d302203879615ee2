import type { Counter } from './counter.ts';
import type { LabelLog } from './events.ts';

/** Units that may be charged without a check where ways come together. By label. */
export class Joins {
  private readonly labels: LabelLog;
  private readonly counter: Counter;
  private readonly byBranch: Float64Array;
  /** By a `br_table`, whose labels are joined. */
  private readonly byTable: Float64Array;
  /** Before the `else` of an `if`, or around it. */
  private readonly byElse: Float64Array;

  constructor(labels: LabelLog, counter: Counter) {
    this.labels = labels;
    this.counter = counter;
    this.byBranch = new Float64Array(labels.length);
    this.byTable = new Float64Array(labels.length);
    this.byElse = new Float64Array(labels.length);
  }

  /** A branch goes to a label. */
  branch(label: number): void {
    this.raise(this.byBranch, label);
  }

  /** A `br_table` goes to a label, and to those that are joined with it. */
  table(label: number): void {
    this.raise(this.byTable, this.labels.find(label));
  }

  private raise(by: Float64Array, label: number): void {
    by[label] = Math.max(by[label] as number, this.counter.sinceCheck);
  }

  /** An `if` begins. */
  open(label: number): void {
    this.byElse[label] = this.counter.sinceCheck;
  }

  /** Comes to the `else` of an `if`, or to the way around it. */
  other(label: number): void {
    this.counter.arrive(this.byElse[label] as number);
  }

  /** Comes to the end of an `if` without an `else`, from its arm and around it. */
  around(label: number): void {
    this.counter.arrive(Math.max(this.counter.sinceCheck, this.byElse[label] as number));
  }

  /** Comes to the end of a block, from its inside and by branches. */
  land(label: number, fallsThrough: boolean): void {
    const root = this.labels.find(label);
    this.counter.arrive(
      Math.max(
        fallsThrough ? this.counter.sinceCheck : 0,
        this.byBranch[label] as number,
        this.byTable[root] as number,
      ),
    );
  }
}
