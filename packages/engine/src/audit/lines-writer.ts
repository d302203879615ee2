/** The writing half of a JSON-lines store: all that waits is linked, written and synced together. */
import { createPublicKey } from 'node:crypto';
import type { SkillError } from '../errors.ts';
import type { Anchor, Head } from './anchor.ts';
import { GENESIS } from './chain.ts';
import { canonicalJson } from './canonical.ts';
import { encodeOutcome, interruptedOutcome, noOpenIntent, repeatedIntent } from './entry.ts';
import type { Entry } from './entry.ts';
import { Extension, type LastCheckpoint } from './lines-chain.ts';
import type { LinesFiles } from './lines-files.ts';
import type { LinesIndex } from './lines-index.ts';
import { readPlace } from './lines-read.ts';
import { cutOf, pruneStatement } from './lines-retention.ts';
import type { Prune } from './lines-verify.ts';
import { assertWhole } from './lines-whole.ts';
import type { Pruned, Retention } from './retention.ts';
import type { Signer } from './signing.ts';
import { unavailable } from './unavailable.ts';

/** Most entries of one write: bounds how long one caller waits for the others. */
const BATCH = 512;

/** What can be asked for. Entries and checkpoints are written together; a prune is done alone. */
type Asked = Entry | 'checkpoint' | { readonly retention: Retention };

interface Waiting {
  readonly asked: Asked;
  readonly resolve: (done: Done) => void;
  readonly reject: (error: unknown) => void;
}

/** Whether a checkpoint was written, or what was pruned. */
type Done = boolean | Pruned | undefined;

/** When the file that grows is closed, with the next entry. */
export interface Rotation {
  readonly bytes: number;
  readonly ageMs: number;
}

export interface WriterParts {
  readonly files: LinesFiles;
  readonly rotation: Rotation;
  /** Applied whenever a file is closed. */
  readonly retention: Retention | undefined;
  readonly index: LinesIndex;
  readonly anchor: Anchor;
  readonly key: Uint8Array;
  readonly signer: Signer;
  readonly head: Head;
  readonly checkpoint: LastCheckpoint;
  /** The last summary of what was removed. */
  readonly prune: Prune | undefined;
}

