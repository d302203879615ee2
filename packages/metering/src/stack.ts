import type { CallGraph } from './call-graph.ts';
import type { FunctionScan } from './scan.ts';

/** Bytes that one frame is taken for, besides its values. */
const FRAME_BASE = 128;
/** An uncounted chain of calls may not need more stack than this before a counted function. */
const UNCOUNTED_BYTES = 2048;

/** What one frame can need on the machine's stack: every local and every operand spilled. */
export function frameBytes(fn: FunctionScan): number {
  return FRAME_BASE + (fn.locals + fn.height) * (fn.wideValues ? 16 : 8);
}

/**
 * Decides which functions count the depth, and what each debits from the stack budget; 0 means that it does not count.
 * A cycle of calls passes a counted function, since a function counts when it is part of a cycle of direct calls or
 * calls through a table, a reference or an import. Others are paid for by whoever counts above them.
 */
export function planStack(functions: readonly FunctionScan[], graph: CallGraph): Float64Array {
  const debit = new Float64Array(functions.length);
  /** Stack below a function until the next counted one, itself included where it is not counted. */
  const uncounted = new Float64Array(functions.length);
  for (const i of graph.order) {
    const fn = functions[i] as FunctionScan;
    let below = 0;
    for (let e = graph.starts[i] as number; e < (graph.starts[i + 1] as number); e++) {
      below = Math.max(below, uncounted[graph.edges[e] as number] as number);
    }
    const bytes = frameBytes(fn) + below;
    const counted =
      graph.recursive[i] === 1 || graph.callsOut[i] === 1 || fn.hasPads || bytes > UNCOUNTED_BYTES;
    if (counted) debit[i] = bytes;
    else uncounted[i] = bytes;
  }
  return debit;
}
