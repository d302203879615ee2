import { MeteringError } from './errors.ts';
import { BULK, EV } from './events.ts';
import type { Module } from './module.ts';
import { COSTS, IMM, SIMD, SIMD_COUNT } from './opcodes.ts';
import type { Reader } from './reader.ts';
import { isNumberType, readValueType } from './types.ts';

/**
 * Passes over the immediates of one instruction. Every index is checked: an index that the guest's own module does
 * not have could otherwise name something that the rewriter appends.
 */
export function readImmediates(layout: number, r: Reader, module: Module, at: number): void {
  switch (layout) {
    case IMM.leb32:
      return r.skipLeb(5);
    case IMM.leb64:
      return r.skipLeb(10);
    case IMM.memarg:
      return readMemarg(r, module, at);
    case IMM.memargLane:
      readMemarg(r, module, at);
      return r.skip(1);
    case IMM.f32:
      return r.skip(4);
    case IMM.f64:
      return r.skip(8);
    case IMM.bytes16:
      return r.skip(16);
    case IMM.bytes1:
      return r.skip(1);
    case IMM.memory:
      readMemoryIndex(r, module, at);
      return;
    case IMM.table:
      readTableIndex(r, module, at);
      return;
    case IMM.function: {
      const index = r.u32();
      if (index >= module.functions.length) r.fail('function index out of range', at);
      module.referenced.add(index);
      return;
    }
    case IMM.gc:
      throw new MeteringError('FEATURE_GC', 'garbage-collection opcodes cannot be metered', at);
    case IMM.threads:
      throw new MeteringError('FEATURE_THREADS', 'atomic opcodes cannot be metered', at);
    case IMM.stackSwitching:
      throw new MeteringError('FEATURE_STACK_SWITCHING', 'stack switching cannot be metered', at);
    default:
      throw new MeteringError(
        'FEATURE_UNKNOWN',
        `unknown opcode 0x${(r.bytes[at] ?? 0).toString(16)}`,
        at,
      );
  }
}

function readMemarg(r: Reader, module: Module, at: number): void {
  const align = r.u32();
  const memory = align & 0x40 ? r.u32() : 0;
  if (memory >= module.memories.length) r.fail('memory index out of range', at);
  r.skipLeb(10);
}

export function readMemoryIndex(r: Reader, module: Module, at: number): number {
  const index = r.u32();
  if (index >= module.memories.length) r.fail('memory index out of range', at);
  return index;
}

export function readTableIndex(r: Reader, module: Module, at: number): number {
  const index = r.u32();
  if (index >= module.tables.length) r.fail('table index out of range', at);
  return index;
}

/** Reads a tag index; the number of values that the tag carries. */
export function readTagArity(r: Reader, module: Module): number {
  const at = r.pos;
  const type = module.tags[r.u32()];
  if (type === undefined) return r.fail('tag index out of range', at);
  return module.types[type]?.params ?? 0;
}

/** Arity of a block. One object is reused: a large module has hundreds of thousands of blocks. */
export interface Arity {
  params: number;
  results: number;
}

export function readBlockType(r: Reader, module: Module, arity: Arity): void {
  const byte = r.bytes[r.pos] ?? 0;
  arity.params = 0;
  arity.results = 1;
  if (byte === 0x40) {
    r.u8();
    arity.results = 0;
  } else if (isNumberType(byte)) r.u8();
  else if (byte > 0x40 && byte < 0x80) readValueType(r, module.types.length);
  else {
    const at = r.pos;
    const type = module.types[r.s33()];
    if (type === undefined) return r.fail('block type out of range', at);
    arity.params = type.params;
    arity.results = type.results;
  }
}

/** What an instruction behind the prefix 0xFC does. */
export interface Prefixed {
  delta: number;
  cost: number;
  /** Kind of event, or 0. */
  event: number;
  a: number;
}

const TRUNCATION: Prefixed = { delta: 0, cost: COSTS.instruction, event: 0, a: 0 };
const WIDE_ADD: Prefixed = { delta: -2, cost: COSTS.instruction, event: 0, a: 0 };
const WIDE_MUL: Prefixed = { delta: 0, cost: COSTS.instruction, event: 0, a: 0 };
const DROP: Prefixed = { delta: 0, cost: COSTS.instruction, event: 0, a: 0 };
const TABLE_SIZE: Prefixed = { delta: 1, cost: COSTS.instruction, event: 0, a: 0 };

/** Reads the sub-opcode behind 0xFC and its immediates. */
export function readPrefixed(r: Reader, module: Module, at: number): Prefixed {
  const sub = r.u32();
  const memory = (wide: boolean): Prefixed => ({
    delta: -3,
    cost: COSTS.bulkMemory,
    event: EV.bulk,
    a: wide ? BULK.bytes64 : BULK.bytes32,
  });
  const table = (wide: boolean): Prefixed => ({
    delta: -3,
    cost: COSTS.bulkTable,
    event: EV.bulk,
    a: wide ? BULK.elements64 : BULK.elements32,
  });
  const memoryIsWide = (): boolean =>
    module.memories[readMemoryIndex(r, module, at)]?.wide === true;
  const tableIsWide = (): boolean => module.tables[readTableIndex(r, module, at)]?.wide === true;
  switch (sub) {
    case 8: // memory.init
      r.u32();
      readMemoryIndex(r, module, at);
      return memory(false);
    case 9: // data.drop
    case 13: // elem.drop
      r.u32();
      return DROP;
    case 10: {
      // memory.copy
      const to = memoryIsWide();
      const from = memoryIsWide();
      return memory(to && from);
    }
    case 11: // memory.fill
      return memory(memoryIsWide());
    case 12: // table.init
      r.u32();
      readTableIndex(r, module, at);
      return table(false);
    case 14: {
      // table.copy
      const to = tableIsWide();
      const from = tableIsWide();
      return table(to && from);
    }
    case 15: // table.grow
      return {
        delta: -1,
        cost: COSTS.tableGrow,
        event: EV.tableGrow,
        a: readTableIndex(r, module, at),
      };
    case 16: // table.size
      readTableIndex(r, module, at);
      return TABLE_SIZE;
    case 17: // table.fill
      return table(tableIsWide());
    case 19: // i64.add128
    case 20: // i64.sub128
      return WIDE_ADD;
    case 21: // i64.mul_wide_s
    case 22: // i64.mul_wide_u
      return WIDE_MUL;
    default:
      if (sub < 8) return TRUNCATION;
      throw new MeteringError('FEATURE_UNKNOWN', `unknown opcode 0xfc ${sub}`, at);
  }
}

/** Reads the sub-opcode behind 0xFD and its immediates; how it moves the height of the operand stack. */
export function readVector(r: Reader, module: Module, at: number): number {
  const sub = r.u32();
  if (sub >= SIMD_COUNT) {
    throw new MeteringError('FEATURE_UNKNOWN', `unknown vector opcode 0x${sub.toString(16)}`, at);
  }
  const layout = SIMD.imm[sub] as number;
  if (layout !== IMM.none) readImmediates(layout, r, module, at);
  return SIMD.delta[sub] as number;
}
