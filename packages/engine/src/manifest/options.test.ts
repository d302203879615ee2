import { describe, expect, it } from 'vitest';

import { readCapabilities, readRestriction } from './options.ts';

describe('capabilities as values', () => {
  it('are closed where they say nothing', () => {
    expect(readCapabilities({ filesystem: ['read:/data'] }, 'ceiling')).toEqual({
      filesystem: {
        grants: [{ path: '/data', access: 'read', source: expect.anything() }],
        forbidden: [],
      },
      network: { rules: [], dns: undefined },
      environment: { allowlist: [], blocklist: [], patterns: [] },
      credentials: [],
      interfaces: [],
      volumes: [],
    });
  });

  it('restrict nothing where they say nothing, as a restriction', () => {
    expect(readRestriction({ network: 'none' }, 'overrides')).toEqual({
      network: { rules: [], dns: undefined },
    });
  });

  it('give nothing by inheritance', () => {
    const inherited = Object.create({ filesystem: ['read:/'], network: ['https://evil.example'] });
    expect(readCapabilities(inherited, 'ceiling').filesystem.grants).toEqual([]);
    const own = JSON.parse('{"__proto__": {"filesystem": ["read:/"]}}') as unknown;
    expect(() => readCapabilities(own, 'ceiling')).toThrow(
      'ceiling:1:1: __proto__: found the unknown key "__proto__"',
    );
  });

  it.each([
    ['null', null],
    ['an array', []],
    ['a text', 'all'],
    ['an unknown key', { filesytem: [] }],
    ['a null area', { filesystem: null }],
    ['a number in a list', { filesystem: [5] }],
    ['NaN as a port', { network: { allowed_domains: ['a.b'], allowed_ports: [Number.NaN] } }],
    ['a function', { environment: () => ['*'] }],
  ])('refuse %s', (_, value) => {
    expect(() => readCapabilities(value, 'ceiling')).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTIONS' }),
    );
  });

  it('end at a bounded depth', () => {
    const cycle: Record<string, unknown> = {};
    cycle['filesystem'] = cycle;
    expect(() => readCapabilities(cycle, 'ceiling')).toThrow('unknown key "filesystem"');
  });
});
