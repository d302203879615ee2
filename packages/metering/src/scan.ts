import { Body } from './body.ts';
import { EV, type EventLog, LABEL, type LabelLog } from './events.ts';
import * as flow from './flow.ts';
import type { FunctionScan } from './function-scan.ts';
import { readMemoryIndex, readPrefixed, readTableIndex, readVector } from './immediates.ts';
import { checkLimit, type MeteringLimits } from './limits.ts';
import type { Module } from './module.ts';
import { COSTS } from './opcodes.ts';
import { Reader } from './reader.ts';
import { readHeapType, readValueType, VECTOR } from './types.ts';

export type { FunctionScan } from './function-scan.ts';

/** Scans all bodies of a module. */
export class Scanner {
  readonly events: EventLog;
  readonly labels: LabelLog;
  readonly functions: FunctionScan[] = [];
  /** Memories and tables that some function grows. */
  readonly grownMemories = new Set<number>();
  readonly grownTables = new Set<number>();
  /** How lengths are read by what pays for them: see `BULK`. */
  readonly lengths = new Set<number>();
  /** Some call goes through a typed reference. */
  callsReferences = false;
  /** Some function makes a tail call. */
  tailCalls = false;
  /** Any exception handling opcode or tag. */
  exceptions = false;
  /** Most labels of one function. */
  mostLabels = 0;
  private readonly module: Module;
  private readonly limits: MeteringLimits;
  private readonly body: Body;

  constructor(module: Module, limits: MeteringLimits) {
    this.module = module;
    this.limits = limits;
    this.body = new Body(module, limits);
    this.events = this.body.events;
    this.labels = this.body.labels;
    this.exceptions = module.tags.length > 0;
  }

  scan(): void {
    const { bodies, importedFunctions, bytes } = this.module;
    for (let i = 0; i < bodies.length; i++) {
      const [start, end] = bodies[i] as [number, number];
      this.functions.push(this.scanFunction(importedFunctions + i, new Reader(bytes, start, end)));
    }
  }

  private scanFunction(index: number, r: Reader): FunctionScan {
    const { module, limits, events, labels, body } = this;
    const type = module.types[module.functions[index] as number];
    if (type === undefined) return r.fail('function without a type');
    const groupsAt = r.pos;
    const localGroups = r.u32();
    const declarations = r.pos;
    let locals = type.params;
    let { wideValues } = module;
    for (let i = 0; i < localGroups; i++) {
      locals += r.u32();
      checkLimit(limits, 'locals', locals, groupsAt);
      if (r.bytes[r.pos] === VECTOR) wideValues = true;
      readValueType(r, module.types.length);
    }
    const code = r.pos;
    const firstEvent = events.length;
    const firstUse = events.useCount;
    const firstCall = events.callCount;
    const root = labels.push(type.results === 0 ? LABEL.plain : 0, 0);
    body.r = r;
    body.begin(root, type.params, locals, type.results, wideValues);
    const { control } = body;
    while (control.depth > 0) this.instruction(body.straight());
    if (r.pos !== r.end) r.fail('bytes after the end of a function');
    checkLimit(limits, 'localsTimesBlocks', locals * body.blocks, code);
    if (body.hasPads) this.exceptions = true;
    this.mostLabels = Math.max(this.mostLabels, labels.length - root);
    return {
      index,
      firstEvent,
      endEvent: events.length,
      label: root,
      endLabel: labels.length,
      locals,
      localGroups,
      declarations,
      code,
      end: r.end,
      height: body.maxHeight,
      callValues: body.callValues,
      hasLoops: body.hasLoops,
      hasPads: body.hasPads,
      wideValues: body.wideValues,
      rootNamed: body.rootNamed,
      params: type.params,
      firstUse,
      endUse: events.useCount,
      firstCall,
      endCall: events.callCount,
      units: body.units,
      spends: body.spends,
      throws: body.throws,
    };
  }

