export { MeteringError, METERING_CODES, type MeteringCode } from './errors.ts';
export {
  DEFAULT_STACK_BYTES,
  FuelMeter,
  MAX_FUEL,
  MeterStop,
  type FuelMeterOptions,
  type MeterStopCode,
} from './fuel-meter.ts';
export type { ModuleInfo } from './info.ts';
export { DEFAULT_LIMITS, type MeteringLimits } from './limits.ts';
export {
  meter,
  meterComponent,
  type MeteredComponent,
  type MeteredModule,
  type MeteringOptions,
} from './meter.ts';
export { METERING_VERSION, NAMESPACE, TABLE_ELEMENT_BYTES } from './namespace.ts';
export { COSTS, FUEL_PER_PAGE } from './opcodes.ts';
export { reserveMemory, type Reservation } from './reserve.ts';
export type { WasmImports, WasmInstance, WasmModule } from './webassembly.ts';
