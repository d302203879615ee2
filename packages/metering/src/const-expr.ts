import { MeteringError } from './errors.ts';
import type { Module } from './module.ts';
import type { Reader } from './reader.ts';
import { readHeapType } from './types.ts';
import type { Writer } from './writer.ts';

/**
 * Passes over a constant expression, extended ones included. With `out`, writes it with the indices of defined
 * globals moved by `shift`.
 */
export function readConstExpr(reader: Reader, module: Module, out?: Writer, shift = 0): void {
  for (;;) {
    const at = reader.pos;
    const opcode = reader.u8();
    switch (opcode) {
      case 0x0b:
        out?.u8(0x0b);
        return;
      case 0x41:
      case 0x42:
        reader.skipLeb(10);
        break;
      case 0x43:
        reader.skip(4);
        break;
      case 0x44:
        reader.skip(8);
        break;
      case 0x6a:
      case 0x6b:
      case 0x6c:
      case 0x7c:
      case 0x7d:
      case 0x7e:
        break;
      case 0xd0:
        readHeapType(reader, module.types.length);
        break;
      case 0xd2: {
        const index = reader.u32();
        if (index >= module.functions.length)
          reader.fail(`function index ${index} is out of range`, at);
        module.referenced.add(index);
        break;
      }
      case 0x23: {
        const index = reader.u32();
        if (index >= module.globals) reader.fail(`global index ${index} is out of range`, at);
        if (index >= module.importedGlobals) module.movesConstGlobals = true;
        if (out !== undefined) {
          out.u8(0x23);
          out.u32(index < module.importedGlobals ? index : index + shift);
          continue;
        }
        break;
      }
      case 0xfd:
        if (reader.u32() !== 12)
          reader.fail('only v128.const may stand in a constant expression', at);
        reader.skip(16);
        break;
      case 0xfb:
        throw new MeteringError('FEATURE_GC', 'garbage-collected values cannot be metered', at);
      default:
        reader.fail(`opcode 0x${opcode.toString(16)} may not stand in a constant expression`, at);
    }
    out?.copy(reader.bytes, at, reader.pos);
  }
}
