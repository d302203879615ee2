/** What opening a skill goes by, and what every loaded skill has, whatever runs it. */
import { createHash } from 'node:crypto';
import { filterEnvironment } from './authority/environment.ts';
import { hashAuthority } from './authority/hash.ts';
import type { AuthorityParts, EffectiveAuthority } from './authority/types.ts';
import type { Supervisor } from './broker/client.ts';
import type { Limits } from './execution.ts';
import type { IsolationOptions } from './isolate/level.ts';
import type { Offers } from './interfaces/offer.ts';
import { RateWindow } from './limits/rate.ts';
import type { SkillSource } from './load.ts';
import type { CapabilityRestriction } from './manifest/types.ts';
import type { StatePlaces } from './places.ts';
import type { Runtime } from './runtime.ts';
import type { FileSubstitute } from './substitutes.ts';
import type { LoadedBase, Tool } from './skill.ts';
import { packageDigest } from './trust/package-digest.ts';
import type { TrustLevel } from './trust/levels.ts';

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
  /** Something stands in for files, clocks or the network. */
  readonly substituted: boolean;
  /** What runs skills that are no components. */
  readonly runtimes: readonly Runtime[];
}

/** What is decided of a skill before anything is prepared. */
export interface Decided {
  readonly authority: EffectiveAuthority;
  readonly limits: Limits;
  /** What narrows the limits of its tools, too. */
  readonly narrowed: Partial<Limits>;
}

/** What every loaded skill has, whatever runs it. */
export function loadedBase(
  { source, trust, environment }: OpenOptions,
  { authority, limits }: Decided,
  { sha256, tools }: { readonly sha256: string | null; readonly tools: ReadonlyMap<string, Tool> },
): Omit<LoadedBase, 'runtime' | 'sha256' | 'shape' | 'imports' | 'isolation'> {
  const { manifest } = source;
  const rules = authority.environment.layers.map(({ rule }) => rule);
  return {
    name: manifest.name,
    version: manifest.version,
    description: manifest.description,
    digest: packageDigest({
      skill: manifest.name,
      manifestText: source.manifestText,
      componentSha256: manifest.runtime === 'wasm' ? sha256 : null,
      schemas: source.schemas,
    }),
    trust,
    tools: toolInfos(manifest.name, tools),
    declared: manifest.capabilities,
    effective: authority,
    limits,
    authorityHash: hashAuthority(authority, (text) =>
      createHash('sha256').update(text).digest('hex'),
    ),
    toolTable: tools,
    environment: filterEnvironment(rules, environment),
    filterCallerEnvironment: (given) => filterEnvironment(rules, given),
    rate: manifest.resources.rate && new RateWindow(manifest.resources.rate),
    running: new Set(),
  };
}

function toolInfos(skill: string, tools: ReadonlyMap<string, Tool>): LoadedBase['tools'] {
  return [...tools.values()].map(({ name, description, schema }) => ({
    skill,
    name,
    description,
    parameters: schema,
  }));
}
