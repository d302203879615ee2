import { SkillError } from '../errors.ts';
import { type ComponentBounds, defaultBounds } from './bounds.ts';
import { coreName, externName } from './names.ts';
import { surveyCanonical } from './survey-canonical.ts';
import { assertImportMembers } from './members.ts';
import { malformed, Reader, Tally, unsupported } from './reader.ts';
import { type ComponentShape, detectShape } from './shape.ts';
import { type CoreModuleSurvey, surveyCoreModule } from './survey-core.ts';
import {
  type ComponentMember,
  externDescription,
  surveyAlias,
  surveySort,
} from './survey-externs.ts';
import { surveyCoreType, surveyType } from './survey-types.ts';

/** An import of the component itself. */
export interface ComponentImport extends ComponentMember {
  /** What an imported instance must offer. Empty for everything else. */
  readonly members: readonly ComponentMember[];
}

/** What a component shows of itself before anything is generated from it. */
export interface ComponentSurvey {
  readonly shape: ComponentShape;
  readonly imports: readonly ComponentImport[];
  readonly exports: readonly ComponentMember[];
  /** Every core module, at every level, in the order of the file. */
  readonly modules: readonly CoreModuleSurvey[];
  /** Declared minimum of all memories and tables, each module counted once. */
  readonly memoryBytes: number;
  readonly tableElements: number;
}

const componentVersion = 0x0d;

interface Scope {
  readonly tally: Tally;
  readonly modules: CoreModuleSurvey[];
  /** Declared memory of all core instances, where the component says itself which module they are of. */
  instancesBytes: number;
}

interface Draft {
  readonly path: string;
  readonly imports: ComponentImport[];
  readonly exports: ComponentMember[];
  /** For each type so far: what its instances export, if it is the type of instances. */
  readonly types: (readonly ComponentMember[] | undefined)[];
  /** Declared memory of each core module so far; 0 for one that comes from elsewhere. */
  readonly coreModules: number[];
  modules: number;
  components: number;
}

/**
 * Reads the structure of a component: checks every name that could reach generated code, and holds every count against
 * its bound. Linear in the size of the input, and never slower for a hostile one. Pure: it needs nothing but the bytes.
 *
 * @throws SkillError `COMPONENT_MALFORMED`, `COMPONENT_NAME_REFUSED`, `COMPONENT_TOO_LARGE`, `COMPONENT_UNSUPPORTED`
 */
export function surveyComponent(
  bytes: Uint8Array,
  bounds: Partial<ComponentBounds> = {},
): ComponentSurvey {
  const tally = new Tally({ ...defaultBounds, ...bounds });
  tally.check('bytes', bytes.byteLength, 0);
  assertComponent(bytes);
  const modules: CoreModuleSurvey[] = [];
  const scope = { tally, modules, instancesBytes: 0 };
  const root = surveyLevel(new Reader(bytes, 0, bytes.byteLength), scope, '', 0);
  const modulesBytes = modules.reduce((sum, module) => sum + module.memoryBytes, 0);
  return {
    shape: detectShape(root.exports),
    imports: root.imports,
    exports: root.exports,
    modules,
    memoryBytes: Math.max(modulesBytes, scope.instancesBytes),
    tableElements: tally.get('tableElements'),
  };
}

/** A component by its first eight bytes; the error says what else it is. */
function assertComponent(bytes: Uint8Array): void {
  if (bytes.byteLength === 0) throw malformed(0, 'the file is empty');
  const magic = bytes[0] === 0 && bytes[1] === 0x61 && bytes[2] === 0x73 && bytes[3] === 0x6d;
  if (!magic || bytes.byteLength < 8) throw malformed(0, 'no WebAssembly magic number');
  const layer = (bytes[6] as number) | ((bytes[7] as number) << 8);
  const version = (bytes[4] as number) | ((bytes[5] as number) << 8);
  if (layer === 1 && version === componentVersion) return;
  if (layer === 0 && version === 1) throw coreModuleRefused(bytes);
  throw unsupported(
    4,
    `WebAssembly version ${version} of layer ${layer} is not known`,
    'Build it with a current toolchain.',
  );
}

function coreModuleRefused(bytes: Uint8Array): SkillError {
  let preview1 = false;
  try {
    const reader = new Reader(bytes, 0, bytes.byteLength);
    const module = surveyCoreModule(reader, new Tally(defaultBounds), 'module');
    preview1 = module.imports.some((entry) => entry.module === 'wasi_snapshot_preview1');
  } catch {
    // What it would have imported only improves the message.
  }
  const wayOut = preview1
    ? 'It imports wasi_snapshot_preview1 but exports no _start, so it is no command: build it for WASI 0.2 (for instance the target wasm32-wasip2).'
    : 'Make a component of it, for instance with `jco new`, or build it for WASI 0.2.';
  return new SkillError(
    'COMPONENT_UNSUPPORTED',
    `This is a core WebAssembly module, not a component. ${wayOut}`,
    {
      details: { found: 'core module', preview1 },
    },
  );
}

function surveyLevel(reader: Reader, scope: Scope, path: string, depth: number): Draft {
  scope.tally.check('componentDepth', depth, reader.offset);
  const draft: Draft = {
    path,
    imports: [],
    exports: [],
    types: [],
    coreModules: [],
    modules: 0,
    components: 0,
  };
  reader.skip(8);
  while (!reader.done) {
    const at = reader.offset;
    const id = reader.u8();
    const body = reader.range(reader.u32());
    scope.tally.add('sections', 1, at);
    if (id === 0) continue;
    if (id === 1) nestedModule(body, scope, draft);
    else if (id === 4) nestedComponent(body, scope, draft, depth);
    else {
      readSection(id, body, scope, draft, at);
      body.finish('a section of a component');
    }
  }
  return draft;
}

