/** The file vault: credentials in one encrypted file, unlocked by the keyring or a passphrase. */
import { randomUUID } from 'node:crypto';
import { forbidCoreDumps } from './core-dump.ts';
import { checkEntry } from './entry-check.ts';
import { type Keyring, keeps, systemKeyring } from './keyring.ts';
import type { PassphraseSource } from './passphrase.ts';
import type { Secret } from './secret.ts';
import { byName, type CredentialName, type CredentialStore } from './store.ts';
import { locked } from './vault-errors.ts';
import { prepareDirectory, readVaultFile, replaceVaultFile } from './vault-file.ts';
import {
  authenticate,
  encodeVault,
  newVaultId,
  type ReadVault,
  readVault,
  seal,
  type SealedEntry,
  unseal,
  type Vault,
} from './vault-format.ts';
import {
  deriveKeys,
  ITERATIONS,
  type KeyMethod,
  masterFromPassphrase,
  newMasterKey,
  newSalt,
  type VaultKeys,
  wipeKeys,
} from './vault-keys.ts';
import { withLock } from './vault-lock.ts';

/** What {@link FileVault} takes. */
export interface FileVaultOptions {
  /** Path of the file, such as `credentials.enc`. */
  readonly path: string;
  /** Asked when the file needs a passphrase. Default: none, so that only a keyring unlocks it. */
  readonly passphrase?: PassphraseSource | undefined;
  /** The keyring for a new file's key. Default: the system's, where `@napi-rs/keyring` is installed; `null`: none. */
  readonly keyring?: Keyring | null | undefined;
  /** PBKDF2 iterations for new files and after `rotate`; at least 600 000, which is the default. */
  readonly iterations?: number | undefined;
}

interface Unlocked {
  readonly method: string;
  readonly vault: string;
  readonly keys: VaultKeys;
}

/**
 * Credentials in one encrypted file (AES-256-GCM), written whole or not at all. Methods throw as {@link CredentialStore} says.
 */
export class FileVault implements CredentialStore {
  readonly #options: FileVaultOptions;
  #keyring: Promise<Keyring | undefined> | undefined;
  #unlocked: Unlocked | undefined;
  #unlocking: { readonly name: string; readonly work: Promise<VaultKeys> } | undefined;

  constructor(options: FileVaultOptions) {
    this.#options = options;
  }

  /** Of the file. */
  get path(): string {
    return this.#options.path;
  }

  async get(entry: CredentialName): Promise<Secret | undefined> {
    checkEntry(entry);
    const opened = await this.#open();
    const sealed = opened?.vault.entries.find((one) => byName(one, entry) === 0);
    if (opened === undefined || sealed === undefined) return undefined;
    return unseal(opened.vault.vault, sealed, opened.keys, this.path);
  }

  async list(skill?: string): Promise<readonly CredentialName[]> {
    const opened = await this.#open();
    return (opened?.vault.entries ?? [])
      .filter((entry) => skill === undefined || entry.skill === skill)
      .map(({ skill: owner, name }) => ({ skill: owner, name }));
  }

