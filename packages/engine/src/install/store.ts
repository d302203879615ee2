/** A store of installed skills: `skills.lock`, and one folder for each package. */
import { randomUUID } from 'node:crypto';
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { readPrivateFile } from '../component/private-files.ts';
import { SkillError } from '../errors.ts';
import type { StatePlaces } from '../places.ts';
import { exclusively } from './exclusive.ts';
import {
  decodeLock,
  encodeLock,
  isSealed,
  seal,
  type LockedSkill,
  type UnsealedSkill,
} from './lock-format.ts';
import type { PackageFiles } from './package-files.ts';
import { readLockText } from './read-lock.ts';
import { storeKey } from './store-key.ts';

/** `user`: the operator's own store. `project`: one project's, whose lock file is committed with it. */
export type StoreScope = 'user' | 'project';

/** An installed skill as its store lists it; nothing of the package is read. */
export interface StoredSkill {
  readonly entry: LockedSkill;
  /** True if this operator approved exactly this entry. */
  readonly sealed: boolean;
}

/** Longest lock file. */
const LOCK_BYTES = 16 * 1024 * 1024;

/** Installed skills of one scope: a lock file, and the packages by their digests. */
export class SkillStore {
  readonly scope: StoreScope;
  /** Its path. */
  readonly lockFile: string;
  readonly #packages: string;
  readonly #data: string;
  /** What seals are bound to. */
  readonly #where: string;

  private constructor(scope: StoreScope, lockFile: string, packages: string, data: string) {
    this.scope = scope;
    this.lockFile = lockFile;
    this.#packages = packages;
    this.#data = data;
    this.#where = scope === 'user' ? 'user' : packages;
  }

  /** The operator's own store, in the state directory. */
  static user({ data }: StatePlaces): SkillStore {
    return new SkillStore('user', join(data, 'skills.lock'), join(data, 'packages'), data);
  }

  /** A project's store: `skills.lock` and `.skills/` in its folder. */
  static project(folder: string, { data }: StatePlaces): SkillStore {
    const root = resolve(folder);
    return new SkillStore('project', join(root, 'skills.lock'), join(root, '.skills'), data);
  }