export class LinesWriter {
  readonly #parts: WriterParts;
  readonly #queue: Waiting[] = [];
  #head: Head;
  #checkpoint: LastCheckpoint;
  #prune: Prune | undefined;
  #draining: Promise<void> | undefined;
  /** One at a time: what one reads, another would close. */
  #pruning: Promise<unknown> = Promise.resolve();
  /** The last entry of the files that were found whole. */
  #whole = 0;
  /** Why nothing more is written. */
  #refused: SkillError | undefined;
  /** Resolves when nobody reads what the index has forgotten. */
  readsDone: () => Promise<void> = async () => undefined;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#head = parts.head;
    this.#checkpoint = parts.checkpoint;
    this.#prune = parts.prune;
  }

  /** False only for a checkpoint that was not needed. */
  async write(entry: Entry | 'checkpoint'): Promise<boolean> {
    return (await this.#ask(entry)) === true;
  }

  /**
   * What goes is read once more before; others write meanwhile.
   *
   * @param isRead everything was just read and verified
   */
  prune(retention: Retention, isRead = false): Promise<Pruned | undefined> {
    const pruning = this.#pruning.then(async () => {
      this.#whole = 0;
      const { files, index } = this.#parts;
      const cut = cutOf(index, files, this.#head, retention);
      if (isRead) this.#whole = this.#head.seq;
      else if (cut !== undefined && !cut.growing) await this.#assertWhole(cut.through);
      const done = await this.#ask({ retention });
      return typeof done === 'object' ? done : undefined;
    });
    this.#pruning = pruning.catch(() => undefined);
    return pruning;
  }

  /** @throws SkillError AUDIT_UNAVAILABLE; nothing more is written then */
  async #assertWhole(through: number): Promise<void> {
    if (through <= this.#whole) return;
    const { files, key, signer } = this.#parts;
    const publicKey = createPublicKey(signer.publicKey);
    try {
      const closed = files.closed.filter(({ last }) => last <= through);
      await assertWhole(closed, { key, publicKey, prune: this.#prune });
      this.#whole = through;
    } catch (error) {
      this.#refused = unavailable('read', error);
      throw this.#refused;
    }
  }

  #ask(asked: Asked): Promise<Done> {
    const { promise, resolve, reject } = Promise.withResolvers<Done>();
    this.#queue.push({ asked, resolve, reject });
    this.#draining ??= this.#drain();
    return promise;
  }

  /** Nobody else can be running them: whoever began them held the lock, and holds it no more. */
  async markInterrupted(): Promise<void> {
    const ids = this.#parts.index.open();
    const written = ids.map((id) => this.write(encodeOutcome(interruptedOutcome(id))));
    await Promise.allSettled(written);
    await Promise.all(written);
  }

  async settle(): Promise<void> {
    await this.#pruning;
    await this.#draining;
    await this.#parts.files.growing.settle(this.#head, this.#parts.anchor);
  }

  async #drain(): Promise<void> {
    // What is asked for in the same turn is written together.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const group = this.#take();
      try {
        const results = await this.#do(group.map(({ asked }) => asked));
        for (const [n, { resolve, reject }] of group.entries()) {
          const result = results[n];
          if (result instanceof Error) reject(result);
          else resolve(result);
        }
      } catch (error) {
        for (const { reject } of group) reject(unavailable('written', error));
      }
    }
    this.#draining = undefined;
  }

  /** What is written together: up to the next prune, or that alone. */
  #take(): Waiting[] {
    const prune = this.#queue.findIndex(({ asked }) => isPrune(asked));
    return this.#queue.splice(0, prune === 0 ? 1 : prune === -1 ? BATCH : Math.min(prune, BATCH));
  }

  async #do(group: readonly Asked[]): Promise<(Done | SkillError)[]> {
    if (this.#refused) throw this.#refused;
    const [first] = group;
    if (first !== undefined && isPrune(first)) return [await this.#remove(first.retention)];
    await this.#rotateIfDue();
    return this.#commit(group.filter((asked): asked is Entry | 'checkpoint' => !isPrune(asked)));
  }

  async #commit(group: readonly (Entry | 'checkpoint')[]): Promise<(boolean | SkillError)[]> {
    const { signer } = this.#parts;
    const extension = this.#extension();
    const ahead = new Map<string, 'running' | 'ended'>();
    const results = group.map((entry) => {
      if (entry === 'checkpoint') return extension.sign(signer);
      const refused = this.#refusal(entry, ahead);
      if (refused !== undefined) return refused;
      ahead.set(entry.executionId, entry.kind === 'intent' ? 'running' : 'ended');
      extension.add(entry.kind, entry.executionId, entry.body);
      return true;
    });
    if (extension.entries.length === 0) return results;
    extension.signIfDue(signer);
    await this.#append(extension, extension.endsWithCheckpoint);
    return results;
  }

  #extension(): Extension {
    const { files, key } = this.#parts;
    return new Extension(key, files.growing, this.#head, this.#checkpoint);
  }

  /** @param synced also where only what outlives the process was promised */
  async #append(extension: Extension, synced: boolean): Promise<void> {
    const { files, index, anchor } = this.#parts;
    await files.growing.append(extension.lines, extension.head, synced, anchor);
    this.#head = extension.head;
    this.#checkpoint = extension.checkpoint;
    for (const { seq, kind, body, place } of extension.entries) index.add(seq, kind, body, place);
  }

  async #rotateIfDue(): Promise<void> {
    const { files, rotation, retention } = this.#parts;
    const { size } = files.growing;
    // A clock that jumps back is no reason to wait for it.
    const passed = Math.abs(Date.now() - files.begunMs);
    if (size === 0 || (size < rotation.bytes && passed < rotation.ageMs)) return;
    await this.#rotate();
    // Reading takes its time, and nobody has to wait for it.
    if (retention !== undefined) this.prune(retention).catch(() => undefined);
  }

  /** The last entry of a closed file is a signed one, and all of it is on the disk. */
  async #rotate(): Promise<void> {
    const { files, signer, anchor } = this.#parts;
    const extension = this.#extension();
    if (extension.sign(signer)) await this.#append(extension, true);
    else await files.growing.settle(this.#head, anchor);
    files.rotate(this.#head.seq);
  }

  /** What a prune would remove now. */
  prunable(retention: Retention): Pruned | undefined {
    const { files, index } = this.#parts;
    const cut = cutOf(index, files, this.#head, retention);
    if (cut === undefined) return undefined;
    const through = cut.growing ? this.#head.seq : cut.through;
    const { entries, records } = pruneStatement(index, cut, { seq: through, hash: GENESIS });
    return { through, entries, records };
  }

  /** The summary is the first entry of a new file, on the disk before anything goes. */
  async #remove(retention: Retention): Promise<Pruned | undefined> {
    const { files, index, signer } = this.#parts;
    const cut = cutOf(index, files, this.#head, retention);
    if (cut === undefined) return undefined;
    if (files.growing.size > 0) await this.#rotate();
    const through = cut.growing ? this.#head.seq : cut.through;
    await this.#assertWhole(through);
    const [last] = index.placesAfter(through - 1, 1);
    if (last === undefined) throw new Error(`entry ${through} is not known`);
    const { hash } = await readPlace(last);
    const statement = pruneStatement(index, cut, { seq: through, hash });
    const extension = this.#extension();
    const body = canonicalJson(signer.sign(statement));
    extension.add('prune', null, body);
    await this.#append(extension, true);
    this.#prune = { body, through };
    index.forget(through);
    await this.readsDone();
    files.removeThrough(through);
    return { through, entries: statement.entries, records: statement.records };
  }

  #refusal(
    { kind, executionId: id }: Entry,
    ahead: ReadonlyMap<string, 'running' | 'ended'>,
  ): SkillError | undefined {
    const known = this.#parts.index.get(id);
    const state = ahead.get(id) ?? (known && (known.outcome ? 'ended' : 'running'));
    if (kind === 'intent') return state === undefined ? undefined : repeatedIntent(id);
    return state === 'running' ? undefined : noOpenIntent(id);
  }
}

function isPrune(asked: Asked): asked is { readonly retention: Retention } {
  return typeof asked === 'object' && 'retention' in asked;
}
