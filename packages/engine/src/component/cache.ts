import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  authenticate,
  cacheSecret,
  isAuthentic,
  isExists,
  isMissing,
  readCacheSecret,
} from './cache-key.ts';
import { sha256Hex } from './digest.ts';
import { ensurePrivateDirectory, readPrivateFile, writePrivateFile } from './private-files.ts';
import type { Transpiled } from './transpile-frame.ts';

interface IndexFile {
  readonly key: string;
  readonly files: readonly {
    readonly name: string;
    readonly bytes: number;
    readonly sha256: string;
  }[];
}

const glueName = 'glue.js';
const fileName = /^(?:glue\.js|component\.core[0-9]{0,5}\.wasm)$/u;
const indexLimit = 1024 * 1024;
const staleMs = 60 * 60 * 1000;

/**
 * Scripts and core modules by the digest of what they were made from.
 *
 * Layout: `<directory>/<key>/{index.json, index.mac, glue.js, component.core*.wasm}`, directories 0700 and files 0600.
 * An entry appears whole, by a rename, so several processes may fill one cache. On every load each file's SHA-256 is
 * compared with the index and the index with its MAC; an entry that fails anything is removed and made again.
 */
export class ComponentCache {
  readonly #directory: string;
  readonly #secret: Uint8Array;

  private constructor(directory: string, secret: Uint8Array) {
    this.#directory = directory;
    this.#secret = secret;
  }

  /** @throws SkillError `INVALID_OPTIONS` when others could write to the directory */
  static async open(directory: string): Promise<ComponentCache> {
    await ensurePrivateDirectory(directory);
    return new ComponentCache(directory, await cacheSecret(directory));
  }

  /**
   * The entry, verified; undefined when there is none or it was not what was once written.
   *
   * @throws SkillError `INVALID_OPTIONS` when others can write to the directory by now
   */
  async get(key: string, maxBytes: number): Promise<Transpiled | undefined> {
    const path = join(this.#directory, key);
    await ensurePrivateDirectory(this.#directory);
    try {
      return await readEntry(path, key, this.#secret, maxBytes);
    } catch (failure) {
      if (!isMissing(failure) || (await exists(path))) await this.#discard(path);
      return undefined;
    }
  }

  /** Adds an entry. One that another process added meanwhile stays. */
  async put(key: string, entry: Transpiled): Promise<void> {
    await this.#sweep();
    const draft = join(this.#directory, `.draft-${randomBytes(8).toString('hex')}`);
    await mkdir(draft, { mode: 0o700 });
    try {
      const contents = new Map([
        [glueName, new TextEncoder().encode(entry.glue)],
        ...entry.modules,
      ]);
      const files: IndexFile['files'][number][] = [];
      for (const [name, bytes] of contents) {
        await writePrivateFile(join(draft, name), bytes);
        files.push({ name, bytes: bytes.byteLength, sha256: await sha256Hex(bytes) });
      }
      const index = JSON.stringify({ key, files } satisfies IndexFile);
      await writePrivateFile(join(draft, 'index.json'), Buffer.from(index));
      await writePrivateFile(
        join(draft, 'index.mac'),
        Buffer.from(authenticate(this.#secret, index)),
      );
      await rename(draft, join(this.#directory, key));
    } catch (failure) {
      await rm(draft, { recursive: true, force: true });
      if (!isExists(failure)) throw failure;
    }
  }

  /** Moved aside first, so that no other process meets half an entry. */
  async #discard(path: string): Promise<void> {
    const aside = join(this.#directory, `.draft-${randomBytes(8).toString('hex')}`);
    try {
      await rename(path, aside);
    } catch {
      return;
    }
    await rm(aside, { recursive: true, force: true });
  }

  /** Drafts that a killed process left behind. */
  async #sweep(): Promise<void> {
    for (const name of await readdir(this.#directory)) {
      if (!name.startsWith('.draft-')) continue;
      const path = join(this.#directory, name);
      const stats = await stat(path).catch(() => undefined);
      if (stats !== undefined && Date.now() - stats.mtimeMs > staleMs) {
        await rm(path, { recursive: true, force: true });
      }
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** @throws Error that says what is wrong with the entry */
async function readEntry(
  path: string,
  key: string,
  secret: Uint8Array,
  maxBytes: number,
): Promise<Transpiled> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const index = await readIndex(path, key, secret);
  let glue: string | undefined;
  let total = 0;
  const modules = new Map<string, Uint8Array>();
  for (const file of index.files) {
    if (!fileName.test(file.name)) throw new Error('the index names an unknown file');
    total += file.bytes;
    if (total > maxBytes) throw new Error('the entry is too large');
    const bytes = await readPrivateFile(join(path, file.name), file.bytes);
    if ((await sha256Hex(bytes)) !== file.sha256) throw new Error(`${file.name} was changed`);
    if (file.name === glueName) glue = decoder.decode(bytes);
    else modules.set(file.name, bytes);
  }
  if (glue === undefined) throw new Error('the entry has no code');
  return { glue, modules };
}

async function readIndex(path: string, key: string, secret: Uint8Array): Promise<IndexFile> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const text = decoder.decode(await readPrivateFile(join(path, 'index.json'), indexLimit));
  const mac = decoder.decode(await readPrivateFile(join(path, 'index.mac'), 256));
  if (!isAuthentic(secret, text, mac)) throw new Error('the index is not authentic');
  const index = JSON.parse(text) as IndexFile;
  if (index.key !== key) throw new Error('the index belongs to another entry');
  return index;
}

/** What `inspectCache` found. */
export interface CacheInspection {
  /** How many entries are what was once written. */
  readonly authentic: number;
  /** Entries that no load would take, and why. */
  readonly refused: readonly { readonly key: string; readonly reason: string }[];
}

/** Looks at every entry and changes nothing. @param quick only the indexes, not the files that they name */
export async function inspectCache(directory: string, quick: boolean): Promise<CacheInspection> {
  const names = await readdir(directory).catch((failure: unknown) => {
    if (isMissing(failure)) return [];
    throw failure;
  });
  const secret = await readCacheSecret(directory);
  const refused: { key: string; reason: string }[] = [];
  let authentic = 0;
  for (const key of names.toSorted()) {
    if (key.startsWith('.draft-')) continue;
    const path = join(directory, key);
    try {
      if (secret === undefined) throw new Error('the key of the cache is missing or damaged');
      if (quick) await readIndex(path, key, secret);
      else await readEntry(path, key, secret, Infinity);
      authentic += 1;
    } catch (failure) {
      const reason = failure instanceof Error ? failure.message : String(failure);
      refused.push({ key, reason });
    }
  }
  return { authentic, refused };
}
