import { coreName } from './names.ts';
import { malformed, type Reader, type Tally, unsupported } from './reader.ts';

export type CoreKind = 'function' | 'table' | 'memory' | 'global' | 'tag';

const coreKinds: readonly CoreKind[] = ['function', 'table', 'memory', 'global', 'tag'];

/** What one core module of a component shows of itself. */
export interface CoreModuleSurvey {
  /** Where it stands: `module 3`, or `component 0 / module 1` when nested. */
  readonly path: string;
  /** Offset and size of the module in the component's bytes. */
  readonly offset: number;
  readonly size: number;
  readonly imports: readonly { module: string; name: string; kind: CoreKind }[];
  readonly exports: readonly { name: string; kind: CoreKind }[];
  readonly functions: number;
  /** Sum of the declared minimum of its own memories, in bytes. */
  readonly memoryBytes: number;
  /** Sum of the declared minimum of its own tables, in elements. */
  readonly tableElements: number;
  readonly hasStart: boolean;
}

interface Draft {
  path: string;
  imports: { module: string; name: string; kind: CoreKind }[];
  exports: { name: string; kind: CoreKind }[];
  functions: number;
  memoryBytes: number;
  tableElements: number;
  hasStart: boolean;
}

/** Reads a core module after its eight-byte preamble. */
export function surveyCoreModule(reader: Reader, tally: Tally, path: string): CoreModuleSurvey {
  const offset = reader.offset;
  const draft: Draft = {
    path,
    imports: [],
    exports: [],
    functions: 0,
    memoryBytes: 0,
    tableElements: 0,
    hasStart: false,
  };
  reader.skip(8);
  let last = 0;
  while (!reader.done) {
    const at = reader.offset;
    const id = reader.u8();
    const body = reader.range(reader.u32());
    tally.add('sections', 1, at);
    if (id === 0) continue;
    const position = sectionOrder.indexOf(id) + 1;
    if (position === 0) throw malformed(at, `an unknown section ${id} in ${path}`);
    if (position <= last) throw malformed(at, `a section out of order in ${path}`);
    last = position;
    readSection(id, body, tally, draft);
  }
  return { ...draft, offset, size: reader.end - offset };
}

/** The order that the sections of a core module have: tag stands before global, data count before code. */
const sectionOrder = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];

function readSection(id: number, body: Reader, tally: Tally, draft: Draft): void {
  const at = body.offset;
  if (id === 8) {
    draft.hasStart = true;
    return;
  }
  if (id === 12) return;
  const count = body.count();
  switch (id) {
    case 1:
      return tally.add('coreTypes', count, at);
    case 2:
      return readImports(body, count, tally, draft);
    case 3:
      draft.functions = count;
      return tally.add('functions', count, at);
    case 4:
      return readTables(body, count, tally, draft);
    case 5:
      return readMemories(body, count, tally, draft);
    case 6:
      return tally.add('globals', count, at);
    case 7:
      return readExports(body, count, tally, draft);
    case 9:
      return tally.add('elements', count, at);
    case 10:
      return readCode(body, count, tally, draft);
    case 11:
      return tally.add('data', count, at);
    default:
      return tally.add('tags', count, at);
  }
}

function kindOf(byte: number, offset: number): CoreKind {
  const kind = coreKinds[byte];
  if (kind === undefined) {
    throw unsupported(
      offset,
      `A core module uses an import or export kind 0x${byte.toString(16)} that is not supported`,
      'Build it without the newest WebAssembly proposals.',
    );
  }
  return kind;
}

function readImports(body: Reader, count: number, tally: Tally, draft: Draft): void {
  tally.add('coreImports', count, body.offset);
  for (let index = 0; index < count; index += 1) {
    const where = `import ${index} of core ${draft.path}`;
    const module = coreName(body, tally, `the module of ${where}`);
    const name = coreName(body, tally, where);
    const kind = kindOf(body.u8(), body.offset - 1);
    skipImportType(body, kind, tally);
    draft.imports.push({ module, name, kind });
  }
  body.finish('the imports of a core module');
}

