import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import type { CapabilityRestriction, DeclaredCapabilities } from '../manifest/types.ts';
import { effective, noCapabilities } from './effective.ts';
import { filterEnvironment } from './environment.ts';
import { filesystemAccess, type Access } from './filesystem.ts';
import { judgeAddress } from './network.ts';

/** The naive models below share no code with the implementation. */
const names = ['a', 'b', 'ab'];
const paths = [
  '/',
  ...names.map((one) => `/${one}`),
  ...names.flatMap((one) => names.map((two) => `/${one}/${two}`)),
  ...names.map((three) => `/a/b/${three}`),
];
const path = fc.constantFrom(...paths);
const variables = ['A', 'AB', 'A_TOKEN', 'B', 'B_TOKEN'];
const pattern = fc.constantFrom('A', 'A*', 'B', '*', '*_TOKEN', 'A_TOKEN');
const hosts = ['a.test', 'x.a.test', 'b.test'];
const addresses = ['1.1.1.1', '8.8.8.8', '10.0.0.1', '127.0.0.1'];

const capabilities: fc.Arbitrary<DeclaredCapabilities> = fc.record({
  filesystem: fc.record({
    grants: fc.array(
      fc.record({ path, access: fc.constantFrom('read' as const, 'read-write' as const) }),
      {
        maxLength: 5,
      },
    ),
    forbidden: fc.array(fc.record({ path }), { maxLength: 2 }),
  }),
  network: fc.record({
    rules: fc.array(
      fc.record({
        domains: fc.uniqueArray(fc.constantFrom('a.test', '*.a.test', 'b.test'), { maxLength: 2 }),
        addresses: fc.uniqueArray(
          fc.constantFrom('1.1.1.0/24', '0.0.0.0/0', '10.0.0.0/8', '127.0.0.1/32'),
          {
            maxLength: 2,
          },
        ),
        ports: fc.uniqueArray(fc.constantFrom(80, 443), { maxLength: 2 }),
        protocols: fc.uniqueArray(fc.constantFrom('https' as const, 'tcp' as const), {
          maxLength: 2,
        }),
      }),
      { maxLength: 2 },
    ),
    dns: fc.constant(undefined),
  }),
  environment: fc.record({
    allowlist: fc.array(pattern, { maxLength: 2 }),
    blocklist: fc.array(pattern, { maxLength: 1 }),
    patterns: fc.array(
      fc.tuple(fc.boolean(), pattern).map(([negated, text]) => (negated ? `!${text}` : text)),
      { maxLength: 3 },
    ),
  }),
  credentials: fc.constant([]),
  interfaces: fc
    .uniqueArray(fc.constantFrom('a:b/c', 'a:b/d'), { maxLength: 2 })
    .map((list) => list.map((name) => ({ name }))),
  volumes: fc.constant([]),
});

const restriction: fc.Arbitrary<CapabilityRestriction> = fc
  .tuple(capabilities, fc.subarray(['filesystem', 'network', 'environment', 'interfaces'] as const))
  .map(([all, areas]) => Object.fromEntries(areas.map((area) => [area, all[area]])));

const parts = fc.record({
  declared: capabilities,
  granted: fc.oneof(fc.constantFrom('declared' as const, 'none' as const), restriction),
  overrides: fc.option(restriction, { nil: undefined }),
  ceiling: fc.option(restriction, { nil: undefined }),
});

type Parts = typeof parts extends fc.Arbitrary<infer T> ? T : never;

function restrictions({ declared, granted, overrides, ceiling }: Parts): CapabilityRestriction[] {
  const middle = granted === 'declared' ? [] : [granted === 'none' ? noCapabilities : granted];
  return [declared, ...middle, overrides ?? {}, ceiling ?? {}];
}

const order: Access[] = ['none', 'read', 'read-write'];
const ancestors = (of: string): string[] => {
  const steps = of.split('/').filter((step) => step !== '');
  return ['/', ...steps.map((_, index) => `/${steps.slice(0, index + 1).join('/')}`)];
};

