/**
 * The directory around granted single files. Guests can only open files in a directory, so the file's
 * parent becomes a preopen that shows and opens these files and nothing else; nothing can be made,
 * renamed or removed in it. It is no directory of the host: each name leads to the real parent of the
 * granted file, held since the broker was made, so a link swapped in later is not followed.
 */
import { basename, dirname } from 'node:path';
import type { BigIntStats } from 'node:fs';
import { systemError, type Directory, type Found, type Identity } from './filesystem-directory.ts';

interface RealName {
  readonly parent: Directory;
  readonly name: string;
}

export class NamesDirectory implements Directory {
  readonly identity: Identity;
  readonly #names: ReadonlyMap<string, RealName>;

  private constructor(path: string, names: ReadonlyMap<string, RealName>) {
    this.identity = `names:${path}`;
    this.#names = names;
  }

  static open(
    path: string,
    files: readonly { readonly name: string; readonly realPath: string }[],
    open: (path: string) => Directory,
  ): NamesDirectory | undefined {
    const names = new Map<string, RealName>();
    for (const file of files) {
      try {
        const parent = open(dirname(file.realPath));
        names.set(file.name, { parent, name: basename(file.realPath) });
      } catch {
        // The directory went away since the grant was looked at: no such name.
      }
    }
    return names.size === 0 ? undefined : new NamesDirectory(path, names);
  }

  get names(): readonly string[] {
    return [...this.#names.keys()];
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  stat(): BigIntStats {
    const [first] = this.#names.values();
    return first!.parent.stat();
  }

  get path(): string {
    throw systemError('EPERM');
  }

  entry(name: string): string {
    const real = this.#real(name);
    return real.parent.entry(real.name);
  }

  find(name: string): Found {
    const real = this.#real(name);
    return real.parent.find(real.name);
  }

  child(name: string): Directory | undefined {
    this.#real(name);
    return undefined;
  }

  create(): number {
    throw systemError('EROFS');
  }

  duplicate(): Directory {
    const copy = new Map(
      [...this.#names].map(([name, real]) => [name, { ...real, parent: real.parent.duplicate() }]),
    );
    return new NamesDirectory(this.identity.slice('names:'.length), copy);
  }

  recheck(): void {
    for (const { parent } of this.#names.values()) parent.recheck();
  }

  close(): void {
    for (const { parent } of this.#names.values()) parent.close();
  }

  #real(name: string): RealName {
    const real = this.#names.get(name);
    if (real === undefined) throw systemError('ENOENT');
    return real;
  }
}
