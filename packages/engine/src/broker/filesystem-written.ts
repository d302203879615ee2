/** Which files an invocation made, opened for writing, renamed or linked: what a policy looks at afterwards. */

/** Names that are kept. A policy must treat a list that is not complete as one that may hold anything. */
const FILES = 1000;
const CHARACTERS = 256 * 1024;

export interface FilesWritten {
  /** Guest paths in the order of their first write; also those that were removed again. */
  readonly paths: readonly string[];
  /** False when there were more than are kept. */
  readonly complete: boolean;
}

export const noFilesWritten: FilesWritten = { paths: [], complete: true };

export class WrittenFiles {
  readonly #paths = new Set<string>();
  #characters = 0;
  #complete = true;

  add(path: string): void {
    if (this.#paths.has(path)) return;
    this.#characters += path.length;
    if (this.#paths.size >= FILES || this.#characters > CHARACTERS) this.#complete = false;
    else this.#paths.add(path);
  }

  get list(): FilesWritten {
    return { paths: [...this.#paths], complete: this.#complete };
  }
}
