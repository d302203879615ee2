import { METERING_VERSION } from './namespace.ts';

/** What a metered module says of itself, in a custom section, so that it can be cached without a companion file. */
export interface ModuleInfo {
  /** Bytes of declared minima of the module's own memories. */
  readonly memoryBytes: number;
  /** Elements of declared minima of the module's own tables. */
  readonly tableElements: number;
  /** Units that instantiation costs: what active segments copy. */
  readonly startupFuel: number;
}

const BYTES = 28;

export function encodeInfo(info: ModuleInfo): Uint8Array {
  const view = new DataView(new ArrayBuffer(BYTES));
  view.setUint32(0, METERING_VERSION, true);
  view.setFloat64(4, info.memoryBytes, true);
  view.setFloat64(12, info.tableElements, true);
  view.setFloat64(20, info.startupFuel, true);
  return new Uint8Array(view.buffer);
}

/** Undefined where the section is missing, of another version, or damaged. */
export function decodeInfo(sections: readonly ArrayBuffer[]): ModuleInfo | undefined {
  const section = sections[0];
  if (sections.length !== 1 || section === undefined || section.byteLength !== BYTES)
    return undefined;
  const view = new DataView(section);
  if (view.getUint32(0, true) !== METERING_VERSION) return undefined;
  return {
    memoryBytes: view.getFloat64(4, true),
    tableElements: view.getFloat64(12, true),
    startupFuel: view.getFloat64(20, true),
  };
}
