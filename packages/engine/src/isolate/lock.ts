import { allowOverride } from './harden.ts';
import { sliceStrictly } from './strict-slice.ts';
import { textCoders } from './text-coders.ts';

/**
 * Takes the ambient powers out of the realm before any generated code is evaluated.
 *
 * What is not in the list below is deleted: a new global of a newer Node is closed by default.
 * The language's own intrinsics stay; `--disallow-code-generation-from-strings` has made every
 * function constructor and `eval` inert, and scripts are compiled without an import callback.
 */
const KEPT = new Set<PropertyKey>([
  'globalThis',
  'Infinity',
  'NaN',
  'undefined',
  'isFinite',
  'isNaN',
  'parseFloat',
  'parseInt',
  'decodeURI',
  'decodeURIComponent',
  'encodeURI',
  'encodeURIComponent',
  'Object',
  'Function',
  'Boolean',
  'Symbol',
  'Number',
  'BigInt',
  'Math',
  'String',
  'RegExp',
  'Error',
  'AggregateError',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SuppressedError',
  'SyntaxError',
  'TypeError',
  'URIError',
  'Array',
  'ArrayBuffer',
  'DataView',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'BigInt64Array',
  'BigUint64Array',
  'Float16Array',
  'Float32Array',
  'Float64Array',
  'Map',
  'Set',
  'WeakMap',
  'WeakSet',
  'JSON',
  'Reflect',
  'Proxy',
  'Promise',
  'Iterator',
  'DisposableStack',
  'AsyncDisposableStack',
  'WebAssembly',
  'TextEncoder',
  'TextDecoder',
]);

const wasmErrors = ['CompileError', 'LinkError', 'RuntimeError'] as const;

const noop = (): void => {};

/** V8 lets `gc`, which the isolate keeps for itself, not be removed, only be emptied for good. */
function emptied(holder: object, key: PropertyKey): boolean {
  return key === 'gc' && Reflect.defineProperty(holder, key, { value: undefined, writable: false });
}

export function lockRealm(): void {
  const survivors: PropertyKey[] = [];
  for (
    let holder: object | null = globalThis;
    holder && holder !== Object.prototype;
    holder = Object.getPrototypeOf(holder)
  ) {
    for (const key of Reflect.ownKeys(holder)) {
      if (KEPT.has(key)) continue;
      if (!Reflect.deleteProperty(holder, key) && !emptied(holder, key)) survivors.push(key);
    }
  }
  if (survivors.length > 0) {
    throw new Error(`globals that cannot be removed: ${survivors.map(String).join(', ')}`);
  }
  Object.assign(globalThis, textCoders);
  sliceStrictly();
  // Randomness goes through the host session; the realm's own is not a guest's business, as its clock is not.
  Reflect.deleteProperty(Math, 'random');
  // What was matched last, also by an earlier invocation (`RegExp.$1`, `RegExp.input`).
  for (const key of Reflect.ownKeys(RegExp)) {
    if (typeof key === 'string' && /^(?:\$|last|left|right|input)/.test(key)) {
      Reflect.deleteProperty(RegExp, key);
    }
  }
  // What would go on in later invocations.
  for (const name of ['compile', 'instantiate', 'compileStreaming', 'instantiateStreaming']) {
    Reflect.deleteProperty(WebAssembly, name);
  }
  for (const { prototype } of [
    Error,
    AggregateError,
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    URIError,
    ...wasmErrors.map((name) => Reflect.get(WebAssembly, name) as typeof Error),
  ]) {
    allowOverride(prototype, ['message', 'name']);
  }
  Reflect.deleteProperty(Error, 'captureStackTrace');
  Object.defineProperty(Error, 'stackTraceLimit', {
    value: 0,
    writable: false,
    configurable: false,
  });
  Object.defineProperty(Error, 'prepareStackTrace', {
    value: undefined,
    writable: false,
    configurable: false,
  });
  // Generated glue reports missing imports through a console before it throws.
  const console = Object.freeze({
    __proto__: null,
    log: noop,
    error: noop,
    warn: noop,
    debug: noop,
    trace: noop,
  });
  Object.defineProperty(globalThis, 'console', {
    value: console,
    writable: false,
    configurable: false,
  });
}
