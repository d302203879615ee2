/** One entry of the chain as one line: canonical JSON, so that there is one way only to write an entry. */
import { isJsonObject } from '../schema/json.ts';
import type { JsonValue } from '../schema/json.ts';
import { canonicalJson } from './canonical.ts';
import type { Linked, Link } from './chain.ts';
import type { StoredEntry } from './verify.ts';

/** Without its line feed. */
export function entryText({ seq, kind, executionId, body }: Linked, { hash, mac }: Link): string {
  const rest = canonicalJson({
    execution_id: executionId,
    hash: hash.toString('hex'),
    kind,
    mac: mac.toString('hex'),
    seq,
  });
  // "body" sorts first, and is canonical already.
  return `{"body":${body},${rest.slice(1)}`;
}

/** What a line says, unchecked: for an index of what verification looks at by itself. */
export function peekEntry(bytes: Buffer): Pick<StoredEntry, 'seq' | 'kind' | 'body'> | undefined {
  const value = parse(bytes.toString('utf8'));
  if (!isJsonObject(value)) return undefined;
  const { seq, kind, body } = value;
  if (typeof seq !== 'number' || typeof kind !== 'string' || !isJsonObject(body)) return undefined;
  return { seq, kind, body: JSON.stringify(body) };
}

/** Undefined for what is no entry, or is not written as `entryText` writes it. */
export function readEntry(bytes: Buffer): (StoredEntry & Link) | undefined {
  const value = parse(bytes.toString('utf8'));
  if (!isJsonObject(value)) return undefined;
  const { seq, kind, execution_id, hash, mac, body } = value;
  if (typeof seq !== 'number' || typeof kind !== 'string') return undefined;
  if (typeof hash !== 'string' || typeof mac !== 'string' || !isJsonObject(body)) return undefined;
  if (execution_id !== null && typeof execution_id !== 'string') return undefined;
  const link = { hash: Buffer.from(hash, 'hex'), mac: Buffer.from(mac, 'hex') };
  const entry = { seq, kind, execution_id, body: canonicalJson(body), ...link };
  const linked = { ...entry, kind: kind as Linked['kind'], executionId: execution_id };
  return bytes.equals(Buffer.from(entryText(linked, link))) ? entry : undefined;
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