  private instruction(opcode: number): void {
    const { body } = this;
    switch (opcode) {
      case 0x02: // block
      case 0x03: // loop
      case 0x04: // if
      case 0x06: // try
      case 0x1f: // try_table
        return flow.open(body, opcode);
      case 0x05: // else
      case 0x07: // catch
      case 0x19: // catch_all
        return flow.alternative(body, opcode);
      case 0x0b: // end
      case 0x18: // delegate
        return flow.close(body, opcode);
      case 0x0c: // br
      case 0x0d: // br_if
      case 0xd5: // br_on_null
      case 0xd6: // br_on_non_null
        return flow.branch(body, opcode);
      case 0x0e:
        return flow.branchTable(body);
      case 0x08: // throw
      case 0x09: // rethrow
      case 0x0a: // throw_ref
        this.exceptions = true;
        return flow.leave(body, opcode);
      case 0x00: // unreachable
      case 0x0f: // return
        return flow.leave(body, opcode);
      case 0x10: // call
      case 0x11: // call_indirect
      case 0x12: // return_call
      case 0x13: // return_call_indirect
      case 0x14: // call_ref
      case 0x15: // return_call_ref
        return this.call(opcode);
      case 0x23: // global.get
      case 0x24: // global.set
        return this.global(opcode);
      default:
        return this.rarer(opcode);
    }
  }

  private call(opcode: number): void {
    const { module, body } = this;
    const { r, at } = body;
    const direct = opcode === 0x10 || opcode === 0x12;
    const callee = r.u32();
    if (direct ? callee >= module.functions.length : callee >= module.types.length) {
      r.fail('function or type index out of range', at);
    }
    if (opcode === 0x11 || opcode === 0x13) readTableIndex(r, module, at);
    else if (!direct) this.callsReferences = true;
    const signature = module.types[direct ? (module.functions[callee] as number) : callee];
    if (signature === undefined) return r.fail('call without a type', at);
    const { params, results } = signature;
    body.rise(results - params - (direct ? 0 : 1));
    body.cost += direct ? COSTS.call : COSTS.indirectCall;
    if (params + results > body.callValues) body.callValues = params + results;
    const a = direct ? callee : -1 - callee;
    const tail = opcode !== 0x10 && opcode !== 0x11 && opcode !== 0x14;
    body.log(tail ? EV.tailCall : EV.call, body.liveness(), a);
    if (body.live) body.events.call();
    if (!tail) return;
    this.tailCalls = true;
    body.die();
  }

  private global(opcode: number): void {
    const { module, body } = this;
    const global = body.r.u32();
    if (global >= module.globals) body.r.fail(`global index ${global} is out of range`, body.at);
    body.rise(opcode === 0x23 ? 1 : -1);
    body.cost += COSTS.instruction;
    if (global >= module.importedGlobals) body.log(EV.global, body.liveness(), global);
  }

  private rarer(opcode: number): void {
    const { module, body } = this;
    const { r, at } = body;
    switch (opcode) {
      case 0x1c: {
        // select of a given type
        const count = r.u32();
        if (count !== 1) r.fail('select with more than one type', at);
        readValueType(r, module.types.length);
        body.height -= 2;
        body.cost += COSTS.instruction;
        break;
      }
      case 0x40: {
        const memory = readMemoryIndex(r, module, at);
        body.cost += COSTS.memoryGrow;
        this.grownMemories.add(memory);
        body.spends ||= body.live;
        body.log(EV.memoryGrow, body.liveness(), memory);
        break;
      }
      case 0xd0: // ref.null
        readHeapType(r, module.types.length);
        body.rise(1);
        body.cost += COSTS.instruction;
        break;
      case 0xfc: {
        const bulk = readPrefixed(r, module, at);
        body.rise(bulk.delta);
        body.cost += bulk.cost;
        if (bulk.event === 0) break;
        if (bulk.event === EV.tableGrow) this.grownTables.add(bulk.a);
        else this.lengths.add(bulk.a);
        body.spends ||= body.live;
        body.log(bulk.event, body.liveness(), bulk.a);
        break;
      }
      case 0xfd:
        body.wideValues = true;
        body.rise(readVector(r, module, at));
        body.cost += COSTS.instruction;
        break;
      default:
        r.fail(`opcode 0x${opcode.toString(16)} is unknown`, at);
    }
  }
}
