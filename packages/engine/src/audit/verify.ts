/** Verification: reads the whole chain once, in order, in constant memory, and names the first entry that is wrong. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import type { JsonObject } from '../schema/json.ts';
import type { Head } from './anchor.ts';
import { canonicalJson } from './canonical.ts';
import { type ChainKind, chainKinds, GENESIS, hashEntry, isAuthentic } from './chain.ts';
import { carriedOf, type Carried } from './prune-summary.ts';
import { RowCheck } from './row-check.ts';
import type { ExecutionRow } from './schema-executions.ts';
import { isSigned } from './signing.ts';
import { Broken, type Break } from './broken.ts';

/** One entry as it is stored, wherever. */
export interface StoredEntry {
  /** Its number in the chain; the first is 1. */
  readonly seq: number;
  /** What it is: an intent, an outcome, a checkpoint, a summary. */
  readonly kind: string;
  /** Of the invocation; `null` where it belongs to none. */
  readonly execution_id: string | null;
  /** Its JSON, exactly as it was hashed. */
  readonly body: string;
  /** 32 bytes: over the entry and the hash before it. */
  readonly hash: Uint8Array;
  /** Absent in an export. */
  readonly mac?: Uint8Array;
}

/** What is known of the store besides its entries; each closes another road. */
export interface VerifyWith {
  /** Key of the entries' codes: without it, a chain that was made anew shows only at its next checkpoint. */
  readonly key?: Uint8Array | undefined;
  /** Whose signature checkpoints and summaries must have. */
  readonly publicKey: KeyObject;
  /** Where the chain had come to; `damaged` for an anchor that is missing or not authentic. */
  readonly anchor?: Head | 'damaged' | undefined;
  /** A checkpoint that was kept elsewhere. */
  readonly checkpoint?: JsonObject | undefined;
  /** An end of the chain that was kept elsewhere: its place needs no signature. */
  readonly kept?: { readonly seq: number; readonly hash: string } | undefined;
  /** The rows that queries select by, by their numbers; absent where there are none, as in an export. */
  readonly executions?: Iterator<ExecutionRow> | undefined;
  /** The last prune summary's body, if entries were removed. */
  readonly pruned?: string | undefined;
}

/** What verifying a record found. */
export interface Verification {
  /** Whether nothing is wrong. */
  readonly ok: boolean;
  /** The first thing that is wrong. */
  readonly broken: Break | undefined;
  /** Entries that were read and are right. */
  readonly entries: number;
  /** Invocations among them. */
  readonly records: number;
  /** How many signed checkpoints were checked. */
  readonly checkpoints: number;
  /** Number and hash (hexadecimal) of the last entry: keep it elsewhere, and no shorter or other record can take this one's place. */
  readonly head: { readonly seq: number; readonly hash: string };
  /** Entries behind the last checkpoint: only the store's own key vouches for them. */
  readonly unsigned: number;
  /** Of entries that retention removed, the last. 0 for none. */
  readonly prunedThrough: number;
}

export type { Break, BreakKind } from './broken.ts';

export function verifyEntries(entries: Iterable<StoredEntry>, given: VerifyWith): Verification {
  const walk = new Walk(given);
  let broken: Break | undefined;
  try {
    walk.begin();
    for (const entry of entries) walk.take(entry);
    walk.end();
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    broken = error.what;
  }
  return walk.result(broken);
}

/** The same for entries that come as they are read. */
export async function verifyEntryStream(
  entries: AsyncIterable<StoredEntry>,
  given: VerifyWith,
): Promise<Verification> {
  const walk = new Walk(given);
  let broken: Break | undefined;
  try {
    walk.begin();
    for await (const entry of entries) walk.take(entry);
    walk.end();
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    broken = error.what;
  }
  return walk.result(broken);
}

class Walk {
  readonly #given: VerifyWith;
  readonly #key: KeyObject | undefined;
  #previous: Uint8Array = GENESIS;
  #seq = 0;
  #entries = 0;
  #records = 0;
  #checkpoints = 0;
  #signedTo = 0;
  #prunedThrough = 0;
  /** Intents before the cut that must still come, the next one last. */
  #carried: Carried[] = [];
  /** Executions that have begun and not ended. */
  readonly #open = new Set<string>();
  readonly #rows: RowCheck | undefined;

