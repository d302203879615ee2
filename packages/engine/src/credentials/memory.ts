/** A store in memory: for tests, and for embedders that bring their values from elsewhere. */
import { checkEntry } from './entry-check.ts';
import { Secret } from './secret.ts';
import { byName, type CredentialName, type CredentialStore } from './store.ts';

/** Credentials in this process's memory, for tests and for programs that have them from elsewhere. */
export class MemoryCredentialStore implements CredentialStore {
  readonly #entries = new Map<string, { readonly entry: CredentialName; readonly value: Secret }>();

  /** @param values by skill, then by name */
  constructor(values: Readonly<Record<string, Readonly<Record<string, string>>>> = {}) {
    for (const [skill, entries] of Object.entries(values)) {
      for (const [name, text] of Object.entries(entries)) {
        this.#put({ skill, name }, Secret.fromText(text));
      }
    }
  }

  #put(entry: CredentialName, value: Secret): void {
    checkEntry(entry, value);
    const key = keyOf(entry);
    this.#entries.get(key)?.value.wipe();
    this.#entries.set(key, { entry: { skill: entry.skill, name: entry.name }, value });
  }

  async get(entry: CredentialName): Promise<Secret | undefined> {
    checkEntry(entry);
    return this.#entries.get(keyOf(entry))?.value.use((bytes) => new Secret(bytes.slice()));
  }

  async set(entry: CredentialName, value: Secret): Promise<void> {
    this.#put(
      entry,
      value.use((bytes) => new Secret(bytes.slice())),
    );
  }

  async delete(entry: CredentialName): Promise<boolean> {
    checkEntry(entry);
    this.#entries.get(keyOf(entry))?.value.wipe();
    return this.#entries.delete(keyOf(entry));
  }

  async list(skill?: string): Promise<readonly CredentialName[]> {
    return [...this.#entries.values()]
      .map(({ entry }) => entry)
      .filter((entry) => skill === undefined || entry.skill === skill)
      .toSorted(byName);
  }

  async close(): Promise<void> {
    for (const { value } of this.#entries.values()) value.wipe();
    this.#entries.clear();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function keyOf({ skill, name }: CredentialName): string {
  return JSON.stringify([skill, name]);
}
