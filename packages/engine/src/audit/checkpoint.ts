/** Checkpoints: the chain so far, signed, so that whoever has only the public key can hold it against the record. */
import type { JsonObject } from '../schema/json.ts';
import type { Head } from './anchor.ts';
import { canonicalJson } from './canonical.ts';
import type { Signer } from './signing.ts';

/** Entries after which one is due. */
export const CHECKPOINT_ENTRIES = 1000;

/** Milliseconds after which one is due, with the next entry. */
export const CHECKPOINT_MS = 60_000;

/** A signed statement that entry `seq` has the hash `head`. */
export interface Checkpoint extends JsonObject {
  readonly statement: 'checkpoint';
  readonly seq: number;
  readonly head: string;
  readonly timestamp: string;
  /** Fingerprint of the public key. */
  readonly key: string;
  /** Ed25519, base64. */
  readonly signature: string;
}

export function checkpointBody({ seq, hash }: Head, signer: Signer): string {
  const statement = {
    statement: 'checkpoint',
    seq,
    head: hash.toString('hex'),
    timestamp: new Date().toISOString(),
  };
  return canonicalJson(signer.sign(statement));
}
