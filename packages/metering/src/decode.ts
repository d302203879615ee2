import { readConstExpr } from './const-expr.ts';
import { MeteringError } from './errors.ts';
import { checkLimit, type MeteringLimits } from './limits.ts';
import { SECTION, type Limited, type Module } from './module.ts';
import { NAMESPACE } from './namespace.ts';
import { Reader } from './reader.ts';
import { isNumberType, readTypes, readValueType, VECTOR } from './types.ts';

/** Where each section stands in the order of the format; custom sections stand anywhere. */
const ORDER: readonly number[] = [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6];

/** Decodes everything but function bodies, under `limits`. Throws {@link MeteringError}. */
export function decodeModule(given: Uint8Array, limits: MeteringLimits): Module {
  checkLimit(limits, 'moduleBytes', given.length, 0);
  // Of one class, whatever was given: reads of both buffers and plain arrays are slower.
  const bytes = new Uint8Array(given.buffer, given.byteOffset, given.length);
  const reader = new Reader(bytes, 0, bytes.length);
  const magic = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  if (magic.some((byte) => reader.u8() !== byte))
    reader.fail('not a core WebAssembly module of version 1', 0);
  const module: Module = {
    bytes,
    sections: [],
    types: [],
    functions: [],
    importedFunctions: 0,
    tables: [],
    memories: [],
    globals: 0,
    importedGlobals: 0,
    importCount: 0,
    tags: [],
    exportCount: 0,
    exported: new Set(),
    referenced: new Set(),
    started: -1,
    bodies: [],
    activeElements: 0,
    activeBytes: 0,
    movesConstGlobals: false,
    sharesReferences: false,
    wideValues: false,
  };
  let last = 0;
  while (reader.pos < bytes.length) {
    const at = reader.pos;
    const id = reader.u8();
    const [start, end] = reader.range();
    if (id > SECTION.tag) throw new MeteringError('FEATURE_UNKNOWN', `unknown section ${id}`, at);
    if (id !== SECTION.custom) {
      const place = ORDER[id] as number;
      if (place <= last) reader.fail(`section ${id} is repeated or out of order`, at);
      last = place;
    }
    module.sections.push({ id, start, end });
    const body = new Reader(bytes, start, end);
    decodeSection(id, body, module, limits);
    if (id !== SECTION.custom && body.pos !== end) body.fail(`section ${id} has bytes left over`);
  }
  if (module.functions.length - module.importedFunctions !== module.bodies.length) {
    reader.fail('functions and bodies differ in number');
  }
  return module;
}

function decodeSection(id: number, reader: Reader, module: Module, limits: MeteringLimits): void {
  switch (id) {
    case SECTION.custom: {
      const at = reader.pos;
      const [start, end] = reader.range();
      if (reader.startsWith(start, end, NAMESPACE))
        reserved(`a custom section is named ${NAMESPACE}`, at);
      return;
    }
    case SECTION.type:
      readTypes(reader, limits, module);
      return;
    case SECTION.import:
      return readImports(reader, module, limits);
    case SECTION.function: {
      const count = counted(reader, limits, 'functions', module.functions.length);
      for (let i = 0; i < count; i++) module.functions.push(typeIndex(reader, module));
      return;
    }
    case SECTION.table: {
      const count = counted(reader, limits, 'tables', module.tables.length);
      for (let i = 0; i < count; i++) {
        const initialised = reader.bytes[reader.pos] === 0x40;
        if (initialised) reader.skip(2);
        readTableType(reader, module, limits, false);
        if (initialised) readConstExpr(reader, module);
      }
      return;
    }
    case SECTION.memory: {
      const count = counted(reader, limits, 'memories', module.memories.length);
      for (let i = 0; i < count; i++) readMemoryType(reader, module, limits, false);
      return;
    }
    case SECTION.global: {
      const count = counted(reader, limits, 'globals', module.globals);
      for (let i = 0; i < count; i++) {
        readGlobalType(reader, module);
        readConstExpr(reader, module);
        module.globals++;
      }
      return;
    }
    case SECTION.export:
      return readExports(reader, module, limits);
    case SECTION.start:
      module.started = functionIndex(reader, module);
      module.referenced.add(module.started);
      return;
    case SECTION.element:
      return readElements(reader, module, limits);
    case SECTION.code: {
      const count = counted(reader, limits, 'functions', 0);
      for (let i = 0; i < count; i++) {
        const at = reader.pos;
        const [start, end] = reader.range();
        checkLimit(limits, 'bodyBytes', end - start, at);
        module.bodies.push([start, end]);
      }
      return;
    }
    case SECTION.data:
      return readData(reader, module, limits);
    case SECTION.dataCount:
      checkLimit(limits, 'dataSegments', reader.u32(), reader.pos);
      return;
    case SECTION.tag: {
      const count = counted(reader, limits, 'tags', module.tags.length);
      for (let i = 0; i < count; i++) readTagType(reader, module);
      return;
    }
  }
}

