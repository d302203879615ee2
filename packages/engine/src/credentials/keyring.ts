/** The operating system's keyring, through `@napi-rs/keyring` where that is installed: an optional dependency. */

/** Keeps the vault's master key. Every method may reject where the keyring is locked or missing. */
export interface Keyring {
  /** `undefined` if there is none. */
  get(account: string): Promise<Uint8Array | undefined>;
  /** Replaces one that is there. */
  set(account: string, key: Uint8Array): Promise<void>;
  /** Nothing happens if there is none. */
  delete(account: string): Promise<void>;
}

interface Entry {
  getSecret(): Promise<Uint8Array | null | undefined>;
  setSecret(secret: Uint8Array): Promise<void>;
  deleteCredential(): Promise<boolean>;
}

interface KeyringModule {
  readonly AsyncEntry: new (service: string, account: string) => Entry;
}

const SERVICE = 'skill-engine';

/** `undefined` where the package is not installed or does not load. */
export async function systemKeyring(
  load: () => Promise<unknown> = () => import('@napi-rs/keyring' as string),
): Promise<Keyring | undefined> {
  let module: KeyringModule;
  try {
    module = (await load()) as KeyringModule;
    if (typeof module.AsyncEntry !== 'function') return undefined;
  } catch {
    return undefined;
  }
  const entry = (account: string) => new module.AsyncEntry(SERVICE, account);
  return {
    get: async (account) => {
      const found = await entry(account).getSecret();
      return found ? new Uint8Array(found) : undefined;
    },
    set: (account, key) => entry(account).setSecret(key),
    delete: async (account) => void (await entry(account).deleteCredential()),
  };
}

/** Whether a key can really be kept in it: a keyring without a session answers only when it is asked. */
export async function keeps(keyring: Keyring, account: string, key: Uint8Array): Promise<boolean> {
  try {
    await keyring.set(account, key);
    const found = await keyring.get(account);
    return found !== undefined && Buffer.compare(found, key) === 0;
  } catch {
    return false;
  }
}
