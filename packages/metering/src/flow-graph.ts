import { LABEL, type EventLog, type LabelLog } from './events.ts';
import type { FunctionScan } from './function-scan.ts';
import { Potentials } from './potentials.ts';
import { SLACK } from './slack.ts';

/** Where a line leads that ends in a trap after at most {@link DOOMED_FREE} units: it accepts whatever was paid. */
export const DOOMED = -1;
export const DOOMED_FREE = 64;
const OWED = SLACK / 32;

/**
 * Where a charge on a line would stand, dearest first: lines at the front of the list are kept free of charges before
 * those behind them. What counts is bytes, and inside of loops how often.
 */
export const RANK = {
  /** On the taken edge of a `br_if`: needs an `if` of its own. */
  taken: 0,
  /** At the header of a loop that goes straight on to another, or dispatches by `br_table`: its ways back can pay. */
  dispatch: 1,
  /** On the way around an `if`: needs an `else`. */
  around: 2,
  /** By itself, on the way to where paths part. */
  alone: 3,
  /** The same on the way to a label; and on an edge as above that is seldom taken, or leaves a loop. */
  joining: 4,
  /** Before a call or an exit, where the counter is got anyway, or behind a call, where it is set. */
  beside: 5,
  leaving: 6,
  /** At the header of a loop, where the counter is got for its check; of one that is copied, once for all copies. */
  header: 7,
  copied: 8,
} as const;
const RANKS = 9;
const DISCARDED = RANKS;

/** What is kept of every line, one behind the other. */
const FROM = 0;
const TO = 1;
const UNITS = 2;
/** The event that it begins behind; of an edge, -1 minus the event. */
const EVENT = 3;
/** Its first call that sets the counter, or -1, and the units behind that. */
const CALL = 4;
const BEHIND = 5;
/** Its first call or exit that gets the counter, or -1, and the units from there on. */
const EXIT = 6;
const REST = 7;
const LINE = 8;

/**
 * The ways through one function: nodes are where paths part or meet, lines what is straight between them. It is built
 * from the function's end to its entry, so that a line's beginning comes last; until then the line is open.
 *
 * Every node gets a potential: the units already paid by whoever stands there. A line is free of charges where its
 * ends' potentials differ by what it costs, and a tree of lines can be. The rest pays the difference.
 */
export class FlowGraph {
  /** Of the open line: the node that it leads to, or {@link DOOMED}, and its units. */
  to = 0;
  units = 0;
  private call = -1;
  private behind = 0;
  private exit = -1;
  private rest = 0;
  /** Loops around it. */
  depth = 0;
  /** The event behind which the function checks, or -1: what is charged on that line is charged there. */
  checked = -1;
  /** Most units that may be owed between the beginning of a line and a call or exit on it. */
  owed = OWED;

  private labels!: LabelLog;
  private base = 0;
  private labelled = 0;
  /** The function's end, with potential 0. */
  private end = 0;
  private lines = 0;
  private data = new Int32Array(0);
  private ranks = new Uint8Array(0);
  /** Lists of the lines of one rank: by rank the first, by line the next one. */
  private readonly first = new Int32Array(RANKS + 1);
  private next = new Int32Array(0);
  readonly potentials = new Potentials();
  private paid = new Int32Array(0);
  private depths = new Uint32Array(0);

  begin(fn: FunctionScan, labels: LabelLog): void {
    const events = fn.endEvent - fn.firstEvent;
    this.labelled = fn.endLabel - fn.label;
    this.labels = labels;
    this.base = fn.label;
    this.end = this.node(fn.label);
    this.potentials.begin(this.labelled, this.end, events);
    this.room(this.labelled + events, 2 * events);
    this.lines = 0;
    this.depth = 0;
    this.owed = OWED;
    this.open(this.end);
  }

  private room(nodes: number, lines: number): void {
    if (nodes > this.paid.length) {
      this.paid = new Int32Array(nodes * 2);
      this.depths = new Uint32Array(nodes * 2);
    }
    if (lines <= this.ranks.length) return;
    this.data = new Int32Array(lines * 2 * LINE);
    this.ranks = new Uint8Array(lines * 2);
    this.next = new Int32Array(lines * 2);
  }

  /** A node where paths part. */
  split(): number {
    const node = this.potentials.add();
    this.depths[node] = this.depth;
    return node;
  }

  /** The node of a label, and of all that a `br_table` joined with it. */
  node(label: number): number {
    const { parent } = this.labels;
    return (parent[label] === label ? label : this.labels.find(label)) - this.base;
  }

  /** Whether the open line leads straight to a loop, or to where a `br_table` branches. */
  dispatches(): boolean {
    return this.reachesLabel() && this.isDispatched();
  }

  private joins(): boolean {
    return this.reachesLabel() && !this.isDispatched();
  }

  private reachesLabel(): boolean {
    const { to } = this;
    return to >= 0 && to !== this.end && to < this.labelled;
  }

  private isDispatched(): boolean {
    return ((this.labels.flags[this.base + this.to] as number) & (LABEL.loop | LABEL.table)) !== 0;
  }

