import type { FuncType, Module } from './module.ts';
import type { FunctionScan } from './scan.ts';
import { Writer } from './writer.ts';

/** Types and functions that are appended to a module. */
export class Additions {
  readonly types: Uint8Array[] = [];
  /** Type index and body of every appended function. */
  readonly functions: { type: number; body: Uint8Array }[] = [];
  private readonly module: Module;
  private readonly blockTypes = new Map<number, Uint8Array>();
  private readonly passedTypes = new Map<number, number>();

  constructor(module: Module) {
    this.module = module;
  }

  /** Returns the type's index. */
  type(type: Uint8Array): number {
    this.types.push(type);
    return this.module.types.length + this.types.length - 1;
  }

  /** Index of the function that is appended next. */
  nextFunction(): number {
    return this.module.functions.length + this.functions.length;
  }

  /** Returns the function's index. */
  function(type: number | Uint8Array, body: Uint8Array): number {
    const index = this.nextFunction();
    this.functions.push({ type: typeof type === 'number' ? type : this.type(type), body });
    return index;
  }

  /** Type of an own function that is passed the counter, and the depth where it asks for it. */
  passedType(index: number, depth: boolean): number {
    const key = index * 2 + (depth ? 1 : 0);
    const known = this.passedTypes.get(key);
    if (known !== undefined) return known;
    const { bytes, types } = this.module;
    const { params, results, paramBytes, resultBytes } = types[index] as FuncType;
    const w = new Writer(32);
    w.u8(0x60);
    w.u32(params + (depth ? 2 : 1));
    w.copy(bytes, paramBytes[0], paramBytes[1]);
    w.bytes(depth ? [0x7e, 0x7e] : [0x7e]);
    w.u32(results + 1);
    w.copy(bytes, resultBytes[0], resultBytes[1]);
    w.u8(0x7e);
    const type = this.type(w.done());
    this.passedTypes.set(key, type);
    return type;
  }

  /** Encoded type of a block that takes nothing and leaves the function's results. */
  resultBlock(fn: FunctionScan): Uint8Array {
    const { bytes, functions, types } = this.module;
    const index = functions[fn.index] as number;
    let encoded = this.blockTypes.get(index);
    if (encoded !== undefined) return encoded;
    const type = types[index];
    const w = new Writer(16);
    if (type === undefined || type.results === 0) w.u8(0x40);
    else if (type.results === 1) w.copy(bytes, type.resultBytes[0], type.resultBytes[1]);
    else {
      const form = new Writer(32);
      form.bytes([0x60, 0]);
      form.u32(type.results);
      form.copy(bytes, type.resultBytes[0], type.resultBytes[1]);
      w.s64(this.type(form.done()));
    }
    encoded = w.done();
    this.blockTypes.set(index, encoded);
    return encoded;
  }
}
