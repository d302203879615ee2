/** An installed skill's folder: the bytes that were verified against the lock, never the disk again. */
import type { InstalledSkill } from '../install/installed.ts';
import type { PackageFiles } from '../install/package-files.ts';
import { notFound, refusedResource } from './refused.ts';
import type { SkillFolder } from './folder.ts';

export class PackageFolder implements SkillFolder {
  readonly name: string;
  readonly where: string;
  readonly #files: PackageFiles;

  constructor({ entry, source }: InstalledSkill) {
    this.name = entry.name;
    this.where = `the installed skill ${entry.name}`;
    this.#files = source.files ?? new Map();
  }

  read(path: readonly string[], most: number): Uint8Array {
    const shown = path.join('/');
    const bytes = this.#files.get(shown);
    if (bytes === undefined) throw notFound(shown);
    if (bytes.length > most) {
      throw refusedResource(shown, `it has ${bytes.length} bytes; ${most} are allowed`);
    }
    return bytes;
  }

  list(count: number): readonly string[] {
    const isShown = (path: string) => path.split('/').every((part) => !part.startsWith('.'));
    return [...this.#files.keys()].filter(isShown).slice(0, count);
  }
}
