/** The operating system's keyring, through `@napi-rs/keyring` where that is installed: an optional peer dependency. */
import { createRequire } from 'node:module';
import { gte } from 'semver';

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
  readonly AsyncEntry: new (
    service: string,
    account: string,
    options: { readonly linux: { readonly store: 'secret-service' } },
  ) => Entry;
}

const PACKAGE = '@napi-rs/keyring';
const SERVICE = 'skill-engine';

/** The first that can be kept from the kernel's keyring; also in package.json. */
const OLDEST = '2.1.0';

async function loadPackage(): Promise<unknown> {
  const require = createRequire(import.meta.url);
  const { version } = require(`${PACKAGE}/package.json`) as { version: string };
  return gte(version, OLDEST) ? import(PACKAGE as string) : {};
}

/**
 * `undefined` where the package is not installed, is too old or does not load.
 *
 * On Linux the Secret Service alone (GNOME Keyring, KWallet, …): without one the package would fall back to the kernel's
 * keyring, which is in memory, and everything in the vault would be lost with the next start of the machine.
 */
export async function systemKeyring(
  load: () => Promise<unknown> = loadPackage,
): Promise<Keyring | undefined> {
  let module: KeyringModule;
  try {
    module = (await load()) as KeyringModule;
    if (typeof module.AsyncEntry !== 'function') return undefined;
  } catch {
    return undefined;
  }
  const entry = (account: string) =>
    new module.AsyncEntry(SERVICE, account, { linux: { store: 'secret-service' } });
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
