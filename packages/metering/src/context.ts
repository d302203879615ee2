import type { EventLog, LabelLog } from './events.ts';
import type { Narrow } from './narrow.ts';
import type { FunctionScan } from './scan.ts';

/** Indices that emitted code refers to, and the decisions taken for the whole module. */
export interface EmitContext {
  readonly bytes: Uint8Array;
  readonly events: EventLog;
  readonly labels: LabelLog;
  readonly fuel: number;
  readonly depth: number;
  /** Where functions that tables call find the counter, and leave it. */
  readonly handover: number;
  /** Constant that marks an exhausted counter. */
  readonly exhausted: number;
  /** How far defined globals move. */
  readonly globalShift: number;
  /** Functions of the meter: see `HelperBodies`. */
  readonly settle: number;
  readonly take: number;
  readonly overflow: number;
  /** The fuel global is right at every trap. */
  readonly exactTraps: boolean;
  readonly memoryGrow: ReadonlyMap<number, number>;
  readonly tableGrow: ReadonlyMap<number, number>;
  /** Functions that pay for a length, by {@link BULK}. */
  readonly payLength: ReadonlyMap<number, number>;
  /** How a callee gets the counter; see {@link CONVENTION}. */
  readonly convention: (callee: number) => number;
  /** Whether a callee asks for the depth. */
  readonly asksDepth: (callee: number) => boolean;
  /** Units that a callee may charge before it checks, or -1 where it checks at its entry. */
  readonly drift: (callee: number) => number;
  /** Units that a callee leaves unchecked behind its last check, or -1 where it is not written yet. */
  readonly left: (callee: number) => number;
  /** Encoded type of a block that has this function's results. */
  readonly resultBlock: (fn: FunctionScan) => Uint8Array;
}

/** What is emitted for one function. */
export interface FunctionPlan {
  readonly entry: number;
  /** Check the counter at the entry. */
  readonly check: boolean;
  /** Bytes of stack that one frame is taken for, or 0 where the depth is not counted. */
  readonly frame: number;
  /** Where the frame counts and the counter is checked, if not from the entry to all exits. */
  readonly narrow: Narrow | undefined;
  /** All callers are written after it: they know what it leaves unchecked. */
  readonly leftKnown: boolean;
  /** One of {@link CONVENTION}. */
  readonly convention: number;
  /** It, or something that it calls, counts the depth. */
  readonly depth: boolean;
}