function reserved(message: string, at: number): never {
  throw new MeteringError('RESERVED_NAME', `${message}, which the meter keeps for itself`, at);
}

function counted(
  reader: Reader,
  limits: MeteringLimits,
  name: keyof MeteringLimits,
  before: number,
): number {
  const at = reader.pos;
  const count = reader.u32();
  checkLimit(limits, name, before + count, at);
  return count;
}

function typeIndex(reader: Reader, module: Module): number {
  const at = reader.pos;
  const index = reader.u32();
  if (index >= module.types.length) reader.fail(`type index ${index} is out of range`, at);
  return index;
}

function functionIndex(reader: Reader, module: Module): number {
  const at = reader.pos;
  const index = reader.u32();
  if (index >= module.functions.length) reader.fail(`function index ${index} is out of range`, at);
  return index;
}

function readLimited(reader: Reader): Limited {
  const at = reader.pos;
  const flags = reader.u8();
  if (flags & 2)
    throw new MeteringError('FEATURE_SHARED', 'shared memories and tables cannot be metered', at);
  if (flags & 8)
    throw new MeteringError('FEATURE_CUSTOM_PAGE_SIZES', 'custom page sizes cannot be metered', at);
  if (flags & ~5) reader.fail(`unknown limits flags 0x${flags.toString(16)}`, at);
  const wide = (flags & 4) !== 0;
  const min = wide ? reader.u64() : reader.u32();
  if (flags & 1) reader.skipLeb(wide ? 10 : 5);
  return { wide, min };
}

function readTableType(
  reader: Reader,
  module: Module,
  limits: MeteringLimits,
  imported: boolean,
): void {
  const start = reader.pos;
  readValueType(reader, module.types.length);
  const end = reader.pos;
  const limited = readLimited(reader);
  if (imported) module.sharesReferences = true;
  if (!imported) checkLimit(limits, 'tableElements', limited.min, start);
  module.tables.push({ ...limited, element: [start, end], imported });
}

function readMemoryType(
  reader: Reader,
  module: Module,
  limits: MeteringLimits,
  imported: boolean,
): void {
  const at = reader.pos;
  const limited = readLimited(reader);
  if (!imported) checkLimit(limits, 'memoryPages', limited.min, at);
  module.memories.push({ ...limited, imported });
}

function readGlobalType(reader: Reader, module: Module): void {
  const type = reader.bytes[reader.pos] ?? 0;
  if (!isNumberType(type)) module.sharesReferences = true;
  if (type === VECTOR) module.wideValues = true;
  readValueType(reader, module.types.length);
  const at = reader.pos;
  const flags = reader.u8();
  if (flags & 2) throw new MeteringError('FEATURE_SHARED', 'shared globals cannot be metered', at);
  if (flags > 1) reader.fail('unknown global flags', at);
}

function readTagType(reader: Reader, module: Module): void {
  if (reader.u8() !== 0) reader.fail('unknown tag attribute', reader.pos - 1);
  module.tags.push(typeIndex(reader, module));
}

