import { readBlockType, readImmediates, readMemoryIndex, readPrefixed } from './immediates.ts';
import type { Module } from './module.ts';
import { IMM, MAIN, SIMD, SIMD_COUNT } from './opcodes.ts';
import { Reader } from './reader.ts';
import { readHeapType, readValueType } from './types.ts';

/** Where each `memory.size` of memory 0 begins and ends, in all bodies, in order. Control flow is not looked at. */
export function memorySizes(module: Module): (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  for (const [start, end] of module.bodies) {
    const reader = new Reader(module.bytes, start, end);
    for (let groups = reader.u32(); groups > 0; groups--) {
      reader.u32();
      readValueType(reader, module.types.length);
    }
    while (reader.pos < end) {
      const at = reader.pos;
      if (reader.u8() !== 0x3f) skipImmediates(module.bytes[at]!, reader, module, at);
      else if (readMemoryIndex(reader, module, at) === 0) found.push([at, reader.pos]);
    }
  }
  return found;
}

/** How many 32-bit indices follow; the others are read below. */
const indices: Readonly<Record<number, number>> = {
  0x00: 0,
  0x05: 0,
  0x07: 1,
  0x08: 1,
  0x09: 1,
  0x0a: 0,
  0x0b: 0,
  0x0c: 1,
  0x0d: 1,
  0x0f: 0,
  0x10: 1,
  0x11: 2,
  0x12: 1,
  0x13: 2,
  0x14: 1,
  0x15: 1,
  0x18: 1,
  0x19: 0,
  0x23: 1,
  0x24: 1,
  0x40: 1,
  0xd5: 1,
  0xd6: 1,
};

const arity = { params: 0, results: 0 };

function skipImmediates(opcode: number, r: Reader, module: Module, at: number): void {
  const layout = MAIN.imm[opcode]!;
  if (layout === IMM.none) return;
  if (layout === IMM.local) return void r.u32();
  if (layout !== IMM.special) return readImmediates(layout, r, module, at);
  const count = indices[opcode];
  if (count !== undefined) {
    for (let i = 0; i < count; i++) r.u32();
    return;
  }
  switch (opcode) {
    case 0x02: // block
    case 0x03: // loop
    case 0x04: // if
    case 0x06: // try
      return readBlockType(r, module, arity);
    case 0x0e: // br_table
      for (let left = r.u32() + 1; left > 0; left--) r.u32();
      return;
    case 0x1c: // select
      for (let left = r.u32(); left > 0; left--) readValueType(r, module.types.length);
      return;
    case 0x1f: // try_table
      readBlockType(r, module, arity);
      // A tag for the kinds 0 and 1, then a label.
      for (let left = r.u32(); left > 0; left--) {
        if (r.u8() < 2) r.u32();
        r.u32();
      }
      return;
    case 0xd0: // ref.null
      readHeapType(r, module.types.length);
      return;
    case 0xfc:
      readPrefixed(r, module, at);
      return;
    case 0xfd: {
      const sub = r.u32();
      if (sub >= SIMD_COUNT) r.fail('unknown vector opcode', at);
      const form = SIMD.imm[sub]!;
      if (form !== IMM.none) readImmediates(form, r, module, at);
      return;
    }
    default:
      r.fail(`opcode 0x${opcode.toString(16)} is unknown`, at);
  }
}
