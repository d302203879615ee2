import { ControlStack } from './control.ts';
import { MeteringError } from './errors.ts';
import { BULK, EV, EventLog, FLAG, LABEL, LabelLog } from './events.ts';
import { checkLimit, type MeteringLimits } from './limits.ts';
import type { Module } from './module.ts';
import {
  readBlockType,
  readImmediates,
  readMemoryIndex,
  readPrefixed,
  readTableIndex,
  readTagArity,
} from './immediates.ts';
import { COSTS, IMM, MAIN, SIMD, SIMD_COUNT } from './opcodes.ts';
import { Reader } from './reader.ts';
import { readHeapType, readValueType } from './types.ts';

/** One function, as the scanner left it. Event and label ranges are half open. */
export interface FunctionScan {
  readonly index: number;
  readonly firstEvent: number;
  readonly endEvent: number;
  /** Label of the function itself. */
  readonly label: number;
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
  /** Uses of declared locals, in {@link EventLog.uses}. */
  readonly firstUse: number;
  readonly endUse: number;
  /** Has a bulk operation whose length is 32 or 64 bits wide. */
  readonly bulk32: boolean;
  readonly bulk64: boolean;
}

/** Longest run up to a `br_table` that is paid where it leads to, which spares dispatching loops a charge. */
const DISPATCH_UNITS = 64;

/** Scans all bodies of a module. */
export class Scanner {
  readonly events = new EventLog();
  readonly labels = new LabelLog();
  readonly functions: FunctionScan[] = [];
  /** Memories and tables that some function grows. */
  readonly grownMemories = new Set<number>();
  readonly grownTables = new Set<number>();
  /** Some call goes through a typed reference. */
  callsReferences = false;
  /** Any exception handling opcode or tag. */
  exceptions = false;
  private readonly module: Module;
  private readonly limits: MeteringLimits;
  private readonly control = new ControlStack();
  /** Whether the `br_table` just read leaves the innermost loop. */
  private tableLeaves = false;
  private rootNamed = false;

  constructor(module: Module, limits: MeteringLimits) {
    this.module = module;
    this.limits = limits;
    this.exceptions = module.tags.length > 0;
  }

  scan(): void {
    for (const [i, [start, end]] of this.module.bodies.entries()) {
      this.scanFunction(
        this.module.importedFunctions + i,
        new Reader(this.module.bytes, start, end),
      );
    }
  }

  private scanFunction(index: number, r: Reader): void {
    const { module, limits, events, labels, control } = this;
    const { bytes } = r;
    const { imm, cost: costs, delta } = MAIN;
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
      if (bytes[r.pos] === 0x7b) wideValues = true;
      readValueType(r, module.types.length);
    }
    const code = r.pos;
    const firstEvent = events.length;
    const firstUse = events.useCount;
    this.rootNamed = false;
    const root = labels.push(
      LABEL.pinned | LABEL.fixed | (type.results === 0 ? LABEL.plain : 0),
      0,
    );
    labels.potential[root] = 0;
    control.start(root, type.results);
    let cost = 0;
    /** Units since the last place where a charge can stand. */
    let run = 0;
    let live = true;
    let height = 0;
    let maxHeight = type.results;
    let loops = 0;
    let blocks = 0;
    let callValues = 0;
    let hasLoops = false;
    let hasPads = false;
    let bulk32 = false;
    let bulk64 = false;
    const arity = { params: 0, results: 0 };

