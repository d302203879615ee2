import { expect, it } from 'vitest';
import { findOffer } from './find.ts';
import type { Offer, Offers } from './offer.ts';

const offers = (versions: readonly string[]): Offers =>
  new Map(
    versions.map((version): [string, Offer] => {
      const name = version === '' ? 'app:db/query' : `app:db/query@${version}`;
      return [name, { name, types: [], functions: new Map() }];
    }),
  );

it.each<[imported: string, offered: string[], answers: string | undefined]>([
  ['1.0.0', ['1.0.3'], '1.0.3'],
  ['1.0.3', ['1.0.0'], '1.0.0'],
  ['1.2.0', ['1.0.3', '1.10.0', '1.9.0', '2.0.0'], '1.10.0'],
  ['1.2.0', ['1.10.0', '1.2.0'], '1.2.0'],
  ['0.2.1', ['0.2.7', '0.3.0', '1.0.0'], '0.2.7'],
  ['0.0.1', ['0.0.1'], '0.0.1'],
  ['0.0.1', ['0.0.2'], undefined],
  ['0.2.0', ['0.3.0'], undefined],
  ['1.0.0', ['2.0.0', '0.9.0'], undefined],
  ['1.0.0-rc.1', ['1.0.0', '1.0.0-rc.2'], undefined],
  ['1.0.0', ['1.0.0-rc.1'], undefined],
  ['1.0.0', [''], undefined],
])('an import of %s among %j is answered by %s', (imported, offered, answers) => {
  const name = answers === undefined ? undefined : `app:db/query@${answers}`;
  expect(findOffer(offers(offered), `app:db/query@${imported}`)?.name).toBe(name);
});

it('neither without a version, nor of another interface', () => {
  expect(findOffer(offers(['1.0.0']), 'app:db/query')).toBeUndefined();
  expect(findOffer(offers(['1.0.0']), 'app:db/other@1.0.0')).toBeUndefined();
  expect(findOffer(offers(['1.0.0']), 'app:db/query@latest')).toBeUndefined();
});
