import { MeteringError } from './errors.ts';
import { checkLimit, type MeteringLimits } from './limits.ts';
import type { Module } from './module.ts';
import type { Reader } from './reader.ts';

/** The vector type. */
export const VECTOR = 0x7b;

/** Whether a byte is a number or vector type. */
export function isNumberType(byte: number): boolean {
  return byte >= 0x7b && byte <= 0x7f;
}

/** Refuses what a heap type names, unless it is a function, an external reference, an exception or a type index. */
export function readHeapType(reader: Reader, typeCount: number): void {
  const at = reader.pos;
  const heap = reader.s33();
  if (heap >= 0) {
    if (heap >= typeCount) reader.fail(`type index ${heap} is out of range`, at);
    return;
  }
  refuseHeapType(heap & 0x7f, at);
}

function refuseHeapType(byte: number, at: number): void {
  switch (byte) {
    case 0x70: // func
    case 0x6f: // extern
    case 0x69: // exn
      return;
    case 0x68: // cont
    case 0x75: // nocont
      throw new MeteringError(
        'FEATURE_STACK_SWITCHING',
        'continuation references cannot be metered',
        at,
      );
    case 0x65: // (shared t)
      throw new MeteringError('FEATURE_SHARED', 'shared references cannot be metered', at);
    case 0x6e: // any
    case 0x6d: // eq
    case 0x6c: // i31
    case 0x6b: // struct
    case 0x6a: // array
    case 0x71: // none
    case 0x72: // noextern
    case 0x73: // nofunc
    case 0x74: // noexn
      throw new MeteringError('FEATURE_GC', 'garbage-collected references cannot be metered', at);
    default:
      throw new MeteringError('FEATURE_UNKNOWN', `unknown heap type 0x${byte.toString(16)}`, at);
  }
}

/** Passes over one value type; refuses those that reach the garbage collector. */
export function readValueType(reader: Reader, typeCount: number): void {
  const at = reader.pos;
  const byte = reader.u8();
  if (isNumberType(byte)) return;
  if (byte === 0x63 || byte === 0x64) readHeapType(reader, typeCount);
  else if (byte > 0x40 && byte < 0x80) refuseHeapType(byte, at);
  else reader.fail(`0x${byte.toString(16)} is not a value type`, at);
}

function readResultType(
  reader: Reader,
  limits: MeteringLimits,
  typeCount: number,
): [number, number, number] {
  const at = reader.pos;
  const count = reader.u32();
  checkLimit(limits, 'typeArity', count, at);
  const start = reader.pos;
  for (let i = 0; i < count; i++) readValueType(reader, typeCount);
  return [count, start, reader.pos];
}

/**
 * The type section: plain function types only. Recursion groups, subtypes, structs and arrays are refused as GC.
 * Notes whether some function takes or returns a reference or a vector.
 */
export function readTypes(reader: Reader, limits: MeteringLimits, module: Module): void {
  const at = reader.pos;
  const count = reader.u32();
  checkLimit(limits, 'types', count, at);
  for (let i = 0; i < count; i++) {
    const formAt = reader.pos;
    const form = reader.u8();
    if (form === 0x5e || form === 0x5f || form === 0x4e || form === 0x4f || form === 0x50) {
      throw new MeteringError(
        'FEATURE_GC',
        'struct, array, sub and rec types cannot be metered',
        formAt,
      );
    }
    if (form === 0x5d)
      throw new MeteringError(
        'FEATURE_STACK_SWITCHING',
        'continuation types cannot be metered',
        formAt,
      );
    if (form === 0x65)
      throw new MeteringError('FEATURE_SHARED', 'shared types cannot be metered', formAt);
    if (form !== 0x60)
      throw new MeteringError(
        'FEATURE_UNKNOWN',
        `unknown type form 0x${form.toString(16)}`,
        formAt,
      );
    const [params, paramStart, paramEnd] = readResultType(reader, limits, count);
    const [results, resultStart, resultEnd] = readResultType(reader, limits, count);
    noteTypes(reader.bytes.subarray(paramStart, paramEnd), module);
    noteTypes(reader.bytes.subarray(resultStart, resultEnd), module);
    module.types.push({
      params,
      results,
      paramBytes: [paramStart, paramEnd],
      resultBytes: [resultStart, resultEnd],
    });
  }
}

function noteTypes(encoded: Uint8Array, module: Module): void {
  for (const byte of encoded) {
    if (!isNumberType(byte)) module.sharesReferences = true;
    if (byte === VECTOR) module.wideValues = true;
  }
}
