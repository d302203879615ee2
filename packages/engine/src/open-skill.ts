/** Brings one skill up: component prepared, authority computed, isolate started, tools known. */
import { createHash } from 'node:crypto';
import { isAbsolute, relative, resolve } from 'node:path';
import { effective, noCapabilities } from './authority/effective.ts';
import { filterEnvironment } from './authority/environment.ts';
import { hashAuthority } from './authority/hash.ts';
import type { AuthorityParts } from './authority/types.ts';
import { OpenFailed, type Supervisor } from './broker/client.ts';
import type { PoolSpec } from './broker/messages.ts';
import { isProvidedWasi } from './component/imports.ts';
import { prepareComponent, type PreparedComponent } from './component/prepare.ts';
import { SkillError } from './errors.ts';
import type { Limits } from './execution.ts';
import {
  isolationFor,
  layerNames,
  type Isolation,
  type IsolationOptions,
} from './isolate/level.ts';
import { findOffer } from './interfaces/find.ts';
import { importedInterfaces, isOwnInterface } from './interfaces/match.ts';
import type { Offers } from './interfaces/offer.ts';
import type { WitMessage } from './isolate/messages.ts';
import { limitsOf, narrow } from './limits/limits.ts';
import { RateWindow } from './limits/rate.ts';
import { componentOf, type SkillSource } from './load.ts';
import type { CapabilityRestriction, WasmSkillManifest } from './manifest/types.ts';
import { operatorHome, type StatePlaces } from './places.ts';
import { endError } from './failures.ts';
import { wordsOf } from './guest-words.ts';
import type { FileSubstitute } from './substitutes.ts';
import { runGuest } from './run.ts';
import type { JsonValue } from './schema/json.ts';
import type { LoadedSkill, Tool } from './skill.ts';
import { assertPlainGrants } from './trust/plain-grants.ts';
import { narrowedBy, type TrustLevel } from './trust/levels.ts';
import { packageDigest } from './trust/package-digest.ts';
import { checkArguments } from './wit/check.ts';
import { typedTools } from './wit/typed-tools.ts';
import { validateConfig } from './flat-config.ts';
import { nativeToolList } from './flat-tools.ts';
import { buildTools, commandTool, type ComponentTool, readToolList } from './tools.ts';

/** Isolates of one skill, and so its invocations at once, where its manifest does not say. */
const CONCURRENCY = 4;

export interface OpenOptions {
  readonly source: SkillSource;
  readonly granted: AuthorityParts['granted'];
  /** Each holds. */
  readonly ceilings: readonly CapabilityRestriction[];
  readonly limits: Partial<Limits> | undefined;
  readonly places: StatePlaces;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Interfaces of the embedder. */
  readonly offers: Offers;
  readonly missingInterfaces: 'refuse' | 'deny' | undefined;
  /** Configuration values that win over the manifest's. */
  readonly config: Readonly<Record<string, string>> | undefined;
  readonly supervisor: Supervisor;
  readonly trust: TrustLevel;
  /** What engine and load ask for together. */
  readonly isolation: Required<IsolationOptions>;
  /** What stands in for the machine's files. */
  readonly files: FileSubstitute | undefined;
}

