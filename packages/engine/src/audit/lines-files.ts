/** All files of a store as its writer has them: it closes the one that grows, and removes the oldest. */
import { closeSync, existsSync, rmSync, unlinkSync, writeFileSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Durability } from './database.ts';
import { syncDirectory } from './files.ts';
import { changed, LinesFile } from './lines-file.ts';
import { segmentPath } from './lines-segments.ts';

/** Entries `first` to `last` are in it. */
export interface ClosedFile {
  readonly path: string;
  readonly descriptor: number;
  readonly first: number;
  readonly last: number;
  readonly size: number;
}

export class LinesFiles implements Disposable {
  readonly path: string;
  readonly #durability: Durability;
  readonly #closed: ClosedFile[] = [];
  #growing: LinesFile;
  /** Number of the first entry of the file that grows: the one that it has or will have. */
  #first = 1;
  #begunMs = Date.now();

  constructor(path: string, durability: Durability) {
    this.path = path;
    this.#durability = durability;
    this.#growing = new LinesFile(path, durability);
  }

  get growing(): LinesFile {
    return this.#growing;
  }

  /** Oldest first. */
  get closed(): readonly ClosedFile[] {
    return this.#closed;
  }

  get first(): number {
    return this.#first;
  }

  /** When the first line of the file that grows was written, as far as that is known. */
  get begunMs(): number {
    return this.#begunMs;
  }

  /** What opening has found: the files that are closed already, and where the one that grows begins. */
  found(closed: readonly ClosedFile[], first: number, begunMs: number): void {
    this.#closed.push(...closed);
    this.#first = first;
    this.#begunMs = begunMs;
  }

  /**
   * The file that grows is closed under the number of its first entry, and an empty one takes its place. Wherever this
   * is cut short, every entry is in a file that is found: without one that grows, opening makes it.
   *
   * @throws the system's error; nothing has changed then, or nothing more is written
   */
  rotate(last: number): void {
    const { path } = this;
    const next = `${path}.next`;
    const name = segmentPath(path, this.#first);
    if (existsSync(name)) throw changed(name, 'it is there already');
    rmSync(next, { force: true });
    writeFileSync(next, '', { flag: 'wx', mode: 0o600 });
    const old = this.#growing;
    old.closeAs(name);
    renameSync(next, path);
    syncDirectory(dirname(path));
    this.#growing = new LinesFile(path, this.#durability);
    const { descriptor, size } = old;
    this.#closed.push({ path: name, descriptor, first: this.#first, last, size });
    this.#first = last + 1;
    this.#begunMs = Date.now();
  }

  /** Only behind a summary that is on the disk. What cannot be removed now is when the store is next opened. */
  removeThrough(through: number): void {
    while ((this.#closed[0]?.last ?? Infinity) <= through) {
      const { path, descriptor } = this.#closed.shift()!;
      closeSync(descriptor);
      try {
        unlinkSync(path);
      } catch {
        // It is behind the summary: nobody reads it any more.
      }
    }
    syncDirectory(dirname(this.path));
  }

  [Symbol.dispose](): void {
    for (const { descriptor } of this.#closed) closeSync(descriptor);
    this.#growing[Symbol.dispose]();
  }
}
