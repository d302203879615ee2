/** The form of exports: JSON lines. What it is, the entries in order, the signed end. */
import { isJsonObject } from '../schema/json.ts';
import type { JsonObject, JsonValue } from '../schema/json.ts';
import { canonicalJson } from './canonical.ts';
import type { StoredEntry } from './verify.ts';

/** One link of the chain, as exports have it. */
export interface ChainEntry {
  /** Its number in the chain; the first is 1. */
  readonly seq: number;
  /** What it is: an intent, an outcome, a checkpoint, a summary. */
  readonly kind: string;
  /** Of the invocation; `null` where it belongs to none. */
  readonly execution_id: string | null;
  /** Hexadecimal SHA-256 over the hash before it and all that the entry says. */
  readonly hash: string;
  /** Canonical JSON. */
  readonly body: string;
}

const FORMAT = 'skill-engine-audit';

export interface ExportHeader {
  /** PEM of the key that signed. */
  readonly publicKey: string;
  /** Body of the last summary of removed entries. */
  readonly pruned: string | undefined;
}

export function headerLine({ publicKey, pruned }: ExportHeader): string {
  return line({ format: FORMAT, version: 1, public_key: publicKey, pruned: pruned ?? null });
}

export function entryLine({ seq, kind, execution_id, hash, body }: ChainEntry): string {
  const head = JSON.stringify({ seq, kind, execution_id, hash }).slice(0, -1);
  return `${head},"body":${body}}\n`;
}

export function endLine(end: JsonObject): string {
  return line({ end });
}

/** Undefined for what is no header of this version. */
export function readHeader(text: string): ExportHeader | undefined {
  const header = object(text);
  if (header?.['format'] !== FORMAT || header['version'] !== 1) return undefined;
  const { public_key: publicKey, pruned } = header;
  if (typeof publicKey !== 'string') return undefined;
  return { publicKey, pruned: typeof pruned === 'string' ? pruned : undefined };
}

/** An entry, the end, or undefined for what is neither. */
export function readLine(text: string): StoredEntry | { readonly end: JsonObject } | undefined {
  const value = object(text);
  if (value === undefined) return undefined;
  if (isJsonObject(value['end'])) return { end: value['end'] };
  const { seq, kind, execution_id, hash, body } = value;
  if (typeof seq !== 'number' || typeof kind !== 'string' || typeof hash !== 'string') {
    return undefined;
  }
  if (execution_id !== null && typeof execution_id !== 'string') return undefined;
  if (!isJsonObject(body)) return undefined;
  return { seq, kind, execution_id, hash: Buffer.from(hash, 'hex'), body: canonicalJson(body) };
}

function line(value: JsonObject): string {
  return `${JSON.stringify(value)}\n`;
}

function object(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as JsonValue;
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