export async function openSkill(options: OpenOptions): Promise<LoadedSkill> {
  const { source, supervisor } = options;
  const manifest = source.manifest;
  if (manifest.runtime !== 'wasm') {
    throw new SkillError(
      'RUNTIME_UNSUPPORTED',
      `The skill ${manifest.name} needs the ${manifest.runtime} runtime, which this version does not have; it runs WebAssembly components (runtime = "wasm").`,
    );
  }
  const narrowed = narrowedBy(options.trust, options.limits);
  const limits = narrow(limitsOf(manifest.resources), narrowed);
  const places = { baseDir: source.baseDir, home: operatorHome() };
  if (options.granted !== 'none') {
    await assertPlainGrants(manifest.capabilities.filesystem.grants, places);
  }
  const authority = effective(
    {
      declared: manifest.capabilities,
      granted: options.granted,
      overrides: manifest.overrides,
      ceiling: withoutOwnState(options),
      ceilings: options.ceilings,
    },
    options.files ?? places,
    source.table,
  );
  // Found while the component is prepared; a failure is told when it is awaited.
  const isolating = isolationFor(options.isolation);
  isolating.catch(() => undefined);
  const prepared = await prepareComponent({
    ...componentOf(source),
    cacheDir: options.places.cache,
    metered: true,
    provided: (name) => isProvidedWasi(name) || isAnswered(options, name),
  });
  const { shape } = prepared;
  const typed = shape === 'typed' ? typedTools(prepared.wit!) : [];
  if (prepared.memoryBytes > limits.memoryBytes) {
    throw new SkillError(
      'COMPONENT_TOO_LARGE',
      `The component declares at least ${prepared.memoryBytes} bytes of memory; the skill's limit is ${limits.memoryBytes}. Raise resources.memory if that is intended.`,
    );
  }
  const config = configOf(manifest, options.config);
  const rules = authority.environment.layers.map(({ rule }) => rule);
  const isolation = await isolating;
  const { concurrency } = manifest.resources;
  const wit: WitMessage = {
    types: prepared.wit?.types ?? [],
    tools: typed.map(({ name, exportName, functionName, fn }) => ({
      tool: name,
      exportName,
      functionName,
      fn,
    })),
    interfaces: importedInterfaces(prepared.wit, options.offers, options.missingInterfaces),
  };
  const pool = await openPool(supervisor, prepared, wit, limits, isolation, concurrency);
  try {
    const found =
      shape === 'command'
        ? [commandTool]
        : shape === 'typed'
          ? typed.map((tool) => ({
              ...tool,
              check: (value: JsonValue) => checkArguments(wit.types, tool.fn, value),
            }))
          : await listTools(supervisor, pool, { manifest, limits, config, shape });
    if (shape === 'flat' && prepared.exports.some(({ name }) => name === 'validate-config')) {
      const { credentials } = authority;
      await validateConfig(supervisor, pool, { name: manifest.name, limits, config, credentials });
    }
    const tools = await buildTools(manifest, found, narrowed, source.schemas);
    return {
      name: manifest.name,
      version: manifest.version,
      description: manifest.description,
      sha256: prepared.sha256,
      digest: packageDigest({
        skill: manifest.name,
        manifestText: source.manifestText,
        componentSha256: prepared.sha256,
        schemas: source.schemas,
      }),
      trust: options.trust,
      shape: prepared.shape,
      imports: prepared.imports.map(({ name }) => name),
      tools: toolInfos(manifest.name, tools),
      declared: manifest.capabilities,
      effective: authority,
      limits,
      isolation: { level: isolation.level, layers: layerNames(isolation) },
      authorityHash: hashAuthority(authority, (text) =>
        createHash('sha256').update(text).digest('hex'),
      ),
      toolTable: tools,
      environment: filterEnvironment(rules, options.environment),
      config,
      filterCallerEnvironment: (given) => filterEnvironment(rules, given),
      supervisor,
      pool,
      rate: manifest.resources.rate && new RateWindow(manifest.resources.rate),
      running: new Set(),
    };
  } catch (error) {
    await supervisor.closePool(pool);
    throw error;
  }
}

/**
 * The engine's own files are nobody's to grant: who could write the cache could run code outside the sandbox,
 * who could write the audit store could rewrite the record.
 */
function withoutOwnState({ places: { data, cache }, files }: OpenOptions): CapabilityRestriction {
  const grants = [{ path: '/', access: 'read-write' as const }];
  const own = [data, cache, `${cache}.key`].flatMap((path) => belowRoot(path, files?.root));
  return { filesystem: { grants, forbidden: own } };
}