  constructor(given: VerifyWith) {
    this.#given = given;
    this.#key = given.key && createSecretKey(given.key);
    this.#rows = given.executions && new RowCheck(given.executions);
  }

  begin(): void {
    const { pruned } = this.#given;
    if (pruned === undefined) return;
    const summary = parse(pruned);
    const { through, head } = summary;
    const carried = carriedOf(summary);
    if (
      typeof through !== 'number' ||
      typeof head !== 'string' ||
      carried === undefined ||
      !isSigned(summary, this.#given.publicKey)
    ) {
      throw new Broken(
        'signature',
        { seq: 1 },
        'the summary of removed entries is not signed by this store',
      );
    }
    this.#seq = through;
    this.#prunedThrough = through;
    this.#signedTo = through;
    this.#previous = Buffer.from(head, 'hex');
    // Where whole files are removed, an invocation may have begun in one and ended in the next.
    const open = Array.isArray(summary['open']) ? summary['open'] : [];
    for (const id of open) if (typeof id === 'string') this.#open.add(id);
    this.#carried = carried.toReversed();
  }

  take(entry: StoredEntry): void {
    if (this.#entries === 0 && entry.seq <= this.#prunedThrough) {
      this.#takeCarried(entry);
      return;
    }
    this.#assertAllCarried();
    const expected = this.#seq + 1;
    if (entry.seq !== expected) {
      const last = entry.seq - 1;
      const which =
        last === expected ? `entry ${expected} is` : `entries ${expected} to ${last} are`;
      if (entry.seq < expected) throw new Broken('order', entry, `entry ${entry.seq} comes twice`);
      throw new Broken('missing', { seq: expected }, `${which} missing`);
    }
    const kind = kindOf(entry);
    const hash = this.#hash(this.#previous, entry, kind);
    this.#judge(entry, kind);
    this.#assertKept(entry, hash);
    this.#previous = hash;
    this.#seq = entry.seq;
    this.#entries += 1;
  }

  /** An intent that retention left where it was. */
  #takeCarried(entry: StoredEntry): void {
    const wanted = this.#carried.pop();
    if (wanted === undefined || entry.seq < wanted.seq) {
      throw new Broken('order', entry, 'it was removed by retention, and is there');
    }
    if (entry.seq > wanted.seq) throw notCarried(wanted.seq);
    const kind = kindOf(entry);
    this.#hash(Buffer.from(wanted.previous, 'hex'), entry, kind);
    if (kind !== 'intent') throw new Broken('changed', entry, 'retention left an intent here');
    this.#judge(entry, kind);
  }

