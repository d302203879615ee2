import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { keeps, systemKeyring } from './keyring.ts';

/** What the package is asked for, and a keyring in memory behind it. */
function fake(kept = new Map<string, Uint8Array>()) {
  const asked: unknown[][] = [];
  class AsyncEntry {
    readonly #account: string;
    constructor(...args: [string, string, unknown]) {
      asked.push(args);
      this.#account = args[1];
    }
    getSecret = async () => kept.get(this.#account) ?? null;
    setSecret = async (secret: Uint8Array) => void kept.set(this.#account, secret.slice());
    deleteCredential = async () => kept.delete(this.#account);
  }
  return { asked, load: async () => ({ AsyncEntry }) };
}

it('a key is never kept in the memory of the kernel, where the next start of the machine would lose it', async () => {
  const { asked, load } = fake();
  const keyring = await systemKeyring(load);
  await keyring!.set('a', new Uint8Array(32).fill(7));
  expect(await keyring!.get('a')).toEqual(new Uint8Array(32).fill(7));
  await keyring!.delete('a');
  expect(await keyring!.get('a')).toBeUndefined();
  expect(asked.length).toBeGreaterThan(3);
  for (const [service, , options] of asked) {
    expect(service).toBe('skill-engine');
    expect(options).toEqual({ linux: { store: 'secret-service' } });
  }
});

it('a keyring that takes a key and has it not, or another one, keeps nothing', async () => {
  const key = new Uint8Array(32).fill(7);
  const keyring = {
    get: async (): Promise<Uint8Array | undefined> => undefined,
    set: async () => undefined,
    delete: async () => undefined,
  };
  expect(await keeps(keyring, 'a', key)).toBe(false);
  keyring.get = async () => key.slice(1);
  expect(await keeps(keyring, 'a', key)).toBe(false);
  keyring.get = () => Promise.reject(new Error('locked'));
  expect(await keeps(keyring, 'a', key)).toBe(false);
  keyring.get = async () => key.slice();
  expect(await keeps(keyring, 'a', key)).toBe(true);
});

it('the package is an optional peer: absent, not loading or of another form, there is no keyring', async () => {
  expect(await systemKeyring(() => Promise.reject(new Error('no such package')))).toBeUndefined();
  expect(await systemKeyring(async () => ({}))).toBeUndefined();
  const said = JSON.parse(readFileSync('packages/engine/package.json', 'utf8')) as Record<
    'peerDependencies' | 'peerDependenciesMeta',
    Record<string, unknown>
  >;
  expect(said.peerDependencies['@napi-rs/keyring']).toBe('>=2.1.0');
  expect(said.peerDependenciesMeta['@napi-rs/keyring']).toEqual({ optional: true });
});
