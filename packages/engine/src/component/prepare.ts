import { createHash } from 'node:crypto';
import { SkillError } from '../errors.ts';
import { notWebAssembly } from '../path-refusals.ts';
import { adaptCommand, adaptedName, readAdapter } from './adapt.ts';
import type { ComponentBounds } from './bounds.ts';
import { ComponentCache } from './cache.ts';
import { isCommandModule } from './command-module.ts';
import { sha256Hex } from './digest.ts';
import { checkImports } from './imports.ts';
import { type ComponentTypes, readComponentTypes } from './read-types.ts';
import { checkDigest, readComponent } from './read.ts';
import { type ComponentShape, isFlat } from './shape.ts';
import { type ComponentSurvey, surveyComponent } from './survey.ts';
import { transpileComponent, transpilerVersion } from './transpile.ts';
import { defaultTranspileLimits, type TranspileLimits } from './transpile-child.ts';
import type { Transpiled } from './transpile-frame.ts';

export interface PrepareOptions {
  /** Exactly one of `path` and `bytes`. */
  readonly path?: string | undefined;
  readonly bytes?: Uint8Array | undefined;
  /** The pin; see `readComponent`. */
  readonly sha256?: string | undefined;
  /** Where what was made is kept for the next load; nothing is kept without one. Its key file is `<cacheDir>.key`. */
  readonly cacheDir?: string | undefined;
  /** Whether the host provides an import of this name. Default: WASI 0.2, see `isProvidedWasi`. */
  readonly provided?: ((name: string) => boolean) | undefined;
  readonly bounds?: Partial<ComponentBounds> | undefined;
  readonly limits?: Partial<TranspileLimits> | undefined;
  /** Whether core modules are rewritten to pay for what they do; see `transpileComponent`. Default true. */
  readonly metered?: boolean | undefined;
}

/** A component that is ready for an isolate. */
export interface PreparedComponent {
  /** Of the file as it was read. */
  readonly sha256: string;
  readonly shape: ComponentShape;
  readonly imports: ComponentSurvey['imports'];
  readonly exports: ComponentSurvey['exports'];
  /** The types of its imports and exports; of typed components, and where interfaces of the embedder are imported. */
  readonly wit: ComponentTypes | undefined;
  /** Declared minimum of all memories in bytes, each module counted once. */
  readonly memoryBytes: number;
  /** A script that evaluates to `(getCoreModule, imports, instantiateCore) => exports`. Run it in an isolate only. */
  readonly glue: string;
  /** Core modules by the name that the glue gives to `getCoreModule`. */
  readonly modules: ReadonlyMap<string, Uint8Array>;
}

/** Changes whenever what is made of a component changes. */
const formatVersion = 3;

/**
 * From a file to what an isolate runs: read and pinned, adapted if it is a preview-1 command, surveyed, imports known,
 * transpiled in a process of its own (or taken from the cache), verified.
 *
 * @throws SkillError any of the `COMPONENT_…` and `TRANSPILE_…` codes; `INVALID_OPTIONS` for an unsafe cache directory
 */
export async function prepareComponent(options: PrepareOptions): Promise<PreparedComponent> {
  const { bytes: file, sha256 } = await obtain(options);
  const cache = options.cacheDir === undefined ? undefined : await openCache(options.cacheDir);
  const command = isCommandModule(file, options.bounds);
  const bytes = command ? await adapt(file, sha256, options, cache) : file;
  const survey = surveyComponent(bytes, options.bounds);
  checkImports(survey, options.provided);
  const digest = command ? await sha256Hex(bytes) : sha256;
  const { glue, modules } = await cached(
    cache,
    cacheKey(digest, options.metered !== false),
    options,
    () => transpileComponent(bytes, options),
  );
  const { shape, wit } = typesOf(survey, bytes);
  return {
    sha256,
    shape,
    imports: survey.imports,
    exports: survey.exports,
    wit,
    memoryBytes: survey.memoryBytes,
    glue,
    modules,
  };
}

/** What looks flat by its names may be typed by its types. */
function typesOf(
  { shape, imports }: ComponentSurvey,
  bytes: Uint8Array,
): Pick<PreparedComponent, 'shape' | 'wit'> {
  const hasInterfaces = imports.some(
    ({ kind, name }) => kind === 'instance' && !name.startsWith('wasi:'),
  );
  if (shape !== 'typed' && shape !== 'flat' && !hasInterfaces) return { shape, wit: undefined };
  const wit = readComponentTypes(bytes);
  if (shape !== 'flat') return { shape, wit };
  if (!isFlat(wit)) return { shape: 'typed', wit };
  return { shape, wit: hasInterfaces ? wit : undefined };
}

async function obtain(options: PrepareOptions): Promise<{ bytes: Uint8Array; sha256: string }> {
  const { path, bytes, sha256 } = options;
  if (path !== undefined && bytes === undefined) {
    const file = await readComponent(path, { sha256, maxBytes: options.bounds?.bytes });
    if (!isWebAssembly(file.bytes)) throw notWebAssembly(path, file.bytes);
    return file;
  }
  if (bytes !== undefined && path === undefined) {
    // A copy: what was surveyed must be what is transpiled, whatever the caller does to its buffer meanwhile.
    return checkDigest(Uint8Array.from(bytes), sha256);
  }
  throw new SkillError('INVALID_OPTIONS', 'A component is prepared from either "path" or "bytes".');
}

function isWebAssembly(bytes: Uint8Array): boolean {
  return [0, 0x61, 0x73, 0x6d].every((byte, at) => bytes[at] === byte);
}

/** The component of a preview-1 command: from the cache, or made in a process of its own. */
async function adapt(
  module: Uint8Array,
  sha256: string,
  options: PrepareOptions,
  cache: ComponentCache | undefined,
): Promise<Uint8Array> {
  const adapter = await readAdapter();
  // `memory`: how it is set aside for the adapter; `exit`: how it ends.
  const parts = { adapter: await sha256Hex(adapter), command: sha256, memory: '1', exit: '1' };
  const made = await cached(cache, keyOf(parts, false), options, async () => ({
    glue: '',
    modules: new Map([[adaptedName, await adaptCommand(module, adapter, options.limits)]]),
  }));
  return made.modules.get(adaptedName)!;
}

async function cached(
  cache: ComponentCache | undefined,
  key: string,
  options: PrepareOptions,
  make: () => Promise<Transpiled>,
): Promise<Transpiled> {
  const maxBytes = options.limits?.outputBytes ?? defaultTranspileLimits.outputBytes;
  const known = await cache?.get(key, maxBytes);
  if (known !== undefined) return known;
  const made = await make();
  // A full or read-only disk costs the next load some time, not this one its success.
  await cache?.put(key, made).catch(() => undefined);
  return made;
}

/** Undefined where the file system takes nothing: loading is then slow each time, and works. */
async function openCache(directory: string): Promise<ComponentCache | undefined> {
  try {
    return await ComponentCache.open(directory);
  } catch (failure) {
    if (failure instanceof SkillError) throw failure;
    return undefined;
  }
}

/** Everything that decides what comes out: the component, the versions of jco, of the meter, and of this code. */
export function cacheKey(sha256: string, metered: boolean): string {
  return keyOf({ component: sha256 }, metered);
}

function keyOf(made: Readonly<Record<string, string>>, metered: boolean): string {
  const parts = { formatVersion, ...transpilerVersion(metered), ...made };
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