    while (control.depth > 0) {
      const at = r.pos;
      const opcode = r.u8();
      const layout = imm[opcode] as number;
      if (layout !== IMM.special) {
        height += delta[opcode] as number;
        if (height > maxHeight) maxHeight = height;
        cost += costs[opcode] as number;
        if (layout === IMM.none) continue;
        if (layout === IMM.local) {
          const pos = r.pos;
          const local = r.u32();
          if (local >= locals) r.fail('local index out of range', at);
          if (local >= type.params) events.use(pos);
          continue;
        }
        readImmediates(layout, r, module, at);
        continue;
      }
      switch (opcode) {
        case 0x02: // block
        case 0x03: // loop
        case 0x04: // if
        case 0x06: // try
        case 0x1f: {
          // try_table
          readBlockType(r, module, arity);
          const { params, results } = arity;
          const isLoop = opcode === 0x03;
          if (isLoop) {
            loops++;
            hasLoops ||= live;
          }
          const carried = isLoop ? params : results;
          const label = labels.push(
            (isLoop ? LABEL.loop | LABEL.pinned | LABEL.fixed : 0) |
              (carried === 0 ? LABEL.plain : 0),
            loops,
          );
          if (isLoop) labels.potential[label] = 0;
          if (opcode === 0x04) {
            height--;
            cost += COSTS.instruction;
          }
          if (opcode === 0x06 || opcode === 0x1f) {
            this.exceptions = true;
            hasPads = true;
          }
          if (opcode === 0x1f) this.catchClauses(r, live);
          control.push(opcode, label, height - params, params, results, live);
          checkLimit(limits, 'blockDepth', control.depth, at);
          blocks++;
          if (isLoop || opcode === 0x04) {
            events.push(isLoop ? EV.loop : EV.if, live ? FLAG.live : 0, at, r.pos, cost, label);
            cost = 0;
            run = 0;
          }
          break;
        }
        case 0x05: // else
        case 0x07: // catch
        case 0x19: {
          // catch_all
          const opened = control.opcode();
          if (opcode === 0x05 ? opened !== 0x04 : opened !== 0x06 && opened !== 0x07) {
            r.fail('else or catch without its opening', at);
          }
          let pushed = control.params();
          if (opcode === 0x07) pushed = readTagArity(r, module);
          else if (opcode === 0x19) pushed = 0;
          const flags = (live ? FLAG.fallsThrough : 0) | (control.liveAtEntry() ? FLAG.live : 0);
          control.alternative(opcode, live);
          events.push(
            opcode === 0x05 ? EV.else : EV.catch,
            flags,
            at,
            r.pos,
            cost,
            control.label(),
          );
          live = control.liveAtEntry();
          height = control.height() + pushed;
          cost = 0;
          run = 0;
          break;
        }
        case 0x18: // delegate
        case 0x0b: {
          // end
          const opened = control.opcode();
          if (opcode === 0x18) {
            if (opened !== 0x06) r.fail('delegate without its try', at);
            const target = r.u32();
            if (target >= control.depth - 1) r.fail('delegate out of range', at);
          }
          const label = control.label();
          let flags = live ? FLAG.fallsThrough : 0;
          if (opened === 0x03) {
            flags |= FLAG.loopEnd;
            if (control.results() === 0 && height === control.height()) flags |= FLAG.even;
            loops--;
          } else if (opened === 0x04) flags |= FLAG.oneArmed;
          else if (opened === 0x05) flags |= FLAG.twoArmed;
          live = control.liveAfter(live);
          if (live) flags |= FLAG.live;
          height = control.height() + control.results();
          control.pop();
          if (control.depth === 1) flags |= FLAG.outermost;
          events.push(EV.end, flags, at, r.pos, cost, label);
          cost = 0;
          run = 0;
          break;
        }
        case 0x0c: // br
        case 0x0d: // br_if
        case 0xd5: // br_on_null
        case 0xd6: {
          // br_on_non_null
          const target = r.u32();
          if (target >= control.depth) r.fail('branch out of range', at);
          const label = control.labelAt(target);
          if (label === root) this.rootNamed = true;
          if (opcode !== 0x0c && opcode !== 0xd5) height--;
          cost += COSTS.instruction;
          let flags = (live ? FLAG.live : 0) | (opcode === 0x0d ? FLAG.conditional : 0);
          if ((labels.loops[label] as number) < loops) {
            flags |= FLAG.leaves;
            if (opcode === 0x0d && (labels.flags[label] as number) & LABEL.plain)
              flags |= FLAG.splittable;
          }
          if (live) control.branch(target);
          events.push(opcode === 0x0c ? EV.br : EV.brIf, flags, at, r.pos, cost, label);
          cost = 0;
          run = 0;
          if (opcode === 0x0c) {
            live = false;
            height = control.height();
          }
          break;
        }
        case 0x0e: {
          cost += COSTS.branchTable;
          const label = this.branchTable(r, live, run + cost, at, loops);
          events.push(
            EV.brTable,
            (live ? FLAG.live : 0) | (this.tableLeaves ? FLAG.leaves : 0),
            at,
            r.pos,
            cost,
            label,
          );
          live = false;
          height = control.height();
          cost = 0;
          run = 0;
          break;
        }
        case 0x00: // unreachable
        case 0x0f: // return
        case 0x08: // throw
        case 0x09: // rethrow
        case 0x0a: {
          // throw_ref
          const thrown = opcode >= 0x08 && opcode <= 0x0a;
          if (opcode === 0x08) readTagArity(r, module);
          if (opcode === 0x09 && r.u32() >= control.depth) r.fail('rethrow out of range', at);
          if (thrown) {
            this.exceptions = true;
            cost += COSTS.throw;
          } else cost += COSTS.instruction;
          const kind = thrown ? EV.throw : opcode === 0x00 ? EV.trap : EV.return;
          events.push(kind, live ? FLAG.live : 0, at, r.pos, cost, 0);
          live = false;
          height = control.height();
          cost = 0;
          run = 0;
          break;
        }
        case 0x10: // call
        case 0x11: // call_indirect
        case 0x12: // return_call
        case 0x13: // return_call_indirect
        case 0x14: // call_ref
        case 0x15: {
          // return_call_ref
          const direct = opcode === 0x10 || opcode === 0x12;
          const tail = opcode === 0x12 || opcode === 0x13 || opcode === 0x15;
          const callee = r.u32();
          if (direct ? callee >= module.functions.length : callee >= module.types.length) {
            r.fail('function or type index out of range', at);
          }
          if (opcode === 0x11 || opcode === 0x13) readTableIndex(r, module, at);
          else if (!direct) this.callsReferences = true;
          const signature = module.types[direct ? (module.functions[callee] as number) : callee];
          if (signature === undefined) return r.fail('call without a type', at);
          height += signature.results - signature.params - (direct ? 0 : 1);
          if (height > maxHeight) maxHeight = height;
          cost += direct ? COSTS.call : COSTS.indirectCall;
          callValues = Math.max(callValues, signature.params + signature.results);
          events.push(
            tail ? EV.tailCall : EV.call,
            live ? FLAG.live : 0,
            at,
            r.pos,
            cost,
            direct ? callee : -1 - callee,
          );
          run += cost;
          cost = 0;
          if (tail) {
            live = false;
            run = 0;
            height = control.height();
          }
          break;
        }
        case 0x1c: {
          const count = r.u32();
          if (count !== 1) r.fail('select with more than one type', at);
          readValueType(r, module.types.length);
          height -= 2;
          cost += COSTS.instruction;
          break;
        }
        case 0x23: // global.get
        case 0x24: {
          // global.set
          const global = r.u32();
          if (global >= module.globals) r.fail(`global index ${global} is out of range`, at);
          height += opcode === 0x23 ? 1 : -1;
          if (height > maxHeight) maxHeight = height;
          cost += COSTS.instruction;
          if (global >= module.importedGlobals) {
            events.push(EV.global, live ? FLAG.live : 0, at, r.pos, cost, global);
            run += cost;
            cost = 0;
          }
          break;
        }
        case 0x40: {
          const memory = readMemoryIndex(r, module, at);
          cost += COSTS.memoryGrow;
          this.grownMemories.add(memory);
          events.push(EV.memoryGrow, live ? FLAG.live : 0, at, r.pos, cost, memory);
          run += cost;
          cost = 0;
          break;
        }
        case 0xd0:
          readHeapType(r, module.types.length);
          height++;
          if (height > maxHeight) maxHeight = height;
          cost += COSTS.instruction;
          break;
        case 0xfc: {
          const bulk = readPrefixed(r, module, at);
          height += bulk.delta;
          if (height > maxHeight) maxHeight = height;
          cost += bulk.cost;
          if (bulk.event !== 0) {
            if (bulk.event === EV.tableGrow) {
              this.grownTables.add(bulk.a);
            } else if (bulk.a === BULK.bytes64 || bulk.a === BULK.elements64) bulk64 = true;
            else bulk32 = true;
            events.push(bulk.event, live ? FLAG.live : 0, at, r.pos, cost, bulk.a);
            run += cost;
            cost = 0;
          }
          break;
        }
        case 0xfd: {
          const sub = r.u32();
          if (sub >= SIMD_COUNT) {
            throw new MeteringError(
              'FEATURE_UNKNOWN',
              `unknown vector opcode 0x${sub.toString(16)}`,
              at,
            );
          }
          wideValues = true;
          const form = SIMD.imm[sub] as number;
          if (form !== IMM.none) readImmediates(form, r, module, at);
          height += SIMD.delta[sub] as number;
          if (height > maxHeight) maxHeight = height;
          cost += COSTS.instruction;
          break;
        }
        default:
          r.fail(`opcode 0x${opcode.toString(16)} is unknown`, at);
      }
    }
    if (r.pos !== r.end) r.fail('bytes after the end of a function');
    checkLimit(limits, 'localsTimesBlocks', locals * blocks, code);
    this.functions.push({
      index,
      firstEvent,
      endEvent: events.length,
      label: root,
      locals,
      localGroups,
      declarations,
      code,
      end: r.end,
      height: maxHeight,
      callValues,
      hasLoops,
      hasPads,
      wideValues,
      rootNamed: this.rootNamed,
      params: type.params,
      firstUse,
      endUse: events.useCount,
      bulk32,
      bulk64,
    });
  }

  /** Reads the labels of a `br_table`; joins them, since whoever branches must have paid the same to each. */
  private branchTable(r: Reader, live: boolean, run: number, at: number, loops: number): number {
    const { control, labels } = this;
    const count = r.u32();
    checkLimit(this.limits, 'branchTableEntries', count, at);
    let first = -1;
    this.tableLeaves = false;
    for (let i = 0; i <= count; i++) {
      const target = r.u32();
      if (target >= control.depth) r.fail('branch out of range', at);
      const label = control.labelAt(target);
      if (target === control.depth - 1) this.rootNamed = true;
      if ((labels.loops[label] as number) < loops) this.tableLeaves = true;
      if (!live) continue;
      control.branch(target);
      if (first === label) continue;
      labels.pin(label, run <= DISPATCH_UNITS ? -run : 0);
      if (first === -1) first = label;
      else labels.join(first, label);
    }
    return Math.max(first, 0);
  }

  /** Reads the clauses of a `try_table`: each label lands with nothing paid and the depth to be put back. */
  private catchClauses(r: Reader, live: boolean): void {
    const { control, labels } = this;
    const count = r.u32();
    checkLimit(this.limits, 'branchTableEntries', count, r.pos);
    for (let i = 0; i < count; i++) {
      const at = r.pos;
      const kind = r.u8();
      if (kind > 3) r.fail('unknown catch clause', at);
      if (kind < 2) readTagArity(r, this.module);
      const target = r.u32();
      if (target >= control.depth) r.fail('branch out of range', at);
      if (target === control.depth - 1) this.rootNamed = true;
      if (!live) continue;
      control.branch(target);
      const label = control.labelAt(target);
      labels.flags[label] = (labels.flags[label] as number) | LABEL.pad;
      labels.fix(label);
    }
  }
}
