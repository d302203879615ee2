/**
 * What the scanner must know of every opcode: how its immediates are laid out, what it costs and how it moves the
 * height of the operand stack. Source: the binary format and validation chapters of the core specification, release 3.
 */

/** Layout of immediates. */
export const IMM = {
  none: 0,
  leb32: 1,
  leb64: 2,
  memarg: 3,
  f32: 4,
  f64: 5,
  /** Handled one by one in the scanner. */
  special: 6,
  local: 7,
  memory: 8,
  table: 9,
  invalid: 10,
  gc: 11,
  threads: 12,
  stackSwitching: 13,
  function: 14,
  memargLane: 15,
  bytes16: 16,
  bytes1: 17,
} as const;

/**
 * The cost table, in units of fuel. An instruction that is not listed costs 1; markers of structure
 * (`block`, `loop`, `else`, `end`, `nop`, `try`, `catch`, `try_table`, …) cost nothing.
 */
export const COSTS = Object.freeze({
  /** Any instruction without a line of its own. */
  instruction: 1,
  /** `br_table`. */
  branchTable: 2,
  /** `call`, `return_call`. */
  call: 3,
  /** `call_indirect`, `call_ref` and their tail forms. */
  indirectCall: 5,
  /** Integer and floating division, remainder, square root. */
  division: 4,
  /** `throw`, `throw_ref`, `rethrow`: unwinding is slow on every engine. */
  throw: 500,
  /** Base of `memory.fill/copy/init`, to which one unit per 8 bytes is added. */
  bulkMemory: 8,
  /** Base of `table.fill/copy/init`, to which one unit per element is added. */
  bulkTable: 8,
  /** `table.get`, `table.set`, `ref.func`. */
  tableAccess: 3,
  /** Base of `memory.grow`, to which 8 192 units per page (one per 8 bytes) are added. */
  memoryGrow: 100,
  /** Base of `table.grow`, to which one unit per element is added. */
  tableGrow: 100,
  /** Every instantiation, to which what active segments copy is added: a unit per element, a unit per 8 bytes. */
  instantiation: 1000,
});

/** Units per page of a successful or attempted `memory.grow` within the budget. */
export const FUEL_PER_PAGE = 8192;

/** Bytes that a bulk operation copies or fills for one unit of fuel. */
export const BYTES_PER_FUEL = 8;

const imm = new Uint8Array(256).fill(IMM.invalid);
const cost = new Uint8Array(256).fill(COSTS.instruction);
const delta = new Int8Array(256);

function define(from: number, to: number, layout: number, change: number, price?: number): void {
  for (let op = from; op <= to; op++) {
    imm[op] = layout;
    delta[op] = change;
    if (price !== undefined) cost[op] = price;
  }
}

define(0x00, 0x1f, IMM.special, 0, 0);
define(0x16, 0x17, IMM.invalid, 0);
define(0x1d, 0x1e, IMM.invalid, 0);
define(0x01, 0x01, IMM.none, 0, 0);
define(0x1a, 0x1a, IMM.none, -1, 1);
define(0x1b, 0x1b, IMM.none, -2, 1);
define(0x20, 0x20, IMM.local, 1);
define(0x21, 0x21, IMM.local, -1);
define(0x22, 0x22, IMM.local, 0);
define(0x23, 0x24, IMM.special, 0);
define(0x25, 0x25, IMM.table, 0, COSTS.tableAccess);
define(0x26, 0x26, IMM.table, -2, COSTS.tableAccess);
define(0x28, 0x35, IMM.memarg, 0);
define(0x36, 0x3e, IMM.memarg, -2);
define(0x3f, 0x3f, IMM.memory, 1);
define(0x40, 0x40, IMM.special, 0, COSTS.memoryGrow);
define(0x41, 0x41, IMM.leb32, 1);
define(0x42, 0x42, IMM.leb64, 1);
define(0x43, 0x43, IMM.f32, 1);
define(0x44, 0x44, IMM.f64, 1);
define(0x45, 0x45, IMM.none, 0);
define(0x46, 0x4f, IMM.none, -1);
define(0x50, 0x50, IMM.none, 0);
define(0x51, 0x66, IMM.none, -1);
define(0x67, 0x69, IMM.none, 0);
define(0x6a, 0x78, IMM.none, -1);
define(0x79, 0x7b, IMM.none, 0);
define(0x7c, 0x8a, IMM.none, -1);
define(0x8b, 0x91, IMM.none, 0);
define(0x92, 0x98, IMM.none, -1);
define(0x99, 0x9f, IMM.none, 0);
define(0xa0, 0xa6, IMM.none, -1);
define(0xa7, 0xc4, IMM.none, 0);
for (const op of [0x6d, 0x6e, 0x6f, 0x70, 0x7f, 0x80, 0x81, 0x82, 0x91, 0x95, 0x9f, 0xa3])
  cost[op] = COSTS.division;
