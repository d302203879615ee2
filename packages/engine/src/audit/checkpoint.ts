/** Checkpoints: the chain so far, signed, so that whoever has only the public key can hold it against the record. */
import type { Head } from './anchor.ts';
import { canonicalJson } from './canonical.ts';
import type { Signer } from './signing.ts';

/** Entries after which one is due. */
export const CHECKPOINT_ENTRIES = 1000;

/** Milliseconds after which one is due, with the next entry. */
export const CHECKPOINT_MS = 60_000;

/** The body of a checkpoint: `{ statement, seq, head, timestamp, key, signature }`, where entry `seq` has the hash `head`. */
export function checkpointBody({ seq, hash }: Head, signer: Signer): string {
  const statement = {
    statement: 'checkpoint',
    seq,
    head: hash.toString('hex'),
    timestamp: new Date().toISOString(),
  };
  return canonicalJson(signer.sign(statement));
}
