/** What every credential store promises; run on each, also on stores of embedders. */
import { Secret } from './secret.ts';
import type { CredentialStore } from './store.ts';

/** One promise of every credential store. */
export interface CredentialContractCase {
  /** What is promised. */
  readonly title: string;
  /** Throws when the store, empty at the start, does not keep the promise. */
  readonly run: (store: CredentialStore) => Promise<void>;
}

const entry = { skill: 'reports', name: 'api_token' };

function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

async function textOf(store: CredentialStore, one = entry): Promise<string | undefined> {
  using secret = await store.get(one);
  return secret?.use((bytes) => new TextDecoder().decode(bytes));
}

async function set(store: CredentialStore, text: string, one = entry): Promise<void> {
  using secret = Secret.fromText(text);
  await store.set(one, secret);
}

async function code(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

/**
 * What every {@link CredentialStore} has to do: cases for any test runner, each of which rejects where the store falls
 * short.
 */
export const credentialStoreContract: readonly CredentialContractCase[] = [
  {
    title: 'has nothing at first',
    async run(store) {
      assert((await store.get(entry)) === undefined, 'get gave something');
      assert((await store.list()).length === 0, 'list gave something');
      assert(!(await store.delete(entry)), 'delete found something');
    },
  },
  {
    title: 'gives back exactly the bytes that were set',
    async run(store) {
      const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
      await store.set(entry, new Secret(bytes.slice()));
      using secret = await store.get(entry);
      const same = secret?.use((found) => found.every((byte, at) => byte === bytes[at]));
      assert(same === true && secret?.length === 256, 'other bytes came back');
    },
  },
  {
    title: 'replaces a value, and forgets a deleted one',
    async run(store) {
      await set(store, 'first');
      await set(store, 'second');
      assert((await textOf(store)) === 'second', 'the old value is still there');
      assert(await store.delete(entry), 'delete found nothing');
      assert((await textOf(store)) === undefined, 'the deleted value is still there');
    },
  },
  {
    title: 'keeps skills and names apart, exactly',
    async run(store) {
      await set(store, 'a', { skill: 'a', name: 'bc' });
      await set(store, 'b', { skill: 'a"', name: 'bc' });
      await set(store, 'c', { skill: 'A', name: 'bc' });
      await set(store, 'd', { skill: '__proto__', name: 'constructor' });
      assert((await textOf(store, { skill: 'a', name: 'bc' })) === 'a', 'mixed up');
      assert(
        (await textOf(store, { skill: '__proto__', name: 'constructor' })) === 'd',
        'mixed up',
      );
      assert((await textOf(store, { skill: 'a', name: 'toString' })) === undefined, 'inherited');
      assert((await textOf(store, { skill: 'a', name: 'BC' })) === undefined, 'another case');
      const names = (await store.list()).map(({ skill }) => skill).join(' ');
      assert(names === 'A __proto__ a a"', `listed as ${names}`);
      assert((await store.list('a')).length === 1, 'list of one skill has others');
    },
  },
  {
    title: 'takes a copy: what the caller wipes stays kept',
    async run(store) {
      const secret = Secret.fromText('kept');
      await store.set(entry, secret);
      secret.wipe();
      (await store.get(entry))?.wipe();
      assert((await textOf(store)) === 'kept', 'the value went with the copy');
    },
  },
  {
    title: 'refuses names that no manifest can have, and values of no or too many bytes',
    async run(store) {
      for (const name of ['', '../a', '*', '__proto__', 'a b', 'a'.repeat(65)]) {
        const found = await code(() => set(store, 'x', { skill: 's', name }));
        assert(found === 'INVALID_OPTIONS', `${name} was accepted`);
      }
      assert((await code(() => set(store, ''))) === 'INVALID_OPTIONS', 'an empty value');
      assert((await code(() => set(store, 'x'.repeat(65_537)))) === 'INVALID_OPTIONS', 'too large');
    },
  },
];
