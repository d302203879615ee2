import { expect, it } from 'vitest';
import { lendCredentials } from './lend.ts';
import type { Secret } from './secret.ts';
import type { CredentialStore } from './store.ts';

it('overwrites the values that it took when a later one is missing', async () => {
  const taken: Uint8Array[] = [];
  const bytes = new TextEncoder().encode('a value');
  const secret = {
    use(work: (lent: Uint8Array) => Uint8Array) {
      const copy = work(bytes);
      taken.push(copy);
      return copy;
    },
    [Symbol.dispose]() {},
  } as unknown as Secret;
  const store = {
    get: ({ name }: { name: string }) => Promise.resolve(name === 'first' ? secret : undefined),
  } as unknown as CredentialStore;
  const granted = ['first', 'second'].map((name) => ({
    name,
    hosts: [['api.test.com']],
    exposure: 'placeholder' as const,
    places: ['header' as const],
  }));
  await expect(lendCredentials(store, 'skill', granted)).rejects.toMatchObject({
    code: 'CREDENTIAL_MISSING',
  });
  expect(taken.map((copy) => [...copy])).toEqual([Array(7).fill(0)]);
});