  async set(entry: CredentialName, value: Secret): Promise<void> {
    checkEntry(entry, value);
    await this.#change((vault, keys) => [
      ...vault.entries.filter((one) => byName(one, entry) !== 0),
      seal(vault.vault, entry, value, keys),
    ]);
  }

  async delete(entry: CredentialName): Promise<boolean> {
    checkEntry(entry);
    if ((await this.#open()) === undefined) return false;
    let found = false;
    await this.#change((vault) => {
      found = vault.entries.some((one) => byName(one, entry) === 0);
      return found ? vault.entries.filter((one) => byName(one, entry) !== 0) : undefined;
    });
    return found;
  }

  /**
   * Encrypts everything anew under a new master key: of the keyring where there is one, else of a new passphrase.
   * Where there is no file yet, nothing happens.
   *
   * @param passphrase the new one. Default: the vault's own source is asked for it
   */
  async rotate(passphrase: PassphraseSource | undefined = this.#options.passphrase): Promise<void> {
    await prepareDirectory(this.path);
    await withLock(this.path, async () => {
      const old = await this.#open();
      if (old === undefined) return;
      const fresh = await this.#create(passphrase);
      const entries: SealedEntry[] = [];
      for (const entry of old.vault.entries) {
        using value = unseal(old.vault.vault, entry, old.keys, this.path);
        entries.push(seal(fresh.vault.vault, entry, value, fresh.keys));
      }
      await this.#write({ ...fresh.vault, entries }, fresh.keys);
      const { key } = old.vault;
      this.#remember(fresh.vault, fresh.keys);
      if (key.kind === 'keyring') await this.#forgetKey(key.account);
    });
  }

  /** How the file is unlocked; `undefined` where there is none. */
  async method(): Promise<KeyMethod['kind'] | undefined> {
    const bytes = await readVaultFile(this.path);
    return bytes === undefined ? undefined : readVault(bytes, this.path).key.kind;
  }

  async close(): Promise<void> {
    if (this.#unlocked) wipeKeys(this.#unlocked.keys);
    this.#unlocked = undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #change(
    work: (vault: Vault, keys: VaultKeys) => readonly SealedEntry[] | undefined,
  ): Promise<void> {
    await prepareDirectory(this.path);
    await withLock(this.path, async () => {
      const found = await this.#open();
      const { vault, keys } = found ?? (await this.#create(this.#options.passphrase));
      const entries = work(vault, keys);
      if (entries === undefined) return;
      await this.#write({ ...vault, entries }, keys);
      this.#remember(vault, keys);
    });
  }

  /** What is written was read back first, as it will be read: a vault that nobody can open is never put there. */
  async #write(vault: Vault, keys: VaultKeys): Promise<void> {
    const text = encodeVault(vault, keys);
    const again = readVault(Buffer.from(text), this.path);
    authenticate(again, keys, this.path);
    for (const entry of again.entries) unseal(again.vault, entry, keys, this.path).wipe();
    await replaceVaultFile(this.path, text);
  }

  /** The file as it is now, and authentic. */
  async #open(): Promise<{ vault: Vault; keys: VaultKeys } | undefined> {
    const bytes = await readVaultFile(this.path);
    if (bytes === undefined) return undefined;
    const read = readVault(bytes, this.path);
    const known = this.#unlocked;
    const method = JSON.stringify(read.key);
    if (known !== undefined && known.method === method && known.vault === read.vault) {
      authenticate(read, known.keys, this.path);
      return { vault: read, keys: known.keys };
    }
    // Whoever comes meanwhile waits for the same: a passphrase is asked for, and stretched, once.
    const name = `${read.vault} ${method}`;
    if (this.#unlocking?.name !== name) {
      const work = this.#unlock(read).finally(() => {
        if (this.#unlocking?.work === work) this.#unlocking = undefined;
      });
      this.#unlocking = { name, work };
    }
    const keys = await this.#unlocking.work;
    authenticate(read, keys, this.path);
    return { vault: read, keys };
  }

  async #unlock(read: ReadVault): Promise<VaultKeys> {
    await forbidCoreDumps();
    const master = await this.#master(read.key);
    const keys = deriveKeys(master, read.key.salt, read.vault);
    master.fill(0);
    try {
      authenticate(read, keys, this.path);
    } catch (error) {
      wipeKeys(keys);
      throw error;
    }
    this.#remember(read, keys);
    return keys;
  }

  #remember({ key, vault }: Vault, keys: VaultKeys): void {
    const known = this.#unlocked;
    if (known !== undefined && known.keys !== keys) wipeKeys(known.keys);
    this.#unlocked = { method: JSON.stringify(key), vault, keys };
  }

  async #system(): Promise<Keyring | undefined> {
    const { keyring } = this.#options;
    if (keyring === null) return undefined;
    this.#keyring ??= keyring === undefined ? systemKeyring() : Promise.resolve(keyring);
    return this.#keyring;
  }

  async #master(key: KeyMethod): Promise<Uint8Array> {
    if (key.kind === 'passphrase') {
      using passphrase = await this.#options.passphrase?.(false);
      if (passphrase === undefined) throw locked(this.path, howToUnlock);
      return masterFromPassphrase(passphrase, key);
    }
    const keyring = await this.#system();
    if (keyring === undefined) {
      throw locked(
        this.path,
        'their key is in the keyring of the system, and the package @napi-rs/keyring is not installed here; run: npm install @napi-rs/keyring',
      );
    }
    let found: Uint8Array | undefined;
    try {
      found = await keyring.get(key.account);
    } catch (error) {
      throw locked(this.path, 'the keyring of the system cannot be asked; unlock it first', error);
    }
    if (found?.length !== 32) {
      throw locked(this.path, `the keyring of the system has no key for them (${key.account})`);
    }
    return found;
  }

  /** A vault without entries and a new key. */
  async #create(source: PassphraseSource | undefined): Promise<{ vault: Vault; keys: VaultKeys }> {
    await forbidCoreDumps();
    const vault = newVaultId();
    const salt = newSalt();
    const keyring = await this.#system();
    const account = `credentials ${randomUUID()}`;
    const random = newMasterKey();
    let master = random;
    let key: KeyMethod = { kind: 'keyring', salt, account };
    if (keyring === undefined || !(await keeps(keyring, account, random))) {
      random.fill(0);
      using passphrase = await source?.(true);
      if (passphrase === undefined) throw locked(this.path, howToUnlock);
      key = {
        kind: 'passphrase',
        salt,
        iterations: Math.max(ITERATIONS, this.#options.iterations ?? 0),
      };
      master = await masterFromPassphrase(passphrase, key);
    }
    const keys = deriveKeys(master, salt, vault);
    master.fill(0);
    return { vault: { vault, key, entries: [] }, keys };
  }

  async #forgetKey(account: string): Promise<void> {
    try {
      await (await this.#system())?.delete(account);
    } catch {
      // It opens nothing any more.
    }
  }
}

const howToUnlock =
  'a passphrase is needed; run the command on a terminal, or set SKILL_ENGINE_PASSPHRASE_FD or SKILL_ENGINE_PASSPHRASE_COMMAND';
