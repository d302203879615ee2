/** One function, as the scanner left it. Event and label ranges are half open. */
export interface FunctionScan {
  readonly index: number;
  readonly firstEvent: number;
  readonly endEvent: number;
  /** Label of the function itself. */
  readonly label: number;
  readonly endLabel: number;
  /** Parameters and declared locals. */
  readonly locals: number;
  readonly localGroups: number;
  /** Offsets: declarations of locals (after their count), first instruction, end of body. */
  readonly declarations: number;
  readonly code: number;
  readonly end: number;
  /** Upper bound of the operand stack's height, in values. */
  readonly height: number;
  /** Most values that one call passes and brings back: they take stack beside the operands. */
  readonly callValues: number;
  readonly hasLoops: boolean;
  /** Has a `try` or a `try_table`. */
  readonly hasPads: boolean;
  readonly wideValues: boolean;
  /** A branch, live or dead, names the function's own label. */
  readonly rootNamed: boolean;
  /** Parameters: `locals` counts them too. */
  readonly params: number;
  /** Uses of declared locals, in the log. */
  readonly firstUse: number;
  readonly endUse: number;
  /** Live calls, in the log. */
  readonly firstCall: number;
  readonly endCall: number;
  /** Units of all instructions. */
  readonly units: number;
  /** Has a bulk operation, or grows something, and throws something, where execution comes. */
  readonly spends: boolean;
  readonly throws: boolean;
}
