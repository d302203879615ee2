import { SkillError } from '../errors.ts';
import type { JsonObject, JsonValue } from '../schema/json.ts';
import { canonicalJson } from './canonical.ts';
import { auditStatuses } from './record.ts';
import type { AuditDenial, AuditList, AuditRecord, IntentRecord, OutcomeRecord } from './record.ts';

/** What an intent is found by, beside its body. */
export interface IntentColumns {
  readonly executionId: string;
  readonly timestampMs: number;
  readonly skill: string;
  readonly tool: string;
  readonly user: string | null;
}

/** What an outcome is found and added up by, beside its body. */
export interface OutcomeColumns {
  readonly status: string;
  readonly durationMs: number | null;
  readonly fuelUsed: number | null;
  /** How many. */
  readonly denials: number;
  /** Code of the failure; the body alone has it where rows are kept in a database. */
  readonly error: string | null;
}

/**
 * One append-only row: the canonical JSON that later work chains over, and the columns that queries use.
 * Bounds are applied here, so that no path into a store can write a record of unbounded size.
 */
export interface IntentEntry extends IntentColumns {
  readonly kind: 'intent';
  readonly body: string;
}

export interface OutcomeEntry extends OutcomeColumns {
  readonly kind: 'outcome';
  readonly executionId: string;
  readonly body: string;
}

export type Entry = IntentEntry | OutcomeEntry;

/** Longest stored forms, in UTF-16 units, and the largest number of entries of each list. */
export const bounds = {
  name: 1024,
  message: 8192,
  denialText: 2048,
  denials: 256,
  credentials_used: 64,
  interface_calls: 256,
  /** Canonical JSON of `parameters`, and of `caller`, each. */
  json: 262_144,
} as const;

const EXECUTION_ID = /^[A-Za-z0-9_-]{1,64}$/;
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** @throws SkillError INTERNAL when the engine hands over a malformed record */
export function encodeIntent(intent: IntentRecord, writer: JsonObject): IntentEntry {
  checkId(intent.execution_id);
  const timestampMs = Date.parse(intent.timestamp);
  if (!TIMESTAMP.test(intent.timestamp) || Number.isNaN(timestampMs)) {
    throw malformed(
      `timestamp ${JSON.stringify(intent.timestamp)} is not ISO 8601 UTC with milliseconds`,
    );
  }
  const skill = clip(intent.skill_name, bounds.name);
  const tool = clip(intent.tool_name, bounds.name);
  const user = clipOrNull(intent.user, bounds.name);
  const body = encode({
    execution_id: intent.execution_id,
    timestamp: intent.timestamp,
    skill_name: skill,
    skill_version: clipOrNull(intent.skill_version, bounds.name),
    component_sha256: clipOrNull(intent.component_sha256, bounds.name),
    tool_name: tool,
    parameters: bounded(intent.parameters),
    parameters_digest: clip(intent.parameters_digest, bounds.name),
    user,
    caller: boundedObject(intent.caller),
    effective_capabilities_hash: clipOrNull(intent.effective_capabilities_hash, bounds.name),
    writer,
  });
  return { kind: 'intent', executionId: intent.execution_id, timestampMs, skill, tool, user, body };
}

/** @throws SkillError INTERNAL when the engine hands over a malformed record */
export function encodeOutcome(outcome: OutcomeRecord): OutcomeEntry {
  checkId(outcome.execution_id);
  if (!auditStatuses.includes(outcome.status)) {
    throw malformed(
      `status ${JSON.stringify(outcome.status)} is none of ${auditStatuses.join(', ')}`,
    );
  }
  const denials = outcome.denials.slice(0, bounds.denials).map(clipDenial);
  const credentials = outcome.credentials_used.slice(0, bounds.credentials_used);
  const calls = outcome.interface_calls.slice(0, bounds.interface_calls);
  const truncated = cutLists(outcome);
  const body = encode({
    execution_id: outcome.execution_id,
    status: outcome.status,
    duration_ms: outcome.duration_ms,
    exit_code: outcome.exit_code,
    error_code: clipOrNull(outcome.error_code, bounds.name),
    error_message: clipOrNull(outcome.error_message, bounds.message),
    fuel_used: outcome.fuel_used,
    memory_peak_bytes: outcome.memory_peak_bytes,
    denials,
    host_calls: outcome.host_calls,
    // What most records have none of is left out, as it always was.
    ...(credentials.length > 0 && {
      credentials_used: credentials.map(({ name, host }) => ({
        name: clip(name, bounds.name),
        host: clipOrNull(host, bounds.name),
      })),
    }),
    ...(calls.length > 0 && {
      interface_calls: calls.map((call) => ({
        interface: clip(call.interface, bounds.name),
        function: clip(call.function, bounds.name),
        count: call.count,
      })),
    }),
    ...(truncated && { truncated }),
  });
  return {
    kind: 'outcome',
    executionId: outcome.execution_id,
    status: outcome.status,
    durationMs: outcome.duration_ms,
    fuelUsed: outcome.fuel_used,
    denials: denials.length,
    error: outcome.error_code,
    body,
  };
}