function nestedModule(body: Reader, scope: Scope, draft: Draft): void {
  scope.tally.add('coreModules', 1, body.offset);
  expectPreamble(body, 0x01, 0, 'a core module');
  const path = `${draft.path}module ${draft.modules++}`;
  const module = surveyCoreModule(body, scope.tally, path);
  scope.modules.push(module);
  draft.coreModules.push(module.memoryBytes);
}

function nestedComponent(body: Reader, scope: Scope, draft: Draft, depth: number): void {
  scope.tally.add('components', 1, body.offset);
  expectPreamble(body, componentVersion, 1, 'a component');
  surveyLevel(body, scope, `${draft.path}component ${draft.components++} / `, depth + 1);
}

function expectPreamble(body: Reader, version: number, layer: number, what: string): void {
  const expected = [0, 0x61, 0x73, 0x6d, version, 0, layer, 0];
  const found = body.bytes.subarray(body.offset, Math.min(body.offset + 8, body.end));
  if (expected.some((byte, index) => found[index] !== byte))
    throw malformed(body.offset, `no preamble of ${what}`);
}

function readSection(id: number, body: Reader, scope: Scope, draft: Draft, at: number): void {
  const { tally } = scope;
  const where = `${draft.path}component`;
  if (id === 9 || id === 12) {
    throw unsupported(at, 'The component uses start functions or values', 'Build it for WASI 0.2.');
  }
  const count = body.count();
  for (let index = 0; index < count; index += 1) {
    switch (id) {
      case 2:
        coreInstance(body, scope, draft, where);
        break;
      case 3:
        surveyCoreType(body, tally, where, 1);
        break;
      case 5:
        instance(body, tally, where);
        break;
      case 6:
        aliasEntry(body, tally, draft, where);
        break;
      case 7:
        typeEntry(body, tally, draft, where);
        break;
      case 8:
        surveyCanonical(body, tally);
        break;
      case 10:
        importEntry(body, tally, draft, `import ${index} of ${where}`);
        break;
      case 11:
        exportEntry(body, tally, draft, `export ${index} of ${where}`);
        break;
      default:
        throw malformed(at, `an unknown section ${id} of a component`);
    }
  }
}

function aliasEntry(body: Reader, tally: Tally, draft: Draft, where: string): void {
  const isCoreModule = body.peek() === 0x00 && body.bytes[body.offset + 1] === 0x11;
  if (surveyAlias(body, tally, where) === 'type') draft.types.push(undefined);
  if (isCoreModule) draft.coreModules.push(0);
}

function coreInstance(body: Reader, scope: Scope, draft: Draft, where: string): void {
  const { tally } = scope;
  tally.add('instances', 1, body.offset);
  const form = body.u8();
  if (form > 1) throw malformed(body.offset - 1, 'an unknown core instance');
  // One module may be instantiated often, and each instance has its own memories.
  if (form === 0) scope.instancesBytes += draft.coreModules[body.u32()] ?? 0;
  const count = body.count();
  tally.add('instanceItems', count, body.offset);
  for (let index = 0; index < count; index += 1) {
    coreName(body, tally, `item ${index} of a core instance in ${where}`);
    body.skip(1);
    body.u32();
  }
}

function instance(body: Reader, tally: Tally, where: string): void {
  tally.add('instances', 1, body.offset);
  const form = body.u8();
  if (form > 1) throw malformed(body.offset - 1, 'an unknown instance');
  if (form === 0) body.u32();
  const count = body.count();
  tally.add('instanceItems', count, body.offset);
  for (let index = 0; index < count; index += 1) {
    externName(body, tally, `item ${index} of an instance in ${where}`, {
      discriminated: form === 1,
    });
    surveySort(body);
    body.u32();
  }
}

function typeEntry(body: Reader, tally: Tally, draft: Draft, where: string): void {
  const members: ComponentMember[] = [];
  const isInstance = body.peek() === 0x42;
  surveyType(body, tally, where, 1, members);
  draft.types.push(isInstance ? members : undefined);
}

function importEntry(body: Reader, tally: Tally, draft: Draft, where: string): void {
  const at = body.offset;
  tally.add('imports', 1, at);
  const name = externName(body, tally, where);
  const { kind, type } = externDescription(body);
  let members: readonly ComponentMember[] = [];
  if (kind === 'type' || kind === 'resource') draft.types.push(undefined);
  if (kind === 'instance') {
    const known = type === undefined ? undefined : draft.types[type];
    if (known === undefined) {
      throw unsupported(
        at,
        `The type of ${where} is not written out`,
        'Build it with a toolchain that writes it (such as wit-component).',
      );
    }
    members = known;
    assertImportMembers(members, where, at);
  }
  draft.imports.push({ name, kind, members });
}

function exportEntry(body: Reader, tally: Tally, draft: Draft, where: string): void {
  tally.add('exports', 1, body.offset);
  const name = externName(body, tally, where);
  const kind = surveySort(body);
  if (kind === 'core' || kind === 'value') {
    throw malformed(body.offset, 'an export that is not a part of the component model');
  }
  body.u32();
  const ascribed = body.u8();
  if (ascribed > 1) throw malformed(body.offset - 1, 'an export with an unknown ascription');
  if (ascribed === 1) externDescription(body);
  if (kind === 'type') draft.types.push(undefined);
  draft.exports.push({ name, kind });
}
