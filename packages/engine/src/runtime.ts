/** What runs skills that are no WebAssembly components: containers and commands of the machine. */
import type { Denial } from './authority/denial.ts';
import type { EffectiveAuthority } from './authority/types.ts';
import type { SkillError } from './errors.ts';
import type { Limits } from './execution.ts';
import type { DockerSkillManifest, NativeSkillManifest } from './manifest/types.ts';
import type { JsonObject, JsonValue } from './schema/json.ts';

/**
 * Runs the skills of one kind. Trust, grants, parameters, hooks, limits in time, concurrency and the record are the
 * engine's: a runtime is asked when all of them allow it, and enforces what the effective authority says.
 */
export interface Runtime {
  /** The `runtime` of manifests that it takes. */
  readonly kind: 'docker' | 'native';
  /**
   * Brings a skill up. Nothing of the skill runs yet.
   *
   * @throws SkillError for a skill that it cannot run as its manifest says; it is not loaded then
   */
  open(skill: RuntimeSkill): Promise<RuntimeSession>;
}

/** A skill that is to be run. */
export interface RuntimeSkill {
  /** Its entry, with which tools and limits it has. */
  readonly manifest: DockerSkillManifest | NativeSkillManifest;
  /** Absolute directory of the manifest. */
  readonly baseDir: string;
  /** declared ∩ granted ∩ ceiling: what it gets, and nothing else. */
  readonly effective: EffectiveAuthority;
  /** Of the skill; a call's own are never wider. */
  readonly limits: Limits;
}

/** A skill that was brought up. */
export interface RuntimeSession {
  /** Lower-case hexadecimal SHA-256 of what runs, such as a container's image; `null` where it has none. For the record. */
  readonly sha256: string | null;
  /** What can be called. */
  readonly tools: readonly RuntimeTool[];
  /** What stands around it, by name, for people and records. */
  readonly layers: readonly string[];
  /**
   * Runs one call, and resolves when nothing of it is left running. When the call's signal aborts it ends it at once;
   * what it resolves with then counts for its output alone. A rejection is a flaw of the runtime.
   */
  run(call: RuntimeCall): Promise<RuntimeOutcome>;
  /** Frees what it holds. Calls have ended by then. */
  close(): Promise<void>;
}

/** A tool, unless the manifest says otherwise of it. */
export interface RuntimeTool {
  /** What callers call it. */
  readonly name: string;
  /** For callers; `undefined` for none. */
  readonly description: string | undefined;
  /** JSON Schema (2020-12) of its parameters. */
  readonly schema: JsonObject;
}

/** One call that may run. */
export interface RuntimeCall {
  /** Of the record; unique. */
  readonly executionId: string;
  /** Name of one of the session's tools. */
  readonly tool: string;
  /** Validated, with defaults. */
  readonly parameters: JsonValue;
  /** All that it gets of an environment: what the authority lets pass, and values of credentials that are granted to the guest. */
  readonly environment: readonly (readonly [string, string])[];
  /** What a call of its own names may add: only what the authority lets pass. */
  readonly filterEnvironment: (
    given: Readonly<Record<string, string>>,
  ) => readonly (readonly [string, string])[];
  /** `timeoutMs` is kept by the engine, by `signal`; the others by the runtime. */
  readonly limits: Limits;
  /** Aborts when the time is up, the caller cancels or the engine closes. */
  readonly signal: AbortSignal;
}

/** How a call ended. */
export interface RuntimeOutcome {
  /** A value; or the exit code of a command, of which 0 is success with the value `{ stdout, stderr, exitCode }`; or a failure. */
  readonly answer:
    | { readonly value: JsonValue }
    | { readonly exitCode: number }
    | { readonly error: SkillError };
  /** What it printed, as text, within the limit of the output. */
  readonly stdout: string;
  /** The same. */
  readonly stderr: string;
  /** What it was refused. */
  readonly denials: readonly Denial[];
  /** Most memory that it had, or `null` where that is not known. */
  readonly memoryPeakBytes: number | null;
}
