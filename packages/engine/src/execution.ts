/** What callers of `execute` hand in and get back. */
import type { FilesWritten } from './broker/filesystem-written.ts';
import type { Denial } from './authority/denial.ts';
import type { SkillError } from './errors.ts';
import type { JsonValue } from './schema/json.ts';

/** What `Engine.execute` takes beside the parameters. */
export interface ExecuteOptions {
  /** Who asks, for the audit record. Default: none. */
  readonly user?: string;
  /** Anything else about the caller (program, agent, request), for the audit record; redacted like parameters. Default: nothing. */
  readonly caller?: Readonly<Record<string, unknown>>;
  /** Ends the invocation as soon as it aborts; the result's error is then `CANCELLED`. Default: only the time limit ends it. */
  readonly signal?: AbortSignal;
  /** Narrower limits than the skill's own; a wider value has no effect. Default: the skill's. */
  readonly limits?: Partial<Limits>;
}

/** Limits of one invocation. What a skill's manifest says under `[skills.resources]`, with SPEC's defaults. */
export interface Limits {
  /** Bytes over all linear memories and tables. Default 67 108 864 (64 MiB). */
  readonly memoryBytes: number;
  /** Fuel units. Default 10 000 000 000. */
  readonly fuel: number;
  /** Wall-clock milliseconds, blocking host calls included. Default 30 000. */
  readonly timeoutMs: number;
  /** Bytes of result, stdout and stderr together. Default 1 048 576 (1 MiB). */
  readonly outputBytes: number;
  /** Bytes that may be written to granted files. Default 67 108 864 (64 MiB). */
  readonly diskBytes: number;
}

/** How often a guest called a function of an interface of the embedding program. */
export interface InterfaceUse {
  /** With its version, as in the manifest. */
  readonly interface: string;
  /** As WIT names it. */
  readonly function: string;
  /** How many calls; at least 1. */
  readonly count: number;
}

/** A credential whose value left the engine. */
export interface CredentialUse {
  /** As the manifest names it. */
  readonly name: string;
  /** The host that it was sent to; `null` where the guest itself got it (`exposure = "guest"`). */
  readonly host: string | null;
}

/** What is known of every invocation, however it ended. */
export interface ExecutionFacts {
  /** Names the invocation's audit record. */
  readonly executionId: string;
  /** Fuel units; `null` when no guest ran or it was killed before it could say. */
  readonly fuelUsed: number | null;
  /** Bytes; `null` as for `fuelUsed`. */
  readonly memoryPeakBytes: number | null;
  /** Milliseconds from the call to the end of its guest, waiting in the queue included. */
  readonly durationMs: number;
  /** Accesses that were refused, each with the manifest lines that would allow it. */
  readonly denials: readonly Denial[];
  /** Credentials whose value was handed out, by name. */
  readonly credentialsUsed: readonly CredentialUse[];
  /** Calls of granted interfaces that reached the embedding program; one entry a function, in the order of their first calls. */
  readonly interfaceCalls: readonly InterfaceUse[];
  /** What the guest wrote, decoded as UTF-8 with replacement, raw: escape it before it reaches a terminal. */
  readonly stdout: string;
  /** As `stdout`. */
  readonly stderr: string;
  /** Files that the guest made or opened for writing, by its own names for them; at most 1000. */
  readonly filesWritten: FilesWritten;
  /** Exit code of a command; `null` for other tools. */
  readonly exitCode: number | null;
}

/**
 * How one invocation ended: with a value, or with an error whose code says why; either way with what it cost and what
 * was denied.
 */
export type ExecutionResult = ExecutionFacts &
  (
    | { readonly ok: true; readonly value: JsonValue; readonly error?: undefined }
    | { readonly ok: false; readonly error: SkillError; readonly value?: undefined }
  );

/** One callable operation of a loaded skill. */
export interface ToolInfo {
  /** Name of the skill that has it. */
  readonly skill: string;
  /** What `execute` takes; unique within its skill. */
  readonly name: string;
  /** For callers; the manifest's, else the component's. */
  readonly description: string | undefined;
  /** JSON Schema (2020-12) of the parameters. */
  readonly parameters: JsonValue;
}
