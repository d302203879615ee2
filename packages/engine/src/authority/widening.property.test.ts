/** Attackers of the algebra: parts that try to give more than was declared, and hashes that should tell or not tell. */
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CapabilityRestriction, DeclaredCapabilities } from '../manifest/types.ts';
import { effective, noCapabilities } from './effective.ts';
import { filesystemAccess } from './filesystem.ts';
import { hashAuthority } from './hash.ts';
import type { AuthorityParts, EffectiveAuthority } from './types.ts';

const places = { baseDir: '/base', home: '/home/ada' };
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const everything: CapabilityRestriction = {
  filesystem: { grants: [{ path: '/', access: 'read-write' }], forbidden: [] },
  network: {
    rules: [
      { domains: ['*.test'], addresses: ['0.0.0.0/0'], ports: [443], protocols: ['https', 'tcp'] },
    ],
    dns: undefined,
  },
  environment: { allowlist: ['A', 'A_TOKEN'], blocklist: [], patterns: ['*'] },
  credentials: [{ name: 'key', hosts: ['*.test'], exposure: 'guest', places: ['header'] }],
  interfaces: [{ name: 'app:db/query' }, { name: 'app:db/admin' }],
  volumes: [{ hostPath: '/', guestPath: '/host', access: 'read-write' }],
};

const declared: DeclaredCapabilities = {
  ...noCapabilities,
  filesystem: {
    grants: [{ path: '/data', access: 'read' }],
    forbidden: [{ path: '/data/keys' }],
  },
  credentials: [{ name: 'key', hosts: ['api.test'], exposure: 'placeholder', places: ['header'] }],
  interfaces: [{ name: 'app:db/query' }],
};

describe('a part that gives everything', () => {
  it.each<readonly [string, Partial<AuthorityParts>]>([
    ['overrides', { overrides: everything }],
    ['the grant', { granted: everything }],
    ['the ceiling', { ceiling: everything }],
    ['all three', { overrides: everything, granted: everything, ceiling: everything }],
  ])('%s add nothing to what is declared', (_which, parts) => {
    const authority = effective({ declared, granted: 'declared', ...parts }, places);
    const { filesystem, network, environment, credentials, interfaces, volumes } = authority;
    expect(filesystem.grants).toEqual([{ path: '/data', access: 'read' }]);
    expect(filesystem.forbidden).toEqual(['/data/keys']);
    // An area stays closed as long as one layer of it has no rule.
    expect(network.layers.some(({ rules }) => rules.length === 0)).toBe(true);
    expect(
      environment.layers.some(({ rule }) => rule.allowlist.length + rule.patterns.length === 0),
    ).toBe(true);
    expect(credentials).toMatchObject([{ name: 'key', exposure: 'placeholder' }]);
    expect(credentials[0]!.hosts).toContainEqual(['api.test']);
    expect(interfaces).toEqual(['app:db/query']);
    expect(volumes).toEqual([]);
  });

  it('gives nothing where nothing is granted', () => {
    const { filesystem, interfaces, credentials } = effective(
      { declared, granted: 'none', overrides: everything, ceiling: everything },
      places,
    );
    expect({ grants: filesystem.grants, interfaces, credentials }).toEqual({
      grants: [],
      interfaces: [],
      credentials: [],
    });
  });
});

it.each([
  ['/data-secret', 'none'],
  ['/dat', 'none'],
  ['/Data', 'none'],
  ['/DATA/x', 'none'],
  ['/dаta/x', 'none'],
  ['/data/keys', 'none'],
  ['/data/keys/deep/x', 'none'],
  ['/data/keys-of-others', 'read'],
  ['/data/x', 'read'],
])('path prefixes, case and look-alikes: %s gets %s', (path, expected) => {
  const { filesystem } = effective({ declared, granted: 'declared' }, places);
  expect(filesystemAccess(filesystem, path)).toBe(expected);
});

const grant = fc.record({
  path: fc.constantFrom('/a', '/a/b', '/a/b/c', '/ab', '/b'),
  access: fc.constantFrom('read' as const, 'read-write' as const),
});
const credential = fc.record({
  name: fc.constantFrom('one', 'two'),
  hosts: fc
    .uniqueArray(fc.constantFrom('a.test', 'b.test', '*.test'), { minLength: 1 })
    .map((list) => list.toSorted()),
  exposure: fc.constantFrom('placeholder' as const, 'guest' as const),
  places: fc.constant(['header' as const]),
});
const asked = fc.record({
  grants: fc.uniqueArray(grant, { maxLength: 5, selector: ({ path }) => path }),
  forbidden: fc.uniqueArray(fc.constantFrom('/a/b', '/b'), { maxLength: 2 }),
  credentials: fc.uniqueArray(credential, { maxLength: 2, selector: ({ name }) => name }),
  names: fc.uniqueArray(fc.constantFrom('A', 'B', 'C_TOKEN'), { maxLength: 3 }),
  domains: fc.uniqueArray(fc.constantFrom('a.test', 'b.test', 'c.test'), { maxLength: 3 }),
});

type Asked = typeof asked extends fc.Arbitrary<infer Value> ? Value : never;

function authorityOf(one: Asked, turned: boolean): EffectiveAuthority {
  const order = <T>(list: readonly T[]): readonly T[] => (turned ? list.toReversed() : list);
  const capabilities: DeclaredCapabilities = {
    ...noCapabilities,
    filesystem: {
      grants: order(one.grants),
      forbidden: order(one.forbidden.map((path) => ({ path }))),
    },
    network: {
      rules: [
        {
          domains: order(one.domains),
          addresses: [],
          ports: order([80, 443]),
          protocols: ['https'],
        },
      ],
      dns: undefined,
    },
    environment: { allowlist: order(one.names), blocklist: [], patterns: [] },
    credentials: order(one.credentials),
  };
  return effective({ declared: capabilities, granted: 'declared' }, places);
}

it('one authority has one hash, in whatever order it is written', () => {
  fc.assert(
    fc.property(asked, (one) => {
      const hashes = [false, true].map((turned) => hashAuthority(authorityOf(one, turned), sha256));
      expect(hashes[0]).toBe(hashes[1]);
      expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
    }),
  );
});

it('two authorities that decide differently about a path have different hashes', () => {
  fc.assert(
    fc.property(asked, asked, (one, other) => {
      const [a, b] = [
        authorityOf(one, false),
        authorityOf({ ...one, grants: other.grants }, false),
      ];
      const differ = ['/a', '/a/x', '/a/b', '/a/b/c', '/ab', '/b'].some(
        (path) => filesystemAccess(a.filesystem, path) !== filesystemAccess(b.filesystem, path),
      );
      const sameHash = hashAuthority(a, sha256) === hashAuthority(b, sha256);
      expect(differ && sameHash).toBe(false);
    }),
    { numRuns: 1000 },
  );
});

it('a credential never reaches a host that one part leaves out, and is never exposed unless all say so', () => {
  fc.assert(
    fc.property(asked, asked, (one, other) => {
      const { credentials } = effective(
        {
          declared: { ...noCapabilities, credentials: one.credentials },
          granted: { credentials: other.credentials },
        },
        places,
      );
      for (const found of credentials) {
        const parts = [one, other].map(({ credentials: all }) =>
          all.find(({ name }) => name === found.name),
        );
        for (const part of parts) {
          expect(part).toBeDefined();
          expect(found.hosts).toContainEqual(part!.hosts);
        }
        const all = parts.every((part) => part?.exposure === 'guest');
        expect(found.exposure === 'guest').toBe(all);
      }
    }),
  );
});