define(0xd0, 0xd0, IMM.special, 1);
define(0xd1, 0xd1, IMM.none, 0);
define(0xd2, 0xd2, IMM.function, 1, COSTS.tableAccess);
define(0xd3, 0xd3, IMM.gc, 0);
define(0xd4, 0xd4, IMM.none, 0);
define(0xd5, 0xd6, IMM.special, 0);
define(0xe0, 0xe6, IMM.stackSwitching, 0);
define(0xfb, 0xfb, IMM.gc, 0);
define(0xfc, 0xfd, IMM.special, 0, 0);
define(0xfe, 0xfe, IMM.threads, 0);

/** By first byte: layout, price and stack change. */
export const MAIN = { imm, cost, delta } as const;

/** Number of opcodes behind the SIMD prefix, relaxed ones included. */
export const SIMD_COUNT = 0x114;

const simdImm = new Uint8Array(SIMD_COUNT);
const simdDelta = new Int8Array(SIMD_COUNT).fill(-1);

function simd(
  list: readonly (number | readonly [number, number])[],
  change: number,
  layout: number = IMM.none,
): void {
  for (const entry of list) {
    const [from, to] = typeof entry === 'number' ? [entry, entry] : entry;
    for (let op = from; op <= to; op++) {
      simdImm[op] = layout;
      simdDelta[op] = change;
    }
  }
}

simd([[0x00, 0x0a], 0x5c, 0x5d], 0, IMM.memarg);
simd([0x0b], -2, IMM.memarg);
simd([0x0c], 1, IMM.bytes16);
simd([0x0d], -1, IMM.bytes16);
simd([[0x0f, 0x14]], 0);
simd([[0x15, 0x22]], 0, IMM.bytes1);
simd([0x17, 0x1a, 0x1c, 0x1e, 0x20, 0x22], -1, IMM.bytes1);
simd(
  [
    0x4d,
    0x53,
    [0x5e, 0x64],
    [0x67, 0x6a],
    0x74,
    0x75,
    0x7a,
    [0x7c, 0x81],
    [0x83, 0x84],
    [0x87, 0x8a],
  ],
  0,
);
simd(
  [
    0x94,
    0xa0,
    0xa1,
    0xa3,
    0xa4,
    [0xa7, 0xaa],
    0xc0,
    0xc1,
    0xc3,
    0xc4,
    [0xc7, 0xca],
    0xe0,
    0xe1,
    0xe3,
  ],
  0,
);
simd([0xec, 0xed, 0xef, [0xf8, 0xff], [0x101, 0x104]], 0);
simd([0x52, [0x105, 0x10c], 0x113], -2);
simd([[0x54, 0x57]], -1, IMM.memargLane);
simd([[0x58, 0x5b]], -2, IMM.memargLane);

/** Behind 0xFD: layout and stack change. Every one costs 1. */
export const SIMD = { imm: simdImm, delta: simdDelta } as const;
