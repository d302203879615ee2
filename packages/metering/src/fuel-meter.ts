import { decodeInfo } from './info.ts';
import {
  WasmGlobalClass,
  WasmInstanceClass,
  WasmModuleClass,
  type WasmGlobal,
  type WasmImports,
  type WasmInstance,
  type WasmModule,
} from './webassembly.ts';
import { LAST } from './slack.ts';
import { EXHAUSTED, GLOBALS, NAMESPACE, STATUS, TABLE_ELEMENT_BYTES } from './namespace.ts';

/** Budgets of one invocation. */
export interface FuelMeterOptions {
  /** Units of fuel, 0 … 2^61. */
  readonly fuel: bigint;
  /** Total bytes of all linear memories and tables, a non-negative integer below 2^53. */
  readonly memoryBytes: number;
  /**
   * Bytes of machine stack that the guest's own frames may take, as the meter estimates them. Default
   * {@link DEFAULT_STACK_BYTES}. V8's stack must be larger, for the host's frames: see the README.
   */
  readonly stackBytes?: number;
}

/** Fits V8's default stack of about 1 MB, with room for the host's own frames. */
export const DEFAULT_STACK_BYTES = 512 * 1024;

/** Most fuel that can be given: the counter is a signed 64-bit integer with room for one overdraft. */
export const MAX_FUEL = 2n ** 61n;

/** What a trap in the last block before zero leaves. */
const NOT_YET = BigInt(LAST);

/** Why a meter stopped something on the host's side. */
export type MeterStopCode = 'FUEL_EXHAUSTED' | 'MEMORY_EXCEEDED' | 'NOT_METERED';

/** Thrown by {@link FuelMeter} itself, never by guest code, whose traps are plain `WebAssembly.RuntimeError`s. */
export class MeterStop extends Error {
  override readonly name = 'MeterStop';
  readonly code: MeterStopCode;

  constructor(code: MeterStopCode, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * The counters of one invocation, shared by every module that is instantiated through it.
 * Uses nothing but `WebAssembly` and plain JavaScript. All readings hold after success, trap and exhaustion.
 */
export class FuelMeter {
  private readonly budget: bigint;
  private readonly memoryBudget: bigint;
  private readonly stackBudget: bigint;
  private readonly fuel: WasmGlobal;
  private readonly depth: WasmGlobal;
  private readonly memory: WasmGlobal;
  private readonly status: WasmGlobal;
  private denied = false;

  constructor(options: FuelMeterOptions) {
    const { fuel, memoryBytes, stackBytes = DEFAULT_STACK_BYTES } = options;
    if (typeof fuel !== 'bigint' || fuel < 0n || fuel > MAX_FUEL) {
      throw new RangeError(`fuel must be a bigint from 0 to 2^61, not ${String(fuel)}`);
    }
    for (const [name, value] of [
      ['memoryBytes', memoryBytes],
      ['stackBytes', stackBytes],
    ] as const) {
      if (!Number.isSafeInteger(value) || value < 0) {
        throw new RangeError(`${name} must be a non-negative integer, not ${String(value)}`);
      }
    }
    this.budget = fuel;
    this.memoryBudget = BigInt(memoryBytes);
    this.stackBudget = BigInt(stackBytes);
    const [fuelGlobal, depthGlobal, memoryGlobal, statusGlobal] = GLOBALS.map(
      ({ type }) => new WasmGlobalClass({ value: type, mutable: true }, type === 'i64' ? 0n : 0),
    ) as [WasmGlobal, WasmGlobal, WasmGlobal, WasmGlobal];
    this.fuel = fuelGlobal;
    this.depth = depthGlobal;
    this.memory = memoryGlobal;
    this.status = statusGlobal;
    this.fuel.value = ~this.budget;
    this.depth.value = this.stackBudget;
    this.memory.value = this.memoryBudget;
  }

  /**
   * Debits the module's declared minima and its start-up cost, then instantiates it with the counters.
   *
   * @param name - for messages.
   * @throws {@link MeterStop} `MEMORY_EXCEEDED` or `FUEL_EXHAUSTED` before anything is allocated, `NOT_METERED` where
   *   the module did not come from {@link meter} of this version; or whatever `WebAssembly.Instance` throws.
   */
  instantiate(module: WasmModule, imports: WasmImports = {}, name = 'module'): WasmInstance {
    const info = decodeInfo(WasmModuleClass.customSections(module, NAMESPACE));
    if (info === undefined)
      throw new MeterStop('NOT_METERED', `${name} was not metered by this version`);
    this.consume(BigInt(info.startupFuel));
    const bytes =
      BigInt(info.memoryBytes) + BigInt(info.tableElements) * BigInt(TABLE_ELEMENT_BYTES);
    const left = this.memory.value as bigint;
    if (bytes > left) {
      this.denied = true;
      throw new MeterStop(
        'MEMORY_EXCEEDED',
        `${name} declares ${bytes} bytes of memory and tables; ${left} are left`,
      );
    }
    this.memory.value = left - bytes;
    const { fuel, depth, memory, status } = this;
    return new WasmInstanceClass(module, {
      ...imports,
      [NAMESPACE]: { fuel, depth, memory, status },
    });
  }

  /**
   * Charges what the host does for the guest.
   *
   * @param units - non-negative.
   * @throws {@link MeterStop} `FUEL_EXHAUSTED`. A guest that catches it traps at its next check all the same.
   */
  consume(units: bigint | number): void {
    const amount = BigInt(units);
    if (amount < 0n) throw new RangeError('units must not be negative');
    const left = this.fuelRemaining - amount;
    if (left < 0n || this.exhausted) {
      this.fuel.value = EXHAUSTED;
      throw new MeterStop('FUEL_EXHAUSTED', `the budget of ${this.budget} units is spent`);
    }
    this.fuel.value = ~left;
  }

  /** Units left; 0 when exhausted. */
  get fuelRemaining(): bigint {
    const left = ~(this.fuel.value as bigint);
    return left < 0n ? 0n : left;
  }

  /** Units spent; the whole budget when exhausted. */
  get fuelUsed(): bigint {
    return this.budget - this.fuelRemaining;
  }

  /** The budget was not enough. Stays true once the guest has trapped by it or {@link consume} has thrown. */
  get exhausted(): boolean {
    const counter = this.fuel.value as bigint;
    return counter >= 0n && counter !== NOT_YET;
  }

  /** A call went deeper than the stack budget. Stays true. */
  get stackOverflowed(): boolean {
    return ((this.status.value as number) & STATUS.stackOverflow) !== 0;
  }

  /** Most bytes of linear memories and tables so far; they never shrink. */
  get memoryPeakBytes(): number {
    return Number(this.memoryBudget - (this.memory.value as bigint));
  }

  /** A memory or table was refused, at instantiation or in `grow`. Stays true. */
  get memoryDenied(): boolean {
    return this.denied || ((this.status.value as number) & STATUS.memoryDenied) !== 0;
  }

  /**
   * Gives back the stack of frames that a trap or an exception left behind. Only when no guest frame is on the stack;
   * an embedder that ends an instance at its first trap never needs it.
   */
  unwound(): void {
    this.depth.value = this.stackBudget;
  }
}
