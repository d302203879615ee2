import { describe, expect, it } from 'vitest';

import type { NetworkRule } from '../manifest/types.ts';
import { judgeAddress, judgeEndpoint, judgeLookup, judgeLookupAnswer } from './network.ts';
import type { EffectiveNetwork } from './types.ts';

const rule = (more: Partial<NetworkRule>): NetworkRule => ({
  domains: [],
  addresses: [],
  ports: [443],
  protocols: ['https'],
  ...more,
});

const network = (...layers: NetworkRule[][]): EffectiveNetwork => ({
  layers: layers.map((rules, index) => ({ part: index === 0 ? 'declared' : 'granted', rules })),
  dns: 'system',
});

const https = (host: string, port = 443) => ({ protocol: 'https', host, port }) as const;
const outcome = (verdict: { readonly kind: string; readonly reason?: string }): string =>
  verdict.kind === 'denied' ? (verdict.reason ?? '') : verdict.kind;

describe('names (NET-07, NET-17, NET-18)', () => {
  const granted = network([
    rule({ domains: ['api.example.com', '*.cdn.example'] }),
    rule({ domains: ['api.example.com'], ports: [80], protocols: ['http'] }),
  ]);
  it.each([
    [https('api.example.com'), 'resolve'],
    [https('API.EXAMPLE.COM.'), 'resolve'],
    [https('ａｐｉ.example.com'), 'resolve'],
    [https('a.b.cdn.example'), 'resolve'],
    [https('cdn.example'), 'host'],
    [https('evilcdn.example'), 'host'],
    [https('api.example.com.evil.com'), 'host'],
    [https('evil.com'), 'host'],
    [https('api.example.com', 22), 'port'],
    [https('api.example.com', 0), 'malformed'],
    [https('api.example.com', 65_536), 'malformed'],
    [https('api.example.com', 443.5), 'malformed'],
    [{ protocol: 'http', host: 'api.example.com', port: 80 } as const, 'resolve'],
    [{ protocol: 'http', host: 'api.example.com', port: 443 } as const, 'port'],
    [{ protocol: 'tcp', host: 'api.example.com', port: 443 } as const, 'protocol'],
    [https('user@api.example.com'), 'malformed'],
    [https('api.example.com/'), 'malformed'],
    [https(''), 'malformed'],
    [https('1.1.1.1'), 'host'],
    [https('127.1'), 'host'],
  ])('%j: %s', (endpoint, expected) => {
    expect(outcome(judgeEndpoint(granted, endpoint))).toBe(expected);
  });

  it('are resolved in their normal form', () => {
    expect(judgeEndpoint(granted, https('API.Example.com.'))).toEqual({
      kind: 'resolve',
      host: 'api.example.com',
    });
  });

  it('are refused where there is no rule, or no layer at all', () => {
    expect(outcome(judgeEndpoint(network([]), https('api.example.com')))).toBe('host');
    expect(outcome(judgeEndpoint({ layers: [], dns: 'system' }, https('a.b')))).toBe('host');
    expect(outcome(judgeLookup({ layers: [], dns: 'system' }, 'a.b'))).toBe('host');
  });

  it('have to pass every layer', () => {
    const both = network(
      [rule({ domains: ['*.example.com'] })],
      [rule({ domains: ['a.example.com'] })],
    );
    expect(outcome(judgeEndpoint(both, https('a.example.com')))).toBe('resolve');
    expect(judgeEndpoint(both, https('b.example.com'))).toMatchObject({ reason: 'host', layer: 1 });
  });
});

describe('addresses (NET-05, NET-09, NET-19, NET-20)', () => {
  const byName = network([rule({ domains: ['api.example.com'] })]);
  const byBlock = network([rule({ addresses: ['10.0.0.0/8', '192.0.2.0/24', '1.1.1.0/24'] })]);
  const everything = network([rule({ addresses: ['0.0.0.0/0', '::/0'] })]);

  it.each([
    ['1.1.1.1', 'connect'],
    ['127.0.0.1', 'special'],
    ['10.0.0.1', 'special'],
    ['169.254.169.254', 'special'],
    ['::1', 'special'],
    ['::ffff:127.0.0.1', 'special'],
    ['64:ff9b::7f00:1', 'special'],
    ['fd00:ec2::254', 'special'],
    ['2606:4700::1111', 'connect'],
    ['not an address', 'malformed'],
    ['127.1', 'malformed'],
  ])('a granted name at %s: %s', (address, expected) => {
    expect(outcome(judgeAddress(byName, https('api.example.com'), address))).toBe(expected);
  });

  it.each([
    ['10.1.2.3', 'connect'],
    ['::ffff:10.1.2.3', 'connect'],
    ['192.0.2.9', 'connect'],
    ['1.1.1.1', 'connect'],
    ['1.1.2.1', 'host'],
    ['127.0.0.1', 'host'],
  ])('any name at the granted block, %s: %s', (address, expected) => {
    expect(judgeEndpoint(byBlock, https('any.example'))).toEqual({
      kind: 'resolve',
      host: 'any.example',
    });
    expect(outcome(judgeAddress(byBlock, https('any.example'), address))).toBe(expected);
  });

  it.each(['127.0.0.1', '10.0.0.1', '169.254.169.254', '100.100.100.200', '::1', 'fd00:ec2::254'])(
    'a block of everything does not name %s',
    (address) => {
      expect(outcome(judgeEndpoint(everything, https(address)))).toBe('special');
    },
  );

  it.each(['127.1', '0', '2130706433', '0x7f000001', '017700000001', '127.0.0.1.'])(
    'the host %s is judged as an address',
    (host) => {
      expect(outcome(judgeEndpoint(everything, https(host)))).toBe('special');
    },
  );

  it('given as host are allowed at once, and no other address for them', () => {
    expect(judgeEndpoint(byBlock, https('10.0.0.1'))).toEqual({
      kind: 'connect',
      address: '10.0.0.1',
    });
    expect(outcome(judgeAddress(byBlock, https('10.0.0.1'), '10.0.0.2'))).toBe('malformed');
  });

  it('need a layer-wide agreement on special ones', () => {
    const layers = network(
      [rule({ domains: ['db.internal'], addresses: ['10.0.0.0/8'] })],
      [rule({ domains: ['db.internal'] })],
    );
    expect(judgeAddress(layers, https('db.internal'), '10.0.0.1')).toEqual({
      kind: 'denied',
      reason: 'special',
      layer: 1,
      special: 'private',
    });
  });
});

describe('lookups', () => {
  const granted = network([rule({ domains: ['api.example.com'] })]);
  const silent = network([rule({ domains: ['api.example.com'], ports: [] })]);
  it('are decisions of their own', () => {
    expect(outcome(judgeLookup(granted, 'api.example.com'))).toBe('resolve');
    expect(outcome(judgeLookup(granted, 'secret-data.evil.com'))).toBe('host');
    expect(outcome(judgeLookup(granted, 'a b'))).toBe('malformed');
    expect(outcome(judgeLookup(granted, '10.0.0.1'))).toBe('host');
    expect(outcome(judgeLookup(silent, 'api.example.com'))).toBe('host');
    expect(outcome(judgeLookupAnswer(granted, 'api.example.com', '1.1.1.1'))).toBe('connect');
    expect(outcome(judgeLookupAnswer(granted, 'api.example.com', '10.0.0.1'))).toBe('special');
    expect(outcome(judgeLookupAnswer(granted, 'api.example.com', 'x'))).toBe('malformed');
  });
});
