/**
 * The part of the WebAssembly JavaScript interface that the meter uses, typed here so that neither the DOM's nor
 * Node's type library is needed. Values of either library's types fit.
 */

/** A compiled module. */
export type WasmModule = object;

/** An instance and its exports. */
export interface WasmInstance {
  /** What the module exports, by name. */
  // oxlint-disable-next-line typescript/no-explicit-any -- what a module exports is known to its caller alone
  readonly exports: Record<string, any>;
}

/** A global shared between host and guest. */
export interface WasmGlobal {
  value: unknown;
}

/** What an instance imports: by module name, then by field. */
export type WasmImports = Record<string, Record<string, unknown>>;

interface WasmInterface {
  readonly Global: new (
    type: { value: 'i32' | 'i64'; mutable: true },
    value: number | bigint,
  ) => WasmGlobal;
  readonly Instance: new (module: WasmModule, imports: WasmImports) => WasmInstance;
  readonly Module: { customSections(module: WasmModule, name: string): ArrayBuffer[] };
}

const { Global, Instance, Module } = (globalThis as unknown as { WebAssembly: WasmInterface })
  .WebAssembly;

export { Global as WasmGlobalClass, Instance as WasmInstanceClass, Module as WasmModuleClass };
