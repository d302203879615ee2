import { expect, it } from 'vitest';

import { suggest } from './suggest.ts';

const known = [
  'allowed_domains',
  'allowed_ips',
  'allowed_ports',
  'protocols',
  'dns',
  'name',
  'min',
];

it.each([
  ['allowed_domain', 'allowed_domains'],
  ['allowedDomains', 'allowed_domains'],
  ['ALLOWED-IPS', 'allowed_ips'],
  ['protcols', 'protocols'],
  ['dsn', 'dns'],
  ['nаme', 'name'],
  ['na\u200bme', 'name'],
  ['prot', 'protocols'],
  ['minimum', 'min'],
  ['protocols_allowed', 'protocols'],
  ['zzz', undefined],
  ['', undefined],
  ['constructor', undefined],
  ['a'.repeat(10_000), undefined],
])('%s', (word, expected) => {
  expect(suggest(word, known)).toBe(expected);
});
