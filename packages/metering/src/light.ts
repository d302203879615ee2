import type { CallGraph } from './call-graph.ts';
import { EV, type EventLog } from './events.ts';
import type { Module } from './module.ts';
import type { FunctionScan } from './scan.ts';

/** Most units that a light function can cost, its callees included. */
const LIGHT_UNITS = 500;

/**
 * Finds the functions for which their callers pay: small, without loops, and reached by direct calls alone, so that
 * every caller is known and adds the price to its own. They need no check, since whoever calls them in a loop checks.
 *
 * @param order - nodes of the graph, callees first.
 * @param frames - what each function debits from the stack; one that counts its depth is never light.
 */
export function findLight(
  module: Module,
  functions: readonly FunctionScan[],
  graph: CallGraph,
  events: EventLog,
  order: Int32Array,
  frames: Float64Array,
): Uint8Array {
  const light = new Uint8Array(functions.length);
  const total = new Float64Array(functions.length);
  for (const i of order) {
    const fn = functions[i];
    if (fn === undefined || fn.hasLoops || fn.hasPads || fn.bulk32 || fn.bulk64) continue;
    if (frames[i] !== 0 || graph.callsOut[i] === 1 || module.reachable.has(fn.index)) continue;
    let units = 0;
    let fits = true;
    for (let e = fn.firstEvent; e < fn.endEvent && fits; e++) {
      units += events.cost[e] as number;
      const kind = events.kind[e];
      if (kind === EV.throw || kind === EV.memoryGrow || kind === EV.tableGrow) fits = false;
      if (kind !== EV.call && kind !== EV.tailCall) continue;
      const callee = (events.a[e] as number) - module.importedFunctions;
      if (callee < 0 || light[callee] !== 1) fits = false;
      else units += total[callee] as number;
    }
    if (!fits || units > LIGHT_UNITS) continue;
    light[i] = 1;
    total[i] = units;
  }
  return light;
}