function naiveAccess(part: CapabilityRestriction, target: string): number {
  if (part.filesystem === undefined) return 2;
  const { grants, forbidden } = part.filesystem;
  const above = ancestors(target);
  if (forbidden.some((entry) => above.includes(entry.path))) return 0;
  for (const ancestor of above.toReversed()) {
    const here = grants.filter((grant) => grant.path === ancestor);
    if (here.length > 0) return Math.max(...here.map((grant) => order.indexOf(grant.access)));
  }
  return 0;
}

function naiveEnvironment(part: CapabilityRestriction, name: string): boolean {
  if (part.environment === undefined) return true;
  const matches = (text: string): boolean =>
    new RegExp(`^${text.replaceAll('*', '.*')}$`).test(name);
  let passes = part.environment.allowlist.some((text) => matches(text));
  for (const text of part.environment.patterns) {
    if (text.startsWith('!') ? matches(text.slice(1)) : matches(text))
      passes = !text.startsWith('!');
  }
  const exact = part.environment.allowlist.some((text) => text === name);
  return (
    passes &&
    !part.environment.blocklist.some((text) => matches(text)) &&
    (!name.includes('TOKEN') || exact)
  );
}

function naiveNetwork(
  part: CapabilityRestriction,
  host: string,
  address: string,
  port: number,
): boolean {
  if (part.network === undefined) return true;
  const inside: Readonly<Record<string, string[]>> = {
    '1.1.1.0/24': ['1.1.1.1'],
    '0.0.0.0/0': addresses,
    '10.0.0.0/8': ['10.0.0.1'],
    '127.0.0.1/32': ['127.0.0.1'],
  };
  return part.network.rules.some((rule) => {
    if (!rule.protocols.includes('https') || !rule.ports.includes(port)) return false;
    const byName = rule.domains.some(
      (text) => text === host || (text === '*.a.test' && host === 'x.a.test'),
    );
    const byAddress = rule.addresses.filter((block) => inside[block]?.includes(address));
    const isPublic = address === '1.1.1.1' || address === '8.8.8.8';
    return (
      (byName || byAddress.length > 0) &&
      (isPublic || byAddress.some((block) => block !== '0.0.0.0/0'))
    );
  });
}

it('gives at every path exactly the least of what the parts give', () => {
  fc.assert(
    fc.property(parts, path, (given, target) => {
      const authority = effective(given, { baseDir: '/base' });
      const least = Math.min(...restrictions(given).map((part) => naiveAccess(part, target)));
      expect(filesystemAccess(authority.filesystem, target)).toBe(order[least]);
    }),
    { numRuns: 3000 },
  );
});

it('passes exactly the variables that every part passes', () => {
  fc.assert(
    fc.property(parts, (given) => {
      const rules = effective(given, { baseDir: '/base' }).environment.layers.map(
        (layer) => layer.rule,
      );
      const env = Object.fromEntries(variables.map((name) => [name, 'x']));
      const expected = variables.filter((name) =>
        restrictions(given).every((part) => naiveEnvironment(part, name)),
      );
      expect(filterEnvironment(rules, env).map(([name]) => name)).toEqual(expected);
    }),
    { numRuns: 3000 },
  );
});

it('allows exactly the connections that every part allows', () => {
  const target = fc.record({
    host: fc.constantFrom(...hosts),
    address: fc.constantFrom(...addresses),
    port: fc.constantFrom(80, 443),
  });
  fc.assert(
    fc.property(parts, target, (given, { host, address, port }) => {
      const { network } = effective(given, { baseDir: '/base' });
      const expected = restrictions(given).every((part) => naiveNetwork(part, host, address, port));
      const verdict = judgeAddress(network, { protocol: 'https', host, port }, address);
      expect(verdict.kind === 'connect').toBe(expected);
    }),
    { numRuns: 3000 },
  );
});

it('has only the interfaces that every part has', () => {
  fc.assert(
    fc.property(parts, (given) => {
      const all = restrictions(given).map((part) => part.interfaces?.map((entry) => entry.name));
      const expected = ['a:b/c', 'a:b/d'].filter((name) =>
        all.every((list) => list?.includes(name) ?? true),
      );
      expect(effective(given, { baseDir: '/base' }).interfaces).toEqual(expected);
    }),
  );
});