/** What `encodeIntent` gave beside the body, from the body. */
export function intentColumns(body: JsonObject): IntentColumns {
  const { execution_id, timestamp, skill_name, tool_name, user } = body as unknown as IntentRecord;
  return {
    executionId: execution_id,
    timestampMs: Date.parse(timestamp),
    skill: skill_name,
    tool: tool_name,
    user,
  };
}

/** What `encodeOutcome` gave beside the body, from the body. */
export function outcomeColumns(body: JsonObject): OutcomeColumns {
  const { status, duration_ms, fuel_used, denials, error_code } = body as unknown as OutcomeRecord;
  return {
    status,
    durationMs: duration_ms,
    fuelUsed: fuel_used,
    denials: denials.length,
    error: error_code,
  };
}

/** Joins the stored bodies of one execution again. */
export function decodeRecord(intentBody: string, outcomeBody: string | null): AuditRecord {
  const { writer: _writer, ...intent } = JSON.parse(intentBody) as IntentRecord & {
    writer: JsonObject;
  };
  const outcome = outcomeBody === null ? running : (JSON.parse(outcomeBody) as OutcomeRecord);
  return { ...intent, credentials_used: [], interface_calls: [], ...outcome };
}

/** The outcome that an open writes for an invocation whose process ended without one. */
export function interruptedOutcome(executionId: string): OutcomeRecord {
  return {
    execution_id: executionId,
    status: 'interrupted',
    duration_ms: null,
    exit_code: null,
    error_code: null,
    error_message: 'The process that ran this invocation ended before it recorded an outcome.',
    fuel_used: null,
    memory_peak_bytes: null,
    denials: [],
    host_calls: 0,
    credentials_used: [],
    interface_calls: [],
  };
}

export function noOpenIntent(id: string): SkillError {
  return new SkillError(
    'INTERNAL',
    `The audit store has no intent without outcome for execution ${id}.`,
  );
}

export function repeatedIntent(id: string): SkillError {
  return new SkillError('INTERNAL', `The audit store already has an intent for execution ${id}.`);
}

const running = {
  status: 'running',
  duration_ms: null,
  exit_code: null,
  error_code: null,
  error_message: null,
  fuel_used: null,
  memory_peak_bytes: null,
  denials: [],
  host_calls: null,
} as const;

function checkId(id: string): void {
  if (!EXECUTION_ID.test(id)) {
    throw malformed(
      `execution_id ${JSON.stringify(id)} is not 1 to 64 letters, digits, "_" or "-"`,
    );
  }
}

function malformed(reason: string): SkillError {
  return new SkillError('INTERNAL', `The audit record is malformed: ${reason}.`);
}

function encode(body: JsonValue): string {
  try {
    return canonicalJson(body);
  } catch (error) {
    throw new SkillError('INTERNAL', 'The audit record is not plain JSON.', { cause: error });
  }
}

/** How many entries each list has of which not all are kept. */
function cutLists(outcome: OutcomeRecord): JsonObject | undefined {
  const lists = ['denials', 'credentials_used', 'interface_calls'] as const satisfies AuditList[];
  const cut = lists.filter((list) => outcome[list].length > bounds[list]);
  if (cut.length === 0) return undefined;
  return Object.fromEntries(cut.map((list) => [list, outcome[list].length]));
}

function clipDenial(denial: AuditDenial): JsonObject {
  return {
    code: clip(denial.code, bounds.denialText),
    resource: clip(denial.resource, bounds.denialText),
    rule: clip(denial.rule, bounds.denialText),
  };
}

function clipOrNull(text: string | null, most: number): string | null {
  return text === null ? null : clip(text, most);
}

function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}… [${text.length} characters]`;
}

function bounded(value: JsonValue): JsonValue {
  const size = encode(value).length;
  return size <= bounds.json ? value : `[TRUNCATED: ${size} characters of JSON]`;
}

function boundedObject(value: JsonObject): JsonObject {
  const kept = bounded(value);
  return typeof kept === 'string' ? { truncated: kept } : value;
}