  /** Sorted by name. Nothing of a package is read. */
  async list(): Promise<readonly StoredSkill[]> {
    const entries = await this.#read();
    if (entries.length === 0) return [];
    const key = await storeKey(this.#data, false);
    return entries.map((entry) => ({
      entry,
      sealed: key !== undefined && isSealed(entry, key, this.#where),
    }));
  }

  /** The installed skill of that name. */
  async find(name: string): Promise<StoredSkill | undefined> {
    return (await this.list()).find(({ entry }) => entry.name === name);
  }

  /** Absolute path of its files. */
  folderOf({ name, digest }: Pick<LockedSkill, 'name' | 'digest'>): string {
    return join(this.#packages, name, digest);
  }

  /**
   * Puts a package in place of the one of the same name, or changes nothing at all: the files are written aside, and
   * the lock file's replacement is the switch.
   *
   * @param expected digest of the entry that it replaces, `undefined` for none; another one there refuses
   */
  async put(
    entry: UnsealedSkill,
    files: PackageFiles,
    expected: string | undefined,
  ): Promise<void> {
    await this.#exclusively(entry.name, async () => {
      const entries = await this.#read();
      const old = entries.find(({ name }) => name === entry.name);
      if (old?.digest !== expected) throw changedMeanwhile(entry.name);
      const folder = this.folderOf(entry);
      await this.#write(folder, files);
      await this.#replace([
        ...entries.filter(({ name }) => name !== entry.name),
        await this.#seal(entry),
      ]);
      await this.#sweep(entry.name, entry.digest);
    });
  }

  /** Seals an entry anew with another trust level. What was edited or changed since `seen` is never sealed. */
  async change(name: string, seen: UnsealedSkill, trust: LockedSkill['trust']): Promise<void> {
    await this.#exclusively(name, async () => {
      const old = await this.find(name);
      if (old?.sealed !== true || old.entry.digest !== seen.digest) throw changedMeanwhile(name);
      const { seal: _old, ...entry } = old.entry;
      const others = (await this.#read()).filter((other) => other.name !== name);
      await this.#replace([...others, await this.#seal({ ...entry, trust })]);
    });
  }

  /** False if there was none of that name. */
  async remove(name: string): Promise<boolean> {
    return this.#exclusively(name, async () => {
      const entries = await this.#read();
      if (!entries.some((entry) => entry.name === name)) return false;
      await this.#replace(entries.filter((entry) => entry.name !== name));
      await this.#sweep(name, undefined);
      return true;
    });
  }

  async #exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
    for (const place of ['.', '.lock', name]) await assertNoLink(join(this.#packages, place));
    return exclusively(join(this.#packages, '.lock'), async () => {
      try {
        return await work();
      } catch (cause) {
        if (cause instanceof SkillError) throw cause;
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new SkillError(
          'STATE_UNAVAILABLE',
          `The store of skills cannot be changed: ${reason}. Make ${dirname(this.lockFile)} writable, or name another directory in SKILL_ENGINE_HOME.`,
          { cause },
        );
      }
    });
  }

  async #seal(entry: UnsealedSkill): Promise<LockedSkill> {
    return seal(entry, (await storeKey(this.#data, true))!, this.#where);
  }

  async #read(): Promise<readonly LockedSkill[]> {
    // A project's lock is shared with others and so may be theirs; the operator's own must be the operator's.
    const read = this.scope === 'user' ? readPrivateFile : readLockText;
    try {
      const bytes = await read(this.lockFile, LOCK_BYTES);
      return decodeLock(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return [];
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new SkillError(
        'LOCK_INVALID',
        `${this.lockFile} cannot be trusted or read: ${reason}. Restore it, or remove it and install its skills again.`,
        { details: { file: this.lockFile, reason }, cause },
      );
    }
  }

  async #write(folder: string, files: PackageFiles): Promise<void> {
    const draft = join(dirname(folder), `.draft-${randomUUID()}`);
    try {
      for (const [path, bytes] of files) {
        const file = join(draft, path);
        await mkdir(dirname(file), { recursive: true, mode: 0o700 });
        await writeDurably(file, bytes, 0o600);
      }
      await rm(folder, { recursive: true, force: true });
      await rename(draft, folder);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }

  async #replace(entries: readonly LockedSkill[]): Promise<void> {
    const draft = `${this.lockFile}.${randomUUID()}`;
    try {
      const mode = this.scope === 'user' ? 0o600 : 0o644;
      await writeDurably(draft, new TextEncoder().encode(encodeLock(entries)), mode);
      await rename(draft, this.lockFile);
    } finally {
      await rm(draft, { force: true });
    }
  }

  /** Removes what the lock no longer names: the replaced version, and drafts of commands that were ended. */
  async #sweep(name: string, keep: string | undefined): Promise<void> {
    const parent = join(this.#packages, name);
    for (const entry of await readdir(parent).catch(() => [])) {
      if (entry !== keep) await rm(join(parent, entry), { recursive: true, force: true });
    }
    if (keep === undefined) await rm(parent, { recursive: true, force: true });
  }
}

/** A checkout of somebody else's may have links in its store: what is written or removed beyond them is not the store's. */
async function assertNoLink(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats?.isSymbolicLink() !== true) return;
  throw new SkillError(
    'STATE_UNAVAILABLE',
    `The store of skills is not changed: ${path} is a symbolic link, and what it leads to would be changed. Remove the link, and find out who made it.`,
    { details: { path } },
  );
}

async function writeDurably(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

function changedMeanwhile(name: string): SkillError {
  return new SkillError(
    'STATE_UNAVAILABLE',
    `Another command changed ${name} in the store meanwhile; nothing was done. Try again.`,
    { details: { skill: name } },
  );
}
