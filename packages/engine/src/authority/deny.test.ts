import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseManifest } from '../manifest/manifest.ts';
import { readCapabilities } from '../manifest/options.ts';
import {
  denyCredential,
  denyEnvironment,
  denyFilesystem,
  denyInterface,
  denyNetwork,
} from './deny.ts';
import { effective } from './effective.ts';
import { filterEnvironment } from './environment.ts';
import { filesystemAccess } from './filesystem.ts';
import { judgeAddress, judgeEndpoint, type Endpoint } from './network.ts';
import type { AuthorityParts, EffectiveAuthority } from './types.ts';

const places = { baseDir: '/base', home: '/home/op' };

/** A manifest with these sections after the skill's own keys. */
function authorityOf(sections: string, more: Partial<AuthorityParts> = {}): EffectiveAuthority {
  const text = `[[skills]]\nname = "a"\ncomponent = "a.wasm"\n${sections}\n`;
  const [skill] = parseManifest(text, { file: 'skill.toml' }).skills;
  if (skill === undefined) throw new Error('no skill');
  const { capabilities: declared, overrides } = skill;
  return effective({ declared, granted: 'declared', overrides, ...more }, places, 'skills');
}

const section = (name: string, body: string): string => `[skills.capabilities${name}]\n${body}\n`;
const lines = (allow: readonly string[]): string => allow.join('\n');

describe('denyFilesystem', () => {
  const sections = section(
    '.filesystem',
    'read = ["/data/input"]\nwrite = ["/data/output"]\nforbidden = ["/data/input/secret"]',
  );
  const authority = authorityOf(sections);

  it.each([
    ['/etc/passwd', 'read', 'FILESYSTEM_NOT_GRANTED', 'declared: no grant covers this path'],
    [
      '/data/input/a',
      'read-write',
      'FILESYSTEM_READ_ONLY',
      'declared: read = "/data/input" (skill.toml:5:9) gives no write access',
    ],
    [
      '/data/input/secret/a',
      'read',
      'FILESYSTEM_FORBIDDEN',
      'declared: forbidden = "/data/input/secret" (skill.toml:7:14)',
    ],
  ] as const)('%s for %s: %s', (path, access, code, rule) => {
    const denied = denyFilesystem(authority, { path, operation: 'open', access });
    expect(denied).toMatchObject({ code, rule, resource: path, operation: 'open', count: 1 });
  });

  it('shows the section as it has to be', () => {
    const denied = denyFilesystem(authority, {
      path: '/etc/hosts',
      operation: 'read',
      access: 'read',
    });
    expect(denied.allow).toEqual([
      '[skills.capabilities.filesystem]',
      'read = ["/data/input", "/etc/hosts"]',
      'write = ["/data/output"]',
      'forbidden = ["/data/input/secret"]',
    ]);
  });

  it('shows the section of overrides too, if they deny', () => {
    const both = authorityOf(`${sections}[skills.overrides]\nfilesystem = ["read:/data"]\n`);
    const denied = denyFilesystem(both, {
      path: '/data/output/a',
      operation: 'write',
      access: 'read-write',
    });
    expect(denied.rule).toBe('overrides: read = "/data" (skill.toml:9:15) gives no write access');
    expect(denied.allow).toEqual([
      '[skills.overrides.filesystem]',
      'read = ["/data"]',
      'write = ["/data/output/a"]',
    ]);
  });

  it('has no lines where no manifest can help', () => {
    const request = { path: '/data/input/a', operation: 'read', access: 'read' } as const;
    expect(denyFilesystem(authorityOf(sections, { granted: 'none' }), request)).toMatchObject({
      rule: 'granted: no grant covers this path',
      allow: [],
    });
    const ceiling = readCapabilities({}, 'ceiling');
    expect(denyFilesystem(authorityOf(sections, { ceiling }), request)).toMatchObject({
      rule: 'ceiling: no grant covers this path',
      allow: [],
    });
    for (const path of ['/a\nb', '/a*', '/a\\b', '/\ud800']) {
      expect(denyFilesystem(authority, { ...request, path }).allow).toEqual([]);
    }
  });

  const path = fc.constantFrom(
    '/',
    '/a',
    '/b',
    '/a/b',
    '/a/c',
    '/a/b/c',
    '/ab',
    '/base/x',
    '/home/op/y',
  );
  const written = fc.oneof(path, fc.constantFrom('x', '~/y', '/a/', '.', '~'));
  const list = fc.array(written, { maxLength: 3 });

  it('gives lines that allow it, and take nothing away', () => {
    const some = fc.record({
      read: list,
      write: list,
      forbidden: list,
      target: path,
      access: fc.constantFrom('read' as const, 'read-write' as const),
      table: fc.constantFrom('capabilities', 'overrides'),
    });
    const universe = [
      '/',
      '/a',
      '/b',
      '/a/b',
      '/a/c',
      '/a/b/c',
      '/a/b/c/d',
      '/ab',
      '/base/x',
      '/home/op/y',
    ];
    const order = ['none', 'read', 'read-write'];
    fc.assert(
      fc.property(some, ({ read, write, forbidden, target, access, table }) => {
        const body = `read = ${JSON.stringify(read)}\nwrite = ${JSON.stringify(write)}\nforbidden = ${JSON.stringify(forbidden)}`;
        const other = table === 'overrides' ? section('', 'filesystem = ["write:/"]') : '';
        const before = authorityOf(`${other}[skills.${table}.filesystem]\n${body}\n`);
        fc.pre(order.indexOf(filesystemAccess(before.filesystem, target)) < order.indexOf(access));
        const { allow } = denyFilesystem(before, { path: target, operation: 'x', access });
        const after = authorityOf(`${other}${lines(allow)}`);
        const rank = (one: EffectiveAuthority, at: string) =>
          order.indexOf(filesystemAccess(one.filesystem, at));
        expect(rank(after, target)).toBeGreaterThanOrEqual(order.indexOf(access));
        for (const at of universe) expect(rank(after, at)).toBeGreaterThanOrEqual(rank(before, at));
      }),
      { numRuns: 1500 },
    );
  });

  it('may be asked for the directory in which something was to be made', () => {
    const request = {
      path: '/new/file',
      operation: 'create',
      access: 'read-write',
      grant: '/new',
    } as const;
    const { allow } = denyFilesystem(authorityOf(''), request);
    expect(allow).toEqual(['[skills.capabilities.filesystem]', 'write = ["/new"]']);
    expect(filesystemAccess(authorityOf(lines(allow)).filesystem, '/new/file')).toBe('read-write');
  });
});

