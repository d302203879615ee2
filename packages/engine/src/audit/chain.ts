/**
 * The chain: what makes a change of the record visible. Pure apart from hashing.
 *
 * Each entry has a hash over its predecessor's hash and all that it says, and a code (HMAC) over that hash under the store's
 * own key. So whoever cannot read the key can neither change nor add an entry, and the first one that is wrong is known.
 * Checkpoints are entries themselves, signed, for whoever has only the public key.
 */
import { createHash, createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';

export const chainKinds = ['intent', 'outcome', 'checkpoint', 'prune'] as const;

export type ChainKind = (typeof chainKinds)[number];

/** What the hash of an entry is over, besides the hash before it. */
export interface Linked {
  /** 1 for the first entry of a store, then without a gap. */
  readonly seq: number;
  readonly kind: ChainKind;
  /** Null for checkpoints and prune summaries. */
  readonly executionId: string | null;
  /** Canonical JSON. */
  readonly body: string;
}

export interface Link {
  readonly hash: Buffer;
  readonly mac: Buffer;
}

/** The hash before the first entry. */
export const GENESIS = Buffer.alloc(32);

/** SHA-256. No part but the last can hold a line break, so that no two entries have one input. */
export function hashEntry(previous: Uint8Array, { seq, kind, executionId, body }: Linked): Buffer {
  return createHash('sha256')
    .update('skill-engine audit entry 1\n')
    .update(previous)
    .update(`${seq}\n${kind}\n${executionId ?? ''}\n`)
    .update(body, 'utf8')
    .digest();
}

/** The key of the codes, drawn from the store's key: that one also keys the digests of parameters. */
export function chainKey(storeKey: Uint8Array): Buffer {
  return createHmac('sha256', storeKey).update('skill-engine audit chain 1').digest();
}

/** A key object is made once, where bytes are made into one each time: half of what a code costs. */
export type CodeKey = Uint8Array | KeyObject;

export function authenticate(key: CodeKey, hash: Uint8Array): Buffer {
  return createHmac('sha256', key).update(hash).digest();
}

export function isAuthentic(key: CodeKey, hash: Uint8Array, mac: Uint8Array): boolean {
  return mac.length === 32 && timingSafeEqual(authenticate(key, hash), mac);
}

export function link(key: CodeKey, previous: Uint8Array, entry: Linked): Link {
  const hash = hashEntry(previous, entry);
  return { hash, mac: authenticate(key, hash) };
}