/** The import's type, as a core module or a core module type writes it after the kind. */
export function skipImportType(body: Reader, kind: CoreKind, tally: Tally): void {
  if (kind === 'function') body.skipLeb(5);
  else if (kind === 'table') {
    skipReferenceType(body);
    limits(body);
  } else if (kind === 'memory') {
    memoryType(body, tally);
  } else if (kind === 'global') {
    skipValueType(body);
    body.skip(1);
  } else {
    body.skip(1);
    body.skipLeb(5);
  }
}

export function readImportKind(body: Reader): CoreKind {
  return kindOf(body.u8(), body.offset - 1);
}

function skipReferenceType(body: Reader): void {
  const byte = body.u8();
  if (byte === 0x63 || byte === 0x64) body.skipLeb(5);
}

function skipValueType(body: Reader): void {
  skipReferenceType(body);
}

interface Limits {
  flags: number;
  minimum: number;
}

function limits(body: Reader): Limits {
  const at = body.offset;
  const flags = body.u8();
  if ((flags & ~0x0f) !== 0) throw malformed(at, 'unknown limits flags');
  const minimum = body.u64();
  if ((flags & 1) !== 0) body.u64();
  return { flags, minimum };
}

/** Declared minimum in bytes. */
function memoryType(body: Reader, tally: Tally): number {
  const at = body.offset;
  const { flags, minimum } = limits(body);
  if ((flags & 2) !== 0) {
    throw unsupported(
      at,
      'A core module uses a shared memory',
      'Build the component without threads.',
    );
  }
  if ((flags & 8) !== 0) {
    throw unsupported(at, 'A core module uses custom page sizes', 'Build it with pages of 64 KiB.');
  }
  const bytes = minimum * 65_536;
  tally.check('memoryBytes', bytes, at);
  return bytes;
}

function readTables(body: Reader, count: number, tally: Tally, draft: Draft): void {
  tally.add('tables', count, body.offset);
  for (let index = 0; index < count; index += 1) {
    const at = body.offset;
    // 0x40 0x00 announces a table with an initial value; the expression after it ends the walk: what matters was read.
    const withValue = body.peek() === 0x40;
    if (withValue) body.skip(2);
    skipReferenceType(body);
    const { minimum } = limits(body);
    tally.add('tableElements', minimum, at);
    draft.tableElements += minimum;
    if (withValue) skipConstantExpression(body);
  }
  body.finish('the tables of a core module');
}

/** An initial value of a table: a null or function reference, or a global. */
function skipConstantExpression(body: Reader): void {
  const at = body.offset;
  const operation = body.u8();
  if (operation !== 0xd0 && operation !== 0xd2 && operation !== 0x23) {
    throw unsupported(
      at,
      'A table has an initial value that is not supported',
      'Build it without one.',
    );
  }
  body.skipLeb(5);
  if (body.u8() !== 0x0b) throw malformed(at, 'an initial value of a table without its end');
}

function readMemories(body: Reader, count: number, tally: Tally, draft: Draft): void {
  tally.add('memories', count, body.offset);
  for (let index = 0; index < count; index += 1) {
    const at = body.offset;
    const bytes = memoryType(body, tally);
    tally.add('memoryBytes', bytes, at);
    draft.memoryBytes += bytes;
  }
  body.finish('the memories of a core module');
}

function readExports(body: Reader, count: number, tally: Tally, draft: Draft): void {
  tally.add('coreExports', count, body.offset);
  for (let index = 0; index < count; index += 1) {
    const name = coreName(body, tally, `export ${index} of core ${draft.path}`);
    const kind = kindOf(body.u8(), body.offset - 1);
    body.skipLeb(5);
    draft.exports.push({ name, kind });
  }
  body.finish('the exports of a core module');
}

function readCode(body: Reader, count: number, tally: Tally, draft: Draft): void {
  if (count !== draft.functions) {
    throw malformed(
      body.offset,
      `${count} function bodies for ${draft.functions} functions in ${draft.path}`,
    );
  }
  for (let index = 0; index < count; index += 1) {
    const at = body.offset;
    const size = body.u32();
    tally.check('functionBytes', size, at);
    const code = body.range(size);
    const groups = code.count();
    let locals = 0;
    for (let group = 0; group < groups; group += 1) {
      locals += code.u32();
      skipValueType(code);
      tally.check('locals', locals, at);
    }
    tally.add('totalLocals', locals, at);
  }
  body.finish('the code of a core module');
}
