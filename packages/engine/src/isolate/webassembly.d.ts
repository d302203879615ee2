/** The part of the WebAssembly JavaScript API that the isolate uses; the `dom` library, which has it, would also promise what is not there. */
declare namespace WebAssembly {
  type ImportValue = object | number | bigint;
  type Imports = Record<string, Record<string, ImportValue>>;
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Record<string, unknown>;
  }
}
