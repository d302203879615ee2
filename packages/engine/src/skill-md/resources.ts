/** Which files of a skill are handed out as resources. The path comes from a model and is hostile. */
import { SkillError } from '../errors.ts';
import { whyNotName } from '../install/file-names.ts';
import type { SkillFolder } from './folder.ts';
import { refusedResource } from './refused.ts';

export const defaultExtensions: readonly string[] = [
  '.md',
  '.txt',
  '.json',
  '.yaml',
  '.yml',
  '.csv',
  '.xml',
];

/** Bytes of one resource. */
const RESOURCE_BYTES = 512 * 1024;

/** Files that `load_skill` lists. */
const LISTED = 500;

export class Resources {
  readonly #extensions: ReadonlySet<string>;

  /** @throws SkillError INVALID_OPTIONS */
  constructor(extensions: readonly string[] = defaultExtensions) {
    const bad = extensions.find((one) => !/^\.[a-z0-9]{1,16}$/.test(one));
    if (bad !== undefined) {
      throw new SkillError(
        'INVALID_OPTIONS',
        `extensions: ${JSON.stringify(bad)} is none; write a dot and lower-case letters or digits, such as ".md".`,
      );
    }
    this.#extensions = new Set(extensions);
  }

  list(folder: SkillFolder): readonly string[] {
    return folder.list(LISTED).filter((path) => this.#whyNot(path) === undefined);
  }

  /** @throws SkillError RESOURCE_REFUSED, RESOURCE_NOT_FOUND */
  read(folder: SkillFolder, path: string): string {
    const why = this.#whyNot(path);
    if (why !== undefined) throw refusedResource(path, why);
    try {
      const bytes = folder.read(path.split('/'), RESOURCE_BYTES);
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch (error) {
      if (error instanceof TypeError) throw refusedResource(path, 'it is not UTF-8 text');
      throw error;
    }
  }

  #whyNot(path: string): string | undefined {
    const name = whyNotName(path);
    if (name !== undefined) return name;
    if (path.split('/').some((part) => part.startsWith('.'))) return 'it is hidden';
    // Else it could be read where load_skill is excluded.
    if (path.toLowerCase() === 'skill.md') return 'load_skill gives the instructions';
    const extension = /\.[^./]*$/.exec(path)?.[0].toLowerCase() ?? '';
    if (this.#extensions.has(extension)) return undefined;
    return `only files with these extensions are resources: ${[...this.#extensions].join(' ')}`;
  }
}