  /** Begins a line at its end. */
  open(to: number, units = 0): void {
    this.to = to;
    this.units = units;
    this.call = -1;
    this.exit = -1;
  }

  /** The open line passes a call that gets the counter and sets it, and for which the caller pays. */
  passCall(event: number, prepaid: number): void {
    this.call = event;
    this.behind = this.units;
    this.passExit(event, prepaid);
  }

  /** The open line passes an event before which the counter is got for the last time. */
  passExit(event: number, prepaid = 0): void {
    this.exit = event;
    this.rest = this.units + prepaid;
  }

  /** A doomed way of so many units leaves the open line, and what is charged behind it may not be owed there. */
  passDoomed(units: number): void {
    this.exit = -1;
    if (this.to !== DOOMED) return;
    this.call = -1;
    this.units = Math.max(this.units, units);
  }

  /** Ends the open line at its beginning. Returns its number. */
  close(from: number, event: number, rank: number = RANK.alone): number {
    const { data } = this;
    const line = this.add(from, this.to, this.units, event, rank);
    const at = line * LINE;
    data[at + CALL] = this.call;
    data[at + BEHIND] = this.behind;
    data[at + EXIT] = this.exit;
    data[at + REST] = this.rest;
    if (rank !== RANK.alone) return line;
    if (this.call >= 0 || this.exit >= 0) this.ranks[line] = RANK.beside;
    else if (this.to !== DOOMED && this.loopsAround(this.to) < this.depth) {
      this.ranks[line] = RANK.leaving;
    } else if (this.joins()) this.ranks[line] = RANK.joining;
    return line;
  }

  private loopsAround(node: number): number {
    const { depths, labelled, labels, base } = this;
    return (node < labelled ? labels.loops[base + node] : depths[node]) as number;
  }

  /** Adds a line that is an edge: it costs nothing. */
  edge(from: number, to: number, event: number, rank: number): void {
    this.add(from, to, 0, -1 - event, rank);
  }

  private add(from: number, to: number, units: number, event: number, rank: number): number {
    const { data } = this;
    const line = this.lines++;
    const at = line * LINE;
    data[at + FROM] = from;
    data[at + TO] = to;
    data[at + UNITS] = units;
    data[at + EVENT] = event;
    this.ranks[line] = rank;
    return line;
  }

  /** Lets a closed line begin at another node. */
  attach(line: number, from: number): void {
    this.data[line * LINE + FROM] = from;
  }

  isDoomed(line: number): boolean {
    return this.data[line * LINE + TO] === DOOMED;
  }

  /** Takes a line out; returns its units. */
  discard(line: number): number {
    this.ranks[line] = DISCARDED;
    return this.data[line * LINE + UNITS] as number;
  }

  /** Opens a closed line again: it goes on beyond its beginning, where a doomed way leaves it. */
  reopen(line: number): void {
    const { data } = this;
    const at = line * LINE;
    this.open(data[at + TO] as number, this.discard(line));
    this.call = data[at + CALL] as number;
    this.behind = data[at + BEHIND] as number;
  }

  /** Finds all potentials, and writes what has to be charged on the lines. Returns what was paid at the entry. */
  solve({ charge, edge }: EventLog): number {
    const { data, ranks, first, next, lines, potentials, paid } = this;
    first.fill(-1);
    for (let line = lines - 1; line >= 0; line--) {
      const rank = ranks[line] as number;
      next[line] = first[rank] as number;
      first[rank] = line;
    }
    for (let rank = 0; rank < RANKS; rank++) {
      for (let line = first[rank] as number; line >= 0; line = next[line] as number) {
        const at = line * LINE;
        potentials.unite(
          data[at + FROM] as number,
          data[at + TO] as number,
          data[at + UNITS] as number,
        );
      }
    }
    for (let node = 0; node < potentials.count; node++) paid[node] = potentials.of(node);
    for (let line = 0; line < lines; line++) {
      const rank = ranks[line] as number;
      if (rank === DISCARDED) continue;
      const at = line * LINE;
      const from = paid[data[at + FROM] as number] as number;
      const to = paid[data[at + TO] as number] as number;
      const units = (data[at + UNITS] as number) + to - from;
      const event = data[at + EVENT] as number;
      if (event < 0) edge[-1 - event] = units;
      else if (rank !== RANK.beside || units === 0 || event === this.checked) charge[event] = units;
      else {
        const owed = (data[at + UNITS] as number) - (data[at + REST] as number) - from;
        const exit = data[at + EXIT] as number;
        const call = data[at + CALL] as number;
        if (exit >= 0 && (units < 0 || owed <= this.owed)) edge[exit] = units;
        else if (call >= 0 && (data[at + BEHIND] as number) + to >= Math.max(units, 0)) {
          charge[call] = units;
        } else charge[event] = units;
      }
      // Copies only pay together for what each of them costs.
      if (rank === RANK.copied && units <= 0) edge[event] = 0;
    }
    return this.units + (this.to === DOOMED ? 0 : (paid[this.to] as number));
  }
}