describe('denyNetwork', () => {
  const long = section('.network', 'allowed_domains = ["a.example"]');
  it.each([
    ['nothing declared', '', ['[skills.capabilities.network]', 'allowed_domains = ["b.example"]']],
    [
      'the long form',
      long,
      ['[skills.capabilities.network]', 'allowed_domains = ["a.example", "b.example"]'],
    ],
    [
      'the short form',
      section('', 'network = ["https://a.example"]'),
      ['[skills.capabilities]', 'network = ["https://a.example", "https://b.example"]'],
    ],
  ])('adds to %s', (_, sections, expected) => {
    const endpoint: Endpoint = { protocol: 'https', host: 'B.example.', port: 443 };
    const denied = denyNetwork(authorityOf(sections), endpoint);
    expect(denied.code).toBe('NETWORK_NOT_GRANTED');
    expect(denied.rule).toBe('declared: no rule names this host');
    expect(denied.allow.slice(0, 2)).toEqual(expected);
  });

  it.each([
    [{ protocol: 'https', host: 'a.example', port: 8443 }, undefined, 'NETWORK_PORT'],
    [{ protocol: 'http', host: 'a.example', port: 443 }, undefined, 'NETWORK_PROTOCOL'],
    [{ protocol: 'https', host: 'a.example', port: 443 }, '127.0.0.1', 'NETWORK_SPECIAL_ADDRESS'],
    [{ protocol: 'https', host: 'a b', port: 443 }, undefined, 'NETWORK_MALFORMED'],
  ] as const)('%j at %s: %s', (endpoint, address, code) => {
    expect(denyNetwork(authorityOf(long), endpoint, address).code).toBe(code);
  });

  it('names address and endpoint', () => {
    const endpoint: Endpoint = { protocol: 'tcp', host: '::1', port: 53 };
    expect(denyNetwork(authorityOf(''), endpoint).resource).toBe('tcp://[::1]:53');
    const named: Endpoint = { protocol: 'https', host: 'a.example', port: 443 };
    const denied = denyNetwork(authorityOf(long), named, '10.0.0.1');
    expect(denied.resource).toBe('https://a.example:443 (10.0.0.1)');
    expect(denied.rule).toContain('special (private)');
  });

  const host = fc.constantFrom(
    'a.example',
    'x.a.example',
    'b.example',
    '192.0.2.7',
    '10.0.0.1',
    '[::1]',
    '127.1',
  );
  const endpoint = fc.record({
    protocol: fc.constantFrom('https' as const, 'http' as const, 'tcp' as const, 'udp' as const),
    host,
    port: fc.constantFrom(80, 443, 53),
  });
  const longForm = fc
    .record({
      domains: fc.subarray(['a.example', '*.a.example', 'b.example']),
      ips: fc.subarray(['10.0.0.0/8', '0.0.0.0/0', '::1']),
      ports: fc.subarray([80, 443]),
      protocols: fc.subarray(['https', 'tcp']),
    })
    .map(({ domains, ips, ports, protocols }) => {
      const list = (value: unknown) => JSON.stringify(value);
      return `[skills.TABLE.network]\nallowed_domains = ${list(domains)}\nallowed_ips = ${list(ips)}\nallowed_ports = ${list(ports)}\nprotocols = ${list(protocols)}\ndns = "quad9"\n`;
    });
  const shortForm = fc
    .subarray([
      'https://a.example',
      'http://*.a.example:8080',
      'tcp://10.0.0.1:53',
      'udp://[::1]:53',
    ])
    .map((urls) => `[skills.TABLE]\nnetwork = ${JSON.stringify(urls)}\n`);

  it('gives lines that allow it', () => {
    const sections = fc.oneof(longForm, shortForm, fc.constant(''));
    const table = fc.constantFrom('capabilities', 'overrides');
    const reached = fc.option(fc.constantFrom('1.1.1.1', '10.0.0.1', '169.254.169.254'), {
      nil: undefined,
    });
    const open =
      'allowed_ips = ["0.0.0.0/0", "::/0", "10.0.0.0/8", "192.0.2.0/24", "127.0.0.0/8", "169.254.169.254", "::1"]';
    fc.assert(
      fc.property(sections, endpoint, reached, table, (text, target, resolved, where) => {
        const isName = target.host.endsWith('example');
        const other =
          where === 'overrides'
            ? section(
                '.network',
                `${open}\nallowed_domains = ["*.example", "a.example", "b.example"]\nallowed_ports = [80, 443, 53]\nprotocols = ["https", "http", "tcp", "udp"]`,
              )
            : '';
        const before = authorityOf(`${other}${text.replace('TABLE', where)}`);
        const address = isName ? resolved : undefined;
        const judge = (authority: EffectiveAuthority) =>
          address === undefined
            ? judgeEndpoint(authority.network, target)
            : judgeAddress(authority.network, target, address);
        fc.pre(judge(before).kind === 'denied');
        let after = before;
        // a name and then its address may be denied one after the other
        for (let round = 0; round < 2 && judge(after).kind === 'denied'; round += 1) {
          const { allow } = denyNetwork(after, target, address);
          after = authorityOf(`${other}${lines(allow)}`);
        }
        expect(judge(after).kind).not.toBe('denied');
      }),
      { numRuns: 1500 },
    );
  });
});

