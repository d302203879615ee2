/** `directory-entry-stream`: entries come from the broker in batches. */
import type { DropQueue } from './filesystem-handle.ts';
import type { DescriptorType } from './filesystem-values.ts';
import type { HostSession } from './session.ts';

export interface DirectoryEntry {
  readonly type: DescriptorType;
  readonly name: string;
}

type Batch = [number | null, [string, DescriptorType][], string | null];

export class DirectoryEntryStream {
  readonly #session: HostSession;
  readonly #drops: DropQueue;
  #handle: number | null;
  #entries: [string, DescriptorType][];
  #next = 0;
  /** Told once, after all entries. */
  #error: string | null;

  private constructor(session: HostSession, drops: DropQueue, [handle, entries, error]: Batch) {
    this.#session = session;
    this.#drops = drops;
    this.#handle = handle;
    this.#entries = entries;
    this.#error = error;
  }

  static open(session: HostSession, drops: DropQueue, directory: number): DirectoryEntryStream {
    const { value } = session.ask('fs.read-directory', [directory, drops.take()]);
    return new DirectoryEntryStream(session, drops, value as Batch);
  }

  readDirectoryEntry(): DirectoryEntry | undefined {
    this.#session.enter();
    while (this.#next === this.#entries.length) {
      if (this.#handle === null) return this.#end();
      const { value } = this.#session.ask('fs.next-entries', [this.#handle]);
      [this.#handle, this.#entries, this.#error] = value as Batch;
      this.#next = 0;
    }
    const [name, type] = this.#entries[this.#next]!;
    this.#next += 1;
    return { type, name };
  }

  #end(): undefined {
    const error = this.#error;
    this.#error = null;
    if (error !== null) throw error;
  }

  [Symbol.dispose](): void {
    if (this.#handle !== null) this.#drops.add(this.#handle);
    this.#handle = null;
  }
}