function readImports(reader: Reader, module: Module, limits: MeteringLimits): void {
  const count = counted(reader, limits, 'imports', 0);
  module.importCount = count;
  for (let i = 0; i < count; i++) {
    const at = reader.pos;
    const [start, end] = reader.range();
    if (reader.startsWith(start, end, NAMESPACE)) reserved(`an import names ${NAMESPACE}`, at);
    reader.range();
    const kind = reader.u8();
    if (kind === 0) {
      module.functions.push(typeIndex(reader, module));
      module.importedFunctions++;
    } else if (kind === 1) readTableType(reader, module, limits, true);
    else if (kind === 2) readMemoryType(reader, module, limits, true);
    else if (kind === 3) {
      readGlobalType(reader, module);
      module.globals++;
      module.importedGlobals++;
    } else if (kind === 4) readTagType(reader, module);
    else
      throw new MeteringError('FEATURE_UNKNOWN', `unknown kind of import ${kind}`, reader.pos - 1);
  }
  checkLimit(limits, 'functions', module.functions.length, reader.pos);
  checkLimit(limits, 'tables', module.tables.length, reader.pos);
  checkLimit(limits, 'memories', module.memories.length, reader.pos);
  checkLimit(limits, 'globals', module.globals, reader.pos);
  checkLimit(limits, 'tags', module.tags.length, reader.pos);
}

function readExports(reader: Reader, module: Module, limits: MeteringLimits): void {
  const count = counted(reader, limits, 'exports', 0);
  module.exportCount = count;
  for (let i = 0; i < count; i++) {
    const at = reader.pos;
    const [start, end] = reader.range();
    if (reader.startsWith(start, end, NAMESPACE))
      reserved(`an export begins with ${NAMESPACE}`, at);
    const kind = reader.u8();
    if (kind > 4)
      throw new MeteringError('FEATURE_UNKNOWN', `unknown kind of export ${kind}`, reader.pos - 1);
    const indexAt = reader.pos;
    const index = reader.u32();
    const bound =
      [module.functions, module.tables, module.memories, undefined, module.tags][kind]?.length ??
      module.globals;
    if (index >= bound) reader.fail(`exported index ${index} is out of range`, indexAt);
    if (kind === 0) module.exported.add(index);
    if (kind === 1) module.sharesReferences = true;
  }
}

function readElements(reader: Reader, module: Module, limits: MeteringLimits): void {
  const count = counted(reader, limits, 'elementSegments', 0);
  let total = 0;
  for (let i = 0; i < count; i++) {
    const at = reader.pos;
    const flags = reader.u32();
    if (flags > 7) reader.fail(`unknown element segment flags ${flags}`, at);
    const active = (flags & 1) === 0;
    const expressions = (flags & 4) !== 0;
    if (active) {
      if (flags & 2) tableIndex(reader, module);
      readConstExpr(reader, module);
    }
    if (flags & 3) {
      if (expressions) readValueType(reader, module.types.length);
      else if (reader.u8() !== 0) reader.fail('unknown element kind', reader.pos - 1);
    }
    const lengthAt = reader.pos;
    const length = reader.u32();
    total += length;
    checkLimit(limits, 'elements', total, lengthAt);
    if (active) module.activeElements += length;
    for (let k = 0; k < length; k++) {
      if (expressions) readConstExpr(reader, module);
      else module.referenced.add(functionIndex(reader, module));
    }
  }
}

function tableIndex(reader: Reader, module: Module): void {
  const at = reader.pos;
  const index = reader.u32();
  if (index >= module.tables.length) reader.fail(`table index ${index} is out of range`, at);
}

function readData(reader: Reader, module: Module, limits: MeteringLimits): void {
  const count = counted(reader, limits, 'dataSegments', 0);
  for (let i = 0; i < count; i++) {
    const at = reader.pos;
    const flags = reader.u32();
    if (flags > 2) reader.fail(`unknown data segment flags ${flags}`, at);
    if (flags === 2) {
      const index = reader.u32();
      if (index >= module.memories.length) reader.fail(`memory index ${index} is out of range`, at);
    }
    if (flags !== 1) readConstExpr(reader, module);
    const [start, end] = reader.range();
    if (flags !== 1) module.activeBytes += end - start;
  }
}