/** What grants call a path of the host: itself, or nothing where it is out of their reach. */
function belowRoot(path: string, root: string | undefined): { readonly path: string }[] {
  if (root === undefined) return [{ path }];
  const below = relative(resolve(root), path);
  if (below === '..' || below.startsWith('../') || isAbsolute(below)) return [];
  return [{ path: `/${below}` }];
}

/** Whether calls of the interface have an answer, if only a denial. */
function isAnswered({ offers, missingInterfaces }: OpenOptions, name: string): boolean {
  if (findOffer(offers, name) !== undefined) return true;
  return missingInterfaces === 'deny' && isOwnInterface(name);
}

function toolInfos(skill: string, tools: ReadonlyMap<string, Tool>): LoadedSkill['tools'] {
  return [...tools.values()].map(({ name, description, schema }) => ({
    skill,
    name,
    description,
    parameters: schema,
  }));
}

/** Sorted by name, so that a guest that reads them all reads the same in every run. */
function configOf(
  { config }: WasmSkillManifest,
  given: Readonly<Record<string, string>> = {},
): [string, string][] {
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === 'string') continue;
    throw new SkillError('INVALID_OPTIONS', `options.config.${name} must be a string.`);
  }
  return Object.entries({ ...config, ...given }).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function exportName(component: PreparedComponent): string {
  switch (component.shape) {
    case 'native':
      return 'skill:engine/tools@0.1.0';
    case 'command':
      return component.exports.find(({ name }) => name.startsWith('wasi:cli/run@'))!.name;
    case 'flat':
    case 'typed':
      return '';
  }
}

async function openPool(
  supervisor: Supervisor,
  component: PreparedComponent,
  wit: WitMessage,
  limits: Limits,
  isolation: Isolation,
  concurrency: number | undefined,
): Promise<number> {
  const parts = [new TextEncoder().encode(component.glue), ...component.modules.values()];
  const blob = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    blob.set(part, at);
    at += part.length;
  }
  const spec: PoolSpec = {
    memoryBytes: limits.memoryBytes,
    size: concurrency ?? CONCURRENCY,
    isolation,
    load: {
      blob,
      message: {
        shape: component.shape,
        exportName: exportName(component),
        wit,
        glueBytes: parts[0]!.length,
        modules: [...component.modules].map(([name, { length }]) => ({ name, bytes: length })),
      },
    },
  };
  try {
    return await supervisor.open(spec);
  } catch (error) {
    if (!(error instanceof OpenFailed) || error.end.kind === 'result') throw error;
    const why = endError(error.end, limits);
    throw new SkillError(
      'COMPONENT_UNSUPPORTED',
      `The component could not be compiled in its isolate. ${why.message}`,
      {
        cause: why,
      },
    );
  }
}

interface Listing {
  readonly manifest: WasmSkillManifest;
  readonly limits: Limits;
  readonly config: LoadedSkill['config'];
  readonly shape: PreparedComponent['shape'];
}

/** Asks a native or flat component for its tools: guest code, so under its limits, and with no capability. */
async function listTools(
  supervisor: Supervisor,
  pool: number,
  { manifest, limits, config, shape }: Listing,
): Promise<ComponentTool[]> {
  const authority = effective({ declared: noCapabilities, granted: 'none' }, { baseDir: '/' });
  const { answer, stderr } = await runGuest(supervisor, pool, {
    tool: '',
    list: true,
    command: false,
    limits,
    authority,
    config,
  });
  if ('value' in answer) {
    const list = shape === 'flat' ? nativeToolList(answer.value, manifest.name) : answer.value;
    return readToolList(list, manifest.name);
  }
  const reason = 'error' in answer ? answer.error.message : 'It exited instead of answering.';
  throw new SkillError(
    'COMPONENT_UNSUPPORTED',
    `The skill ${manifest.name} does not list its tools. ${reason}${wordsOf(stderr)}`,
    {
      cause: 'error' in answer ? answer.error : undefined,
    },
  );
}