describe('denyEnvironment', () => {
  it.each([
    ['PATH', 'ENVIRONMENT_NOT_GRANTED', 'declared: no entry lists this name (skill.toml:4:22)'],
    [
      'APP_X',
      'ENVIRONMENT_NOT_GRANTED',
      'declared: a pattern with `!` removes this name (skill.toml:4:22)',
    ],
    ['APP_BAD', 'ENVIRONMENT_BLOCKED', 'declared: the blocklist has this name (skill.toml:4:22)'],
    [
      'APP_TOKEN',
      'ENVIRONMENT_SENSITIVE',
      'declared: a sensitive name passes only if the allowlist has it exactly (skill.toml:4:22)',
    ],
  ])('%s: %s', (name, code, rule) => {
    const authority = authorityOf(
      section('.environment', 'patterns = ["APP_*", "!*_X"]\nblocklist = ["*_BAD"]'),
    );
    expect(denyEnvironment(authority, name)).toMatchObject({ code, rule, resource: name });
  });

  it('has no lines for what is no name', () => {
    expect(denyEnvironment(authorityOf(''), 'A*').allow).toEqual([]);
    expect(denyEnvironment(authorityOf(''), 'A\nB').allow).toEqual([]);
  });

  it('gives lines that allow it', () => {
    const pattern = fc.constantFrom('A', 'A*', '*', 'B_TOKEN', '*TOKEN', 'B*');
    const rule = fc.record({
      allowlist: fc.array(pattern, { maxLength: 3 }),
      blocklist: fc.array(pattern, { maxLength: 2 }),
      patterns: fc.array(
        pattern.chain((text) => fc.constantFrom(text, `!${text}`)),
        { maxLength: 3 },
      ),
    });
    fc.assert(
      fc.property(rule, fc.constantFrom('A', 'AB', 'B_TOKEN'), (lists, name) => {
        const passes = (authority: EffectiveAuthority): boolean => {
          const rules = authority.environment.layers.map((layer) => layer.rule);
          return filterEnvironment(rules, { [name]: 'x' }).length === 1;
        };
        const body = Object.entries(lists).map(([key, list]) => `${key} = ${JSON.stringify(list)}`);
        const before = authorityOf(section('.environment', body.join('\n')));
        fc.pre(!passes(before));
        expect(passes(authorityOf(lines(denyEnvironment(before, name).allow)))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('interfaces and credentials', () => {
  it('give lines that allow them', () => {
    const declared = section('', 'interfaces = ["a:b/c"]');
    const denied = denyInterface(authorityOf(declared), 'app:db/query@1.0.0');
    expect(denied.code).toBe('INTERFACE_NOT_GRANTED');
    expect(authorityOf(lines(denied.allow)).interfaces).toEqual(['a:b/c', 'app:db/query@1.0.0']);

    const vault = authorityOf(
      section('.credentials', 'key = { hosts = ["a.example"], exposure = "guest" }'),
    );
    const used = denyCredential(vault, { name: 'key', host: 'b.example' });
    expect(used.code).toBe('CREDENTIAL_NOT_GRANTED');
    expect(authorityOf(lines(used.allow)).credentials).toEqual([
      { name: 'key', hosts: [['a.example', 'b.example']], exposure: 'guest', places: ['header'] },
    ]);
    const fresh = denyCredential(vault, { name: 'token', host: 'c.example' });
    expect(authorityOf(lines(fresh.allow)).credentials.map((entry) => entry.name)).toEqual([
      'key',
      'token',
    ]);
  });

  it('keep what stands there, and are those of the part that denies', () => {
    const declared = section(
      '.credentials',
      'key = { hosts = ["*.example"], description = "signs \\"it\\"" }',
    );
    const overrides =
      '[skills.overrides.credentials]\nkey = { hosts = ["a.example"], places = ["body"] }\n';
    const { allow } = denyCredential(authorityOf(declared + overrides), {
      name: 'key',
      host: 'B.example.',
    });
    expect(allow).toEqual([
      '[skills.overrides.credentials]',
      'key = { hosts = ["a.example", "b.example"], places = ["body"] }',
    ]);
    const fresh = denyCredential(authorityOf(declared), { name: 'key', host: 'c.test' });
    expect(fresh.allow[1]).toBe(
      'key = { hosts = ["*.example", "c.test"], description = "signs \\"it\\"" }',
    );
    const ungranted = denyCredential(authorityOf(declared), { name: 'key', host: 'a.example' });
    expect(ungranted).toMatchObject({ allow: [], rule: 'granted: not approved for this host' });
    const bare = denyCredential(authorityOf(declared), { name: 'key', host: '10.0.0.1' });
    expect(bare).toMatchObject({ allow: [], rule: 'credentials go to hosts with a name' });
  });
});
