/** The part of the WebAssembly JavaScript API that the isolate uses; the `dom` library, which has it, would also promise what is not there. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
}
