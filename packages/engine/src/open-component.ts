/** Brings a component up: prepared, its isolate started, its tools known. */
import { effective, noCapabilities } from './authority/effective.ts';
import { OpenFailed, type Supervisor } from './broker/client.ts';
import type { PoolSpec } from './broker/messages.ts';
import { isProvidedWasi } from './component/imports.ts';
import { prepareComponent, type PreparedComponent } from './component/prepare.ts';
import { SkillError } from './errors.ts';
import type { Limits } from './execution.ts';
import { isolationFor, layerNames, type Isolation } from './isolate/level.ts';
import { findOffer } from './interfaces/find.ts';
import { importedInterfaces, isOwnInterface } from './interfaces/match.ts';
import type { WitMessage } from './isolate/messages.ts';
import { CONCURRENCY } from './limits/limits.ts';
import { componentOf } from './load.ts';
import { type Decided, loadedBase, type OpenOptions } from './loaded-base.ts';
import type { WasmSkillManifest } from './manifest/types.ts';
import { endError } from './failures.ts';
import { wordsOf } from './guest-words.ts';
import { runGuest } from './run.ts';
import type { JsonValue } from './schema/json.ts';
import type { WasmSkill } from './skill.ts';
import { checkArguments } from './wit/check.ts';
import { typedTools } from './wit/typed-tools.ts';
import { validateConfig } from './flat-config.ts';
import { nativeToolList } from './flat-tools.ts';
import { buildTools, commandTool, type ComponentTool, readToolList } from './tools.ts';

export async function openComponent(
  manifest: WasmSkillManifest,
  options: OpenOptions,
  decided: Decided,
): Promise<WasmSkill> {
  const { source, supervisor } = options;
  const { limits, authority } = decided;
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
    const tools = await buildTools(manifest, found, decided.narrowed, source.schemas);
    return {
      ...loadedBase(options, decided, { sha256: prepared.sha256, tools }),
      runtime: 'wasm',
      sha256: prepared.sha256,
      shape: prepared.shape,
      imports: prepared.imports.map(({ name }) => name),
      isolation: { level: isolation.level, layers: layerNames(isolation) },
      config,
      supervisor,
      pool,
    };
  } catch (error) {
    await supervisor.closePool(pool);
    throw error;
  }
}

/** Whether calls of the interface have an answer, if only a denial. */
function isAnswered({ offers, missingInterfaces }: OpenOptions, name: string): boolean {
  if (findOffer(offers, name) !== undefined) return true;
  return missingInterfaces === 'deny' && isOwnInterface(name);
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
  readonly config: WasmSkill['config'];
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
