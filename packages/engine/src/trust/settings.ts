/** What the operator trusts: keys, and the levels that need a signature. In a file that only the operator can write. */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readPrivateFile, writePrivateFile } from '../component/private-files.ts';
import { SkillError } from '../errors.ts';
import { exclusively } from '../install/exclusive.ts';
import { trustLevels, type TrustLevel } from './levels.ts';
import type { TrustedKey } from './signature.ts';

/** What the operator has set about keys and signatures. */
export interface TrustState {
  /** Sorted by name. */
  readonly keys: readonly TrustedKey[];
  /** Levels whose skills need a verified signature. Default: none. */
  readonly signed: readonly TrustLevel[];
}

const FORMAT = 1;
const MAX_BYTES = 1024 * 1024;

/** The file `trust.json` of the state directory. */
export class TrustSettings {
  readonly #data: string;
  readonly #file: string;

  /** @param data `statePlaces().data` */
  constructor(data: string) {
    this.#data = data;
    this.#file = join(data, 'trust.json');
  }

  /** @throws SkillError STATE_UNAVAILABLE when the file is not the operator's alone, or damaged */
  async read(): Promise<TrustState> {
    try {
      const bytes = await readPrivateFile(this.#file, MAX_BYTES);
      return decode(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return { keys: [], signed: [] };
      throw unavailable(this.#file, cause);
    }
  }

  /** @throws SkillError INVALID_OPTIONS when the name or the key is there already */
  async addKey(key: TrustedKey): Promise<void> {
    await this.#change((state) => {
      const other = state.keys.find(({ id, name }) => id === key.id || name === key.name);
      if (other === undefined) return { ...state, keys: [...state.keys, key] };
      throw new SkillError(
        'INVALID_OPTIONS',
        `There is the key ${other.name} (${other.id}) already. Remove it first, or give the new one another name.`,
      );
    });
  }

  /** @param named name or id; false if there is none */
  async removeKey(named: string): Promise<boolean> {
    let found = false;
    await this.#change((state) => {
      const keys = state.keys.filter(({ id, name }) => id !== named && name !== named);
      found = keys.length < state.keys.length;
      return { ...state, keys };
    });
    return found;
  }

  /** Whether skills of this level need a signature of a trusted key. */
  async requireSignature(level: TrustLevel, required: boolean): Promise<void> {
    await this.#change((state) => ({
      ...state,
      signed: [...state.signed.filter((one) => one !== level), ...(required ? [level] : [])],
    }));
  }

  #change(change: (state: TrustState) => TrustState): Promise<void> {
    return exclusively(join(this.#data, 'packages', '.lock'), async () => {
      const state = change(await this.read());
      const text = `${JSON.stringify({ format: FORMAT, ...sorted(state) }, undefined, 2)}\n`;
      const draft = `${this.#file}.${randomUUID()}`;
      try {
        await mkdir(this.#data, { recursive: true, mode: 0o700 });
        await writePrivateFile(draft, new TextEncoder().encode(text));
        await rename(draft, this.#file);
      } catch (cause) {
        throw unavailable(this.#file, cause);
      } finally {
        await rm(draft, { force: true });
      }
    });
  }
}

function sorted({ keys, signed }: TrustState): TrustState {
  return {
    keys: keys.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    signed: trustLevels.filter((level) => signed.includes(level)),
  };
}

function decode(text: string): TrustState {
  const value = JSON.parse(text) as Partial<Record<string, unknown>> | null;
  const { format, keys, signed } = value ?? {};
  const isKey = (key: unknown): key is TrustedKey =>
    typeof key === 'object' &&
    key !== null &&
    ['id', 'name', 'publicKey'].every((field) => typeof Reflect.get(key, field) === 'string');
  const isLevel = (level: unknown): level is TrustLevel => trustLevels.some((one) => one === level);
  if (format !== FORMAT || !Array.isArray(keys) || !Array.isArray(signed)) {
    throw new Error(`it is not of format ${FORMAT}`);
  }
  if (!keys.every(isKey) || !signed.every(isLevel)) throw new Error('an entry of it is damaged');
  return { keys, signed };
}

function unavailable(file: string, cause: unknown): SkillError {
  if (cause instanceof SkillError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SkillError(
    'STATE_UNAVAILABLE',
    `${file} cannot be trusted, read or written (${reason}). Make it yours alone (chmod 600), or remove it: no key is trusted then.`,
    { cause },
  );
}
