import type { JsonObject, JsonValue } from '../schema/json.ts';

/** How an invocation ended. */
export const auditStatuses = [
  'success',
  'failure',
  'timeout',
  'denied',
  'cancelled',
  'interrupted',
] as const;

/** How a recorded invocation ended. */
export type AuditStatus = (typeof auditStatuses)[number];

/** One refused access, as the record keeps it. */
export interface AuditDenial {
  /** Stable code of the denial. */
  readonly code: string;
  /** What was asked for: a path, a URL, a variable's name. */
  readonly resource: string;
  /** The rule that decided. */
  readonly rule: string;
}

/** A credential whose value left the engine: its name, never its value. */
export interface AuditCredentialUse {
  /** As the manifest names it. */
  readonly name: string;
  /** The host that got it; null where the guest itself did (`exposure = "guest"`). */
  readonly host: string | null;
}

/** How often the guest called one function of an interface of the embedding program. */
export interface AuditInterfaceCall {
  /** With its version. */
  readonly interface: string;
  /** As WIT names it. */
  readonly function: string;
  /** How many calls; at least 1. */
  readonly count: number;
}

/** What is known before the guest starts. Written first, and durable before the guest runs. */
export interface IntentRecord {
  /** Unique; 1 to 64 of `A–Z a–z 0–9 _ -`. See {@link newExecutionId}. */
  readonly execution_id: string;
  /** When the invocation was asked for: ISO 8601, UTC, milliseconds (`2026-01-31T09:30:00.000Z`). */
  readonly timestamp: string;
  /** As the caller named it. */
  readonly skill_name: string;
  /** `null` for a skill that is not loaded. */
  readonly skill_version: string | null;
  /** Lower-case hexadecimal digest of the component, null where there is none. */
  readonly component_sha256: string | null;
  /** As the caller named it. */
  readonly tool_name: string;
  /** Parameters after `redactParameters`: never the originals. */
  readonly parameters: JsonValue;
  /** `AuditStore.digest` of the originals: equal parameters are recognisable, their content is not. */
  readonly parameters_digest: string;
  /** `null` if the caller named none. */
  readonly user: string | null;
  /** Metadata of the caller (program, agent, request id): free form, redacted like parameters. */
  readonly caller: JsonObject;
  /** Digest of the effective capabilities, null where authority was not reached. */
  readonly effective_capabilities_hash: string | null;
}

/** What is known after the guest ended. */
export interface OutcomeRecord {
  /** The intent's. */
  readonly execution_id: string;
  readonly status: AuditStatus;
  /** Milliseconds from the request to the outcome. Null only for `interrupted`. */
  readonly duration_ms: number | null;
  /** The exit code of a command, null for other tools. */
  readonly exit_code: number | null;
  /** A code of the closed table in `errors.ts`, null for success. */
  readonly error_code: string | null;
  /** `null` for success. */
  readonly error_message: string | null;
  /** Fuel units, null where nothing was metered. */
  readonly fuel_used: number | null;
  /** Bytes, null where nothing was metered. */
  readonly memory_peak_bytes: number | null;
  readonly denials: readonly AuditDenial[];
  /** Number of calls that the guest made to the host. */
  readonly host_calls: number;
  readonly credentials_used: readonly AuditCredentialUse[];
  readonly interface_calls: readonly AuditInterfaceCall[];
}

/**
 * One invocation, as `query` and `get` give it: the intent joined with its outcome.
 * `running` means that no outcome is recorded and the writer's process is not known to be dead;
 * the outcome's fields are then null, and its lists empty.
 */
export interface AuditRecord extends IntentRecord {
  /** `running` as long as there is no outcome. */
  readonly status: AuditStatus | 'running';
  /** Milliseconds; `null` while it runs, and when it was interrupted. */
  readonly duration_ms: number | null;
  /** Exit code of a command; `null` for other tools. */
  readonly exit_code: number | null;
  /** Of the table of error codes; `null` for success. */
  readonly error_code: string | null;
  /** `null` for success. */
  readonly error_message: string | null;
  /** Fuel units; `null` when no guest ran or it was killed before it could say. */
  readonly fuel_used: number | null;
  /** Bytes; `null` as for `fuel_used`. */
  readonly memory_peak_bytes: number | null;
  readonly denials: readonly AuditDenial[];
  /** How many calls of the host the guest made; `null` while it runs. */
  readonly host_calls: number | null;
  readonly credentials_used: readonly AuditCredentialUse[];
  readonly interface_calls: readonly AuditInterfaceCall[];
  /** Of lists that were cut, how many entries each had. Absent where none was. */
  readonly truncated?: Readonly<Partial<Record<AuditList, number>>>;
}

/** The lists of a record that a guest can lengthen. */
export type AuditList = 'denials' | 'credentials_used' | 'interface_calls';

/** A random (version 4) UUID: its first characters tell executions apart, so short prefixes work. */
export function newExecutionId(): string {
  return globalThis.crypto.randomUUID();
}
