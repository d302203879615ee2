/** A loaded skill: what it is, what it may do, its tools, and what runs it. */
import type { Supervisor } from './broker/client.ts';
import type { EffectiveAuthority } from './authority/types.ts';
import type { ComponentShape } from './component/shape.ts';
import type { Limits, ToolInfo } from './execution.ts';
import type { RateWindow } from './limits/rate.ts';
import type { Slots } from './limits/slots.ts';
import type { DeclaredCapabilities, SkillManifest } from './manifest/types.ts';
import type { HookCall } from './policy/hook.ts';
import type { Runtime, RuntimeSession } from './runtime.ts';
import type { JsonValue } from './schema/json.ts';
import type { ToolValidator } from './schema/index.ts';
import type { TrustLevel } from './trust/levels.ts';

/** What an embedder sees of a loaded skill. */
export interface Skill {
  /** What `execute` takes; unique within an engine. */
  readonly name: string;
  /** The manifest's; `0.0.0` without one. */
  readonly version: string;
  /** The manifest's. */
  readonly description: string | undefined;
  /** What runs it. */
  readonly runtime: SkillManifest['runtime'];
  /**
   * Lower-case hexadecimal SHA-256 of the component file, or of what another runtime runs, such as a container's image; `null` where
   * that has none.
   */
  readonly sha256: string | null;
  /** Of the manifest and the component that were loaded: what consent is given to. See `packageDigest`. */
  readonly digest: string;
  readonly trust: TrustLevel;
  /** Of the component; `null` for what is none. */
  readonly shape: ComponentShape | null;
  /** Interfaces that the component imports, with their versions. */
  readonly imports: readonly string[];
  readonly tools: readonly ToolInfo[];
  /** What its manifest asks for. */
  readonly declared: DeclaredCapabilities;
  /** declared ∩ granted ∩ ceiling: what its guests get. */
  readonly effective: EffectiveAuthority;
  readonly limits: Limits;
  /** What stands around its guests: the level, and the layers by name, such as `bubblewrap`. */
  readonly isolation: {
    readonly level: 'process' | 'thread' | 'container' | 'command';
    readonly layers: readonly string[];
  };
}

export interface Tool {
  readonly name: string;
  readonly description: string | undefined;
  readonly schema: JsonValue;
  readonly validator: ToolValidator;
  /** The skill's, with the tool's own timeout, narrowed by whoever loaded it. */
  readonly limits: Limits;
}

/** What every call goes through on its way, whether a guest answers it or the engine itself. */
export interface Callable {
  readonly name: string;
  readonly runtime: HookCall['runtime'];
  readonly version: string;
  /** Of the component; `null` where there is none. */
  readonly sha256: string | null;
  readonly effective: EffectiveAuthority;
  readonly authorityHash: string;
  readonly toolTable: ReadonlyMap<string, Tool>;
  readonly rate: RateWindow | undefined;
}

export interface LoadedBase extends Skill, Omit<Callable, 'runtime'> {
  readonly sha256: string | null;
  readonly environment: readonly (readonly [string, string])[];
  /** What of a caller's own variables the effective rules let pass. */
  readonly filterCallerEnvironment: (
    given: Readonly<Record<string, string>>,
  ) => readonly (readonly [string, string])[];
  /** Runs that are under way. */
  readonly running: Set<Promise<unknown>>;
}

/** A component, with the pool of isolates that runs it. */
export interface WasmSkill extends LoadedBase {
  readonly runtime: 'wasm';
  readonly sha256: string;
  readonly shape: ComponentShape;
  /** Configuration values of each invocation. */
  readonly config: readonly (readonly [string, string])[];
  readonly supervisor: Supervisor;
  readonly pool: number;
}

/** What another runtime runs. */
export interface SessionSkill extends LoadedBase {
  readonly runtime: Runtime['kind'];
  readonly session: RuntimeSession;
  readonly slots: Slots;
  /** Whether the operator granted that it runs at all, outside of the engine's own sandbox. */
  readonly granted: boolean;
}

export type LoadedSkill = WasmSkill | SessionSkill;

/** Frees what runs a skill. */
export async function closeSkill(skill: LoadedSkill): Promise<void> {
  if (skill.runtime === 'wasm') await skill.supervisor.closePool(skill.pool);
  else await skill.session.close();
}

/** The part of a loaded skill that is the embedder's business. */
export function publicSkill(skill: LoadedSkill): Skill {
  const {
    name,
    version,
    description,
    runtime,
    sha256,
    digest,
    trust,
    shape,
    imports,
    tools,
    declared,
    effective,
    limits,
    isolation,
  } = skill;
  return Object.freeze({
    name,
    version,
    description,
    runtime,
    sha256,
    digest,
    trust,
    shape,
    imports,
    tools,
    declared,
    effective,
    limits,
    isolation,
  });
}
