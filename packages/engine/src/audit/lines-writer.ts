/** The writing half of a JSON-lines store: all that waits is linked, written and synced together. */
import type { SkillError } from '../errors.ts';
import type { Anchor, Head } from './anchor.ts';
import { encodeOutcome, interruptedOutcome, noOpenIntent, repeatedIntent } from './entry.ts';
import type { Entry } from './entry.ts';
import { Extension, type LastCheckpoint } from './lines-chain.ts';
import type { LinesFile } from './lines-file.ts';
import type { LinesIndex } from './lines-index.ts';
import type { Signer } from './signing.ts';
import { unavailable } from './unavailable.ts';

/** Most entries of one write: bounds how long one caller waits for the others. */
const BATCH = 512;

interface Waiting {
  readonly entry: Entry | 'checkpoint';
  readonly resolve: (written: boolean) => void;
  readonly reject: (error: unknown) => void;
}

export interface WriterParts {
  readonly file: LinesFile;
  readonly index: LinesIndex;
  readonly anchor: Anchor;
  readonly key: Uint8Array;
  readonly signer: Signer;
  readonly head: Head;
  readonly checkpoint: LastCheckpoint;
}

export class LinesWriter {
  readonly #parts: WriterParts;
  readonly #queue: Waiting[] = [];
  #head: Head;
  #checkpoint: LastCheckpoint;
  #draining: Promise<void> | undefined;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#head = parts.head;
    this.#checkpoint = parts.checkpoint;
  }

  /** False only for a checkpoint that was not needed. */
  write(entry: Entry | 'checkpoint'): Promise<boolean> {
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    this.#queue.push({ entry, resolve, reject });
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
    await this.#draining;
    await this.#parts.file.settle(this.#head, this.#parts.anchor);
  }

  async #drain(): Promise<void> {
    // What is asked for in the same turn is written together.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const group = this.#queue.splice(0, BATCH);
      try {
        const results = await this.#commit(group.map(({ entry }) => entry));
        for (const [n, { resolve, reject }] of group.entries()) {
          const result = results[n];
          if (typeof result === 'boolean') resolve(result);
          else reject(result);
        }
      } catch (error) {
        for (const { reject } of group) reject(unavailable('written', error));
      }
    }
    this.#draining = undefined;
  }

  async #commit(group: readonly Waiting['entry'][]): Promise<(boolean | SkillError)[]> {
    const { file, index, anchor, key, signer } = this.#parts;
    const extension = new Extension(key, file.size, this.#head, this.#checkpoint);
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
    await file.append(extension.lines, extension.head, extension.endsWithCheckpoint, anchor);
    this.#head = extension.head;
    this.#checkpoint = extension.checkpoint;
    for (const { seq, kind, body, place } of extension.entries) index.add(seq, kind, body, place);
    return results;
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