  #assertAllCarried(): void {
    const missing = this.#carried.at(-1);
    if (missing !== undefined) throw notCarried(missing.seq);
  }

  #hash(previous: Uint8Array, entry: StoredEntry, kind: ChainKind): Buffer {
    const { anchor } = this.#given;
    const key = this.#key;
    const linked = { seq: entry.seq, kind, executionId: entry.execution_id, body: entry.body };
    const hash = hashEntry(previous, linked);
    if (!hash.equals(entry.hash)) {
      throw new Broken(
        'changed',
        entry,
        'it does not follow from what is before it, or does not say what was written',
      );
    }
    if (key && !isAuthentic(key, hash, entry.mac ?? GENESIS)) {
      throw new Broken('changed', entry, 'it was not written by this store');
    }
    if (anchor && anchor !== 'damaged' && anchor.seq === entry.seq && !anchor.hash.equals(hash)) {
      throw new Broken('changed', entry, 'another entry was here');
    }
    return hash;
  }

  #judge(entry: StoredEntry, kind: ChainKind): void {
    const body = parse(entry.body);
    if (kind === 'checkpoint' || kind === 'prune') {
      if (!isSigned(body, this.#given.publicKey) || body['statement'] !== kind) {
        throw new Broken('signature', entry, `the ${kind} is not signed by this store`);
      }
      if (kind === 'checkpoint') this.#checkpoint(entry, body);
      return;
    }
    const id = entry.execution_id ?? '';
    if (body['execution_id'] !== id)
      throw new Broken('changed', entry, 'it is of another execution');
    if (kind === 'intent') {
      this.#open.add(id);
      this.#records += 1;
      this.#rows?.begin(entry, body);
    } else if (this.#open.delete(id)) this.#rows?.end(entry, body);
    else throw new Broken('order', entry, 'it is an outcome without an intent before it');
  }

  #checkpoint(entry: StoredEntry, body: JsonObject): void {
    const head = Buffer.from(this.#previous).toString('hex');
    if (body['seq'] !== entry.seq - 1 || body['head'] !== head) {
      throw new Broken(
        'changed',
        { ...entry, seq: this.#signedTo + 1, execution_id: null },
        `between entries ${this.#signedTo + 1} and ${entry.seq - 1} something was changed, and the chain behind it made anew`,
      );
    }
    this.#checkpoints += 1;
    this.#signedTo = entry.seq;
  }

  /** Against a checkpoint that was kept elsewhere. */
  #assertKept(entry: StoredEntry, hash: Buffer): void {
    const { checkpoint, kept } = this.#given;
    if (kept?.seq === entry.seq && kept.hash !== hash.toString('hex')) {
      throw new Broken(
        'changed',
        entry,
        'the end that was kept elsewhere says another entry was here',
      );
    }
    if (checkpoint?.['seq'] === entry.seq && checkpoint['head'] !== hash.toString('hex')) {
      throw new Broken(
        'changed',
        entry,
        'the checkpoint that was kept elsewhere says another entry was here',
      );
    }
  }

  end(): void {
    this.#assertAllCarried();
    const { anchor, checkpoint, publicKey } = this.#given;
    const next = { seq: this.#seq + 1 };
    if (anchor === 'damaged') {
      throw new Broken(
        'truncated',
        next,
        'the file that says how far the record had come is missing or not authentic',
      );
    }
    if (anchor && anchor.seq > this.#seq) {
      throw new Broken(
        'truncated',
        next,
        `the record ends at entry ${this.#seq}, but had come to ${anchor.seq}`,
      );
    }
    const { kept } = this.#given;
    if (kept && kept.seq > this.#seq) {
      throw new Broken(
        'truncated',
        next,
        `the record ends at entry ${this.#seq}; the end that was kept elsewhere is entry ${kept.seq}`,
      );
    }
    this.#rows?.finish(this.#seq);
    if (checkpoint === undefined) return;
    if (!isSigned(checkpoint, publicKey)) {
      throw new Broken(
        'signature',
        next,
        'the checkpoint that was kept elsewhere is not signed by this store',
      );
    }
    if (typeof checkpoint['seq'] === 'number' && checkpoint['seq'] > this.#seq) {
      throw new Broken(
        'truncated',
        next,
        `the record ends at entry ${this.#seq}; the checkpoint that was kept elsewhere is of entry ${checkpoint['seq']}`,
      );
    }
  }

  result(broken: Break | undefined): Verification {
    return {
      ok: broken === undefined,
      broken,
      entries: this.#entries,
      records: this.#records,
      checkpoints: this.#checkpoints,
      head: { seq: this.#seq, hash: Buffer.from(this.#previous).toString('hex') },
      unsigned: this.#seq - this.#signedTo,
      prunedThrough: this.#prunedThrough,
    };
  }
}

function kindOf(entry: StoredEntry): ChainKind {
  const kind = entry.kind as ChainKind;
  if (!chainKinds.includes(kind)) throw new Broken('changed', entry, 'it is of no known kind');
  return kind;
}

function notCarried(seq: number): Broken {
  return new Broken('missing', { seq }, `entry ${seq} is missing, which retention had left`);
}

function parse(body: string): JsonObject {
  try {
    const value = JSON.parse(body) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const object = value as JsonObject;
      if (canonicalJson(object) === body) return object;
    }
  } catch {
    // Falls through: what is no JSON says nothing.
  }
  return {};
}
