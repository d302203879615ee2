/** What an engine is opened with, and what a load of a skill can say. */
import type { AuditKind } from './audit/kind.ts';
import type { Retention } from './audit/retention.ts';
import type { AuditStore } from './audit/store.ts';
import type { CredentialStore } from './credentials/store.ts';
import type { Limits } from './execution.ts';
import type { HostInterface } from './interfaces/host-interface.ts';
import type { IsolationOptions } from './isolate/level.ts';
import type { Hook, OnAsk } from './policy/hook.ts';
import type { Runtime } from './runtime.ts';
import type { Substitutes } from './substitutes.ts';
import type { TelemetryOptions } from './telemetry.ts';
import type { TrustLevel } from './trust/levels.ts';

/** What {@link createEngine} takes; all of it the operator's, none of it the skill's. */
export interface EngineOptions {
  /** Directory of all state. Default: `SKILL_ENGINE_HOME`, else the platform's directories. */
  readonly home?: string;
  /** Where invocations are recorded. Default: SQLite under `home`. The engine closes only a store of its own. */
  readonly audit?: AuditStore;
  /** Of the default store, as in `openSqliteAuditStore`. Default `power`. */
  readonly durability?: 'power' | 'process';
  /**
   * Which store under `home` is used where `audit` gives none: `sqlite`, or `jsonl`, which has one writer at a time and is
   * for shipping to log systems. Default `sqlite`.
   */
  readonly auditKind?: AuditKind;
  /** What the store under `home` keeps, by itself, as in `openSqliteAuditStore` and `openJsonLinesAuditStore`. Default: everything. */
  readonly auditRetention?: Retention;
  /**
   * The most that any skill may get, whatever it declares and whatever is granted: a value in the forms of
   * `[skills.capabilities]`, paths absolute. An area that is absent gives nothing. Of several, each
   * holds. Default: no such bound.
   */
  readonly ceiling?: CapabilityForm | readonly CapabilityForm[];
  /** Where granted environment variables come from. Default: this process's environment, read at load. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /**
   * `ca`: certificates (PEM) that TLS connections of skills trust besides the public roots that Node bundles.
   * Nothing of this process's own TLS settings or environment applies to them. Default: none.
   */
  readonly tls?: { readonly ca?: readonly string[] };
  /**
   * Where the values of credentials come from. Default: the file vault `credentials.enc` under `home`, unlocked by the
   * system's keyring, or by the passphrase that SKILL_ENGINE_PASSPHRASE_FD or SKILL_ENGINE_PASSPHRASE_COMMAND give. It
   * is touched only when a skill that declares credentials is invoked. The engine closes only a store of its own.
   */
  readonly credentials?: CredentialStore;
  /**
   * Interfaces that skills may import beyond WASI, by their names with versions. A skill gets one only if its manifest
   * names it and it is granted. Default: none.
   */
  readonly interfaces?: Readonly<Record<string, HostInterface>>;
  /** What stands around the guests; a load may be stricter. Default: a process, in all layers that this machine has. */
  readonly isolation?: IsolationOptions;
  /**
   * The operator's policy, around every invocation on every face, in this order; no caller can skip it.
   * Default: none.
   */
  readonly hooks?: readonly Hook[];
  /** Asks the operator when a hook wants that; without it, what would be asked is denied. */
  readonly onAsk?: OnAsk;
  /**
   * What runs skills that are no components: `createDockerRuntime()` of `@skill-engine/docker`, `createNativeRuntime()` of
   * `@skill-engine/native`. Default: none, so such skills are not loaded.
   */
  readonly runtimes?: readonly Runtime[];
  /** What stands in for files, clocks, randomness and the network, for tests. Default: nothing, the machine itself. */
  readonly substitutes?: Substitutes;
  /** Where metrics and traces go, without parameters, values, users and error texts. Default: nowhere. */
  readonly telemetry?: TelemetryOptions;
  /** `minimum`: the lowest trust level that runs. Default `untrusted`; the quarantined never run. */
  readonly trust?: { readonly minimum?: TrustLevel };
}

/** What `Engine.load` takes: the operator's decisions on the skills of one load. */
export interface LoadOptions {
  /**
   * What the operator approves: `declared` (all that the manifest asks for), `none`, or at most this, a value
   * in the forms of `[skills.capabilities]`. Default `none`; for an installed skill, what was approved.
   */
  readonly grant?: 'declared' | 'none' | CapabilityForm;
  /** Path of a manifest for a bare component file. Default: none, so no capability. */
  readonly manifest?: string;
  /** Name of the one skill to load, of a manifest that has several. Default: all of them. */
  readonly only?: string;
  /** Narrower limits than the manifest's, for every invocation. Default: the manifest's. */
  readonly limits?: Partial<Limits>;
  /**
   * Configuration values for its guests, which win over `[skills.config]`: read by `wasi:config/store` and by
   * `get-config` of the flat world. Plain text that a guest sees: secrets belong to the credentials.
   * Default: the manifest's values alone.
   */
  readonly config?: Readonly<Record<string, string>>;
  /** What stands around the guests; it can only be stricter than the engine's. Default: the engine's, in a process. */
  readonly isolation?: IsolationOptions;
  /**
   * What becomes of a skill that imports an interface which the engine does not offer. `deny`: it loads, to be looked
   * at, and a call of that interface ends the invocation. Default `refuse`.
   */
  readonly missingInterfaces?: 'refuse' | 'deny';
  /** The operator's trust in it; can only lower that of an installed skill. Default `third_party`. */
  readonly trust?: TrustLevel;
}

/** Capabilities as a manifest writes them, such as `{ filesystem: ['read:/data'], network: 'none' }`. */
export type CapabilityForm = Readonly<Record<string, unknown>>;
