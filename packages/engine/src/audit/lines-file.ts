/** The file that only grows, and its end: what is appended is whole and on the disk, or is not there. */
import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { SkillError } from '../errors.ts';
import type { Anchor, Head } from './anchor.ts';
import type { Durability } from './database.ts';
import { checkFile } from './files.ts';

const sync = promisify(fdatasync);

export class LinesFile implements Disposable {
  readonly descriptor: number;
  #path: string;
  readonly #durability: Durability;
  #size = 0;
  /** Why nothing more is written. */
  #broken: SkillError | undefined;

  constructor(path: string, durability: Durability) {
    this.#path = path;
    this.#durability = durability;
    const flags = constants.O_RDWR | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0);
    this.descriptor = openSync(path, flags);
    const stats = fstatSync(this.descriptor);
    checkFile(path, stats);
    this.#size = stats.size;
  }

  get path(): string {
    return this.#path;
  }

  get size(): number {
    return this.#size;
  }

  /** Cuts off what a crash left of a line. */
  cutTo(size: number): void {
    if (size === this.#size) return;
    ftruncateSync(this.descriptor, size);
    this.#size = size;
  }

  /**
   * Appends whole lines; then the anchor follows, never ahead of what is on the disk.
   *
   * @param signed the last of them is a checkpoint
   * @throws SkillError AUDIT_UNAVAILABLE; the system's own error: none of the lines is there
   */
  async append(lines: Buffer, head: Head, signed: boolean, anchor: Anchor): Promise<void> {
    if (this.#broken) throw this.#broken;
    this.#assertUntouched();
    try {
      for (let done = 0; done < lines.length;) {
        done += writeSync(this.descriptor, lines, done);
      }
    } catch (error) {
      this.#undo(error);
      throw error;
    }
    if (this.#durability === 'power' || signed) await this.#sync();
    this.#size += lines.length;
    if (this.#durability === 'power' || signed) anchor.write(head, false);
  }

  /** The file gets another name, and is never written to again. Only when all of it is on the disk. */
  closeAs(name: string): void {
    this.#assertUntouched();
    renameSync(this.#path, name);
    this.#path = name;
    this.#broken = changed(name, 'it is closed');
  }

  /** Before the end: all is on the disk, and the anchor says so. */
  async settle(head: Head, anchor: Anchor): Promise<void> {
    if (this.#broken) return;
    await this.#sync();
    anchor.write(head, true);
  }

  /** Or a cut would be covered by what comes now; and what was moved away would be written to unseen. */
  #assertUntouched(): void {
    const own = fstatSync(this.descriptor);
    const there = lstatSync(this.#path, { throwIfNoEntry: false });
    if (own.size !== this.#size) {
      throw changed(this.#path, `it has ${own.size} bytes, and had ${this.#size}`);
    }
    if (there?.ino !== own.ino || there.dev !== own.dev) {
      throw changed(this.#path, 'it was moved away or replaced');
    }
  }

  /** After a disk that is full the store goes on when there is space again, if the half lines can be taken back. */
  #undo(cause: unknown): void {
    try {
      ftruncateSync(this.descriptor, this.#size);
    } catch {
      this.#broken = changed(this.#path, 'a write failed and could not be taken back', cause);
    }
  }

  /** What a failed sync has left on the disk is not known, and asking again does not tell. */
  async #sync(): Promise<void> {
    try {
      await sync(this.descriptor);
    } catch (error) {
      this.#broken = new SkillError(
        'AUDIT_UNAVAILABLE',
        `The audit store ${this.#path} could not be synced to disk, so nothing runs. Check the disk, then start again.`,
        { cause: error },
      );
      throw this.#broken;
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.descriptor);
  }
}

export function changed(path: string, what: string, cause?: unknown): SkillError {
  return new SkillError(
    'AUDIT_UNAVAILABLE',
    `The audit store ${path} was changed outside of the engine: ${what}. So nothing runs. Move all files whose names begin ` +
      'with this one away together while no engine runs (keep them as evidence); then a new store begins.',
    cause === undefined ? {} : { cause },
  );
}
