/// <reference lib="dom" />
/** One of the two worlds in which a script runs: modules as they are, or metered. */
import { FuelMeter, meter, MeteringError } from '@skill-engine/metering';
import { callExact, type Signature } from './caller.ts';

type Exports = Record<string, unknown>;

interface Reflected {
  readonly name: string;
  readonly kind: string;
  readonly type: Signature & { readonly value: string };
}

export interface Loaded {
  readonly exports: Exports;
  readonly signatures: ReadonlyMap<string, Signature>;
  /** Value types of exported globals. */
  readonly globals: ReadonlyMap<string, string>;
}

/** How a command ended. */
export type Outcome =
  | {
      readonly kind: 'values';
      readonly values: readonly unknown[];
      readonly types: readonly string[];
    }
  | {
      readonly kind: 'trap' | 'exhaustion' | 'exception' | 'rejected' | 'unlinkable' | 'refused';
      readonly text: string;
    };

export abstract class World {
  readonly registered = new Map<string, Exports>();

  abstract compile(bytes: Uint8Array): WebAssembly.Module;
  protected abstract create(
    module: WebAssembly.Module,
    imports: WebAssembly.Imports,
  ): WebAssembly.Instance;
  protected abstract isExhaustion(error: unknown): boolean;

  constructor() {
    this.registered.set('spectest', spectest());
  }

  instantiate(module: WebAssembly.Module): Loaded {
    const imports: WebAssembly.Imports = {};
    for (const { module: from } of WebAssembly.Module.imports(module)) {
      const found = this.registered.get(from);
      if (found !== undefined) imports[from] = found as WebAssembly.ModuleImports;
    }
    const { exports } = this.create(module, imports);
    const signatures = new Map<string, Signature>();
    const globals = new Map<string, string>();
    for (const { name, kind, type } of WebAssembly.Module.exports(
      module,
    ) as unknown as Reflected[]) {
      if (kind === 'function') signatures.set(name, type);
      if (kind === 'global') globals.set(name, type.value);
    }
    return { exports, signatures, globals };
  }

  call(loaded: Loaded, name: string, args: readonly unknown[]): Outcome {
    const signature = loaded.signatures.get(name);
    if (signature === undefined) throw new Error(`no function ${name}`);
    return {
      kind: 'values',
      values: callExact(loaded.exports[name], signature, args),
      types: signature.results,
    };
  }

  /** Runs `action`; an error becomes the outcome that test scripts speak of. */
  attempt(action: () => Outcome): Outcome {
    try {
      return action();
    } catch (error) {
      return { kind: this.classify(error), text: String(error) };
    }
  }

  private classify(
    error: unknown,
  ): 'trap' | 'exhaustion' | 'exception' | 'rejected' | 'unlinkable' | 'refused' {
    if (this.isExhaustion(error)) return 'exhaustion';
    if (error instanceof MeteringError) return error.code === 'MALFORMED' ? 'rejected' : 'refused';
    if (error instanceof WebAssembly.CompileError) return 'rejected';
    if (error instanceof WebAssembly.LinkError) return 'unlinkable';
    if (error instanceof WebAssembly.RuntimeError) return 'trap';
    if (error instanceof TypeError && error.message.includes('WebAssembly.Instance()'))
      return 'unlinkable';
    return 'exception';
  }
}

export class PlainWorld extends World {
  compile(bytes: Uint8Array): WebAssembly.Module {
    return new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  }

  protected create(module: WebAssembly.Module, imports: WebAssembly.Imports): WebAssembly.Instance {
    return new WebAssembly.Instance(module, imports);
  }

  protected isExhaustion(error: unknown): boolean {
    return error instanceof RangeError && error.message.includes('call stack');
  }
}

export class MeteredWorld extends World {
  readonly counters = new FuelMeter({ fuel: 2n ** 60n, memoryBytes: 2 ** 52 });
  private overflowed = false;

  compile(bytes: Uint8Array): WebAssembly.Module {
    return new WebAssembly.Module(meter(bytes).bytes);
  }

  protected create(module: WebAssembly.Module, imports: WebAssembly.Imports): WebAssembly.Instance {
    return this.counters.instantiate(module, imports as never) as WebAssembly.Instance;
  }

  /** The status bit stays set, so each script gets its own world and only a fresh overflow counts. */
  protected isExhaustion(error: unknown): boolean {
    const fresh = this.counters.stackOverflowed && error instanceof WebAssembly.RuntimeError;
    if (fresh) this.overflowed = true;
    this.counters.unwound();
    return fresh && this.overflowed && String(error).includes('unreachable');
  }
}

function spectest(): Exports {
  const nothing = (): void => {};
  const global = (
    value: 'i32' | 'i64' | 'f32' | 'f64',
    initial: number | bigint,
  ): WebAssembly.Global => new WebAssembly.Global({ value }, initial as number);
  return {
    print: nothing,
    print_i32: nothing,
    print_i64: nothing,
    print_f32: nothing,
    print_f64: nothing,
    print_i32_f32: nothing,
    print_f64_f64: nothing,
    global_i32: global('i32', 666),
    global_i64: global('i64', 666n),
    global_f32: global('f32', 666.6),
    global_f64: global('f64', 666.6),
    table: new WebAssembly.Table({ initial: 10, maximum: 20, element: 'anyfunc' }),
    table64: new WebAssembly.Table({
      initial: 10n,
      maximum: 20n,
      element: 'anyfunc',
      address: 'i64',
    } as never),
    memory: new WebAssembly.Memory({ initial: 1, maximum: 2 }),
  };
}
