import { describe, expect, it } from 'vitest';

import { readCapabilities, readRestriction } from '../manifest/options.ts';
import { effective } from './effective.ts';
import { describeAuthority, hashAuthority } from './hash.ts';
import type { AuthorityParts } from './types.ts';

const places = { baseDir: '/skills/one', home: '/home/op' };
const declared = readCapabilities(
  {
    filesystem: { read: ['data', '~/notes'], write: ['/out'], forbidden: ['~/notes/private'] },
    network: { allowed_domains: ['*.example.com'], dns: 'https://dns.example/q' },
    environment: { allowlist: ['TERM'], patterns: ['APP_*'] },
    credentials: { token: { hosts: ['a.example.com'] }, key: { exposure: 'guest' } },
    interfaces: ['app:db/query@1.0.0', 'app:cache/get'],
    volumes: ['/srv:/srv:rw', '/opt:/opt:ro'],
  },
  'declared',
);

const of = (parts: Partial<AuthorityParts>) =>
  effective({ declared, granted: 'declared', ...parts }, places);

describe('effective', () => {
  it('is what is declared, where all of it is granted', () => {
    const authority = of({});
    expect(authority.filesystem).toEqual({
      grants: [
        { path: '/home/op/notes', access: 'read' },
        { path: '/out', access: 'read-write' },
        { path: '/skills/one/data', access: 'read' },
      ],
      forbidden: ['/home/op/notes/private'],
    });
    expect(authority.network.dns).toBe('https://dns.example/q');
    expect(authority.credentials).toEqual([
      { name: 'key', hosts: [[]], exposure: 'guest', places: ['header'] },
      { name: 'token', hosts: [['a.example.com']], exposure: 'placeholder', places: ['header'] },
    ]);
    expect(authority.interfaces).toEqual(['app:cache/get', 'app:db/query@1.0.0']);
    expect(authority.volumes).toHaveLength(2);
  });

  it('is nothing, where nothing is granted', () => {
    const authority = of({ granted: 'none' });
    expect(authority.filesystem.grants).toEqual([]);
    expect(authority.network).toEqual({ layers: [{ part: 'granted', rules: [] }], dns: 'system' });
    expect(authority.environment.layers).toHaveLength(1);
    expect(authority.credentials).toEqual([]);
    expect(authority.interfaces).toEqual([]);
    expect(authority.volumes).toEqual([]);
  });

  it('is nothing, where nothing is declared', () => {
    const nothing = readCapabilities({}, 'declared');
    const all = readCapabilities({ filesystem: ['write:/'], interfaces: ['a:b/c'] }, 'granted');
    const authority = of({ declared: nothing, granted: all, ceiling: all });
    expect(authority.filesystem.grants).toEqual([]);
    expect(authority.interfaces).toEqual([]);
  });

  it('keeps what is forbidden by any part', () => {
    const forbid = (path: string) =>
      readRestriction({ filesystem: { write: ['/'], forbidden: [path] } }, 'x');
    const { filesystem } = of({
      granted: forbid('/granted'),
      overrides: forbid('/overrides'),
      ceiling: forbid('/out'),
    });
    expect(filesystem.forbidden).toEqual([
      '/granted',
      '/home/op/notes/private',
      '/out',
      '/overrides',
    ]);
    expect(filesystem.grants.map((grant) => grant.path)).not.toContain('/out');
  });

  it('is narrowed by overrides and ceiling, and not where they say nothing', () => {
    const authority = of({
      overrides: readRestriction({ filesystem: ['read:/out'] }, 'overrides'),
      ceiling: readRestriction({ interfaces: ['app:cache/get'] }, 'ceiling'),
    });
    expect(authority.filesystem.grants).toEqual([{ path: '/out', access: 'read' }]);
    expect(authority.interfaces).toEqual(['app:cache/get']);
    expect(authority.environment.layers).toHaveLength(1);
  });

  it('hands a credential itself over only if every part says so', () => {
    const granted = readCapabilities(
      {
        credentials: {
          key: { hosts: ['a.com'] },
          token: { hosts: ['*.example.com'] },
          other: { hosts: ['b.com'] },
        },
      },
      'granted',
    );
    expect(of({ granted }).credentials).toEqual([
      { name: 'key', hosts: [[], ['a.com']], exposure: 'placeholder', places: ['header'] },
      {
        name: 'token',
        hosts: [['a.example.com'], ['*.example.com']],
        exposure: 'placeholder',
        places: ['header'],
      },
    ]);
  });

  it('takes a declared resolver only where all is granted, and the ceiling above all', () => {
    const rules = { allowed_domains: ['*.example.com'] };
    const granted = readCapabilities({ network: rules }, 'granted');
    expect(of({ granted }).network.dns).toBe('system');
    const quad9 = readCapabilities({ network: { ...rules, dns: 'quad9' } }, 'granted');
    expect(of({ granted: quad9 }).network.dns).toBe('quad9');
    const ceiling = readRestriction({ network: { ...rules, dns: '9.9.9.9' } }, 'ceiling');
    expect(of({ granted: quad9, ceiling }).network.dns).toBe('9.9.9.9');
  });

  it('lets no skill choose who answers for the names that a higher part allows', () => {
    const network = { allowed_domains: ['api.example.com'], protocols: ['http'] };
    const higher = readRestriction({ network }, 'higher');
    expect(of({}).network.dns).toBe('https://dns.example/q');
    expect(of({ ceiling: higher }).network.dns).toBe('system');
    expect(of({ ceilings: [readRestriction({}, 'a'), higher] }).network.dns).toBe('system');
    expect(of({ overrides: higher }).network.dns).toBe('system');
    const files = readRestriction({ filesystem: ['read:/data'] }, 'files');
    expect(of({ ceiling: files, overrides: files }).network.dns).toBe('https://dns.example/q');
  });

  it('of several ceilings each holds', () => {
    const paths = (value: unknown) => readCapabilities({ filesystem: value }, 'ceiling');
    const ceilings = [paths(['read:/home/op', 'write:/out/a']), paths(['read:/out'])];
    expect(of({ ceilings }).filesystem.grants).toEqual([{ path: '/out/a', access: 'read' }]);
    expect(of({ ceilings: [...ceilings, paths([])] }).filesystem.grants).toEqual([]);
    const relative = () => of({ ceilings: [...ceilings, paths(['read:data'])] });
    expect(relative).toThrow('The ceiling has the relative path "data"');
  });

  it('narrows volumes by the filesystem of the other parts', () => {
    const granted = readCapabilities({ filesystem: ['read:/srv'] }, 'granted');
    expect(of({ granted }).volumes).toEqual([
      { hostPath: '/srv', guestPath: '/srv', access: 'read' },
    ]);
    const ceiling = readRestriction(
      { filesystem: { write: ['/'], forbidden: ['/srv'] } },
      'ceiling',
    );
    expect(of({ ceiling }).volumes.map((volume) => volume.hostPath)).toEqual(['/opt']);
  });

  it('never mounts a volume with something in it that a part withholds', () => {
    const volumes = (value: unknown) =>
      of({ ceiling: readRestriction({ filesystem: value }, 'ceiling') }).volumes;
    const opt = { hostPath: '/opt', guestPath: '/opt', access: 'read' };
    expect(volumes({ write: ['/'], forbidden: ['/srv/secret'] })).toEqual([opt]);
    expect(volumes({ write: ['/'], forbidden: ['/srv-secret'] })).toHaveLength(2);
    expect(volumes({ write: ['/'], read: ['/srv/in'] })).toEqual([
      { hostPath: '/srv', guestPath: '/srv', access: 'read' },
      opt,
    ]);
    expect(volumes({ write: ['/srv/in', '/opt'] })).toEqual([opt]);
  });

  it('takes no relative path in a ceiling', () => {
    const ceiling = readRestriction({ filesystem: ['read:data'] }, 'ceiling');
    expect(() => of({ ceiling })).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS' }));
  });

  it('says which path has no absolute form, and where it stands', () => {
    const lost = readCapabilities({ filesystem: ['read:/ok', 'read:~/x'] }, 'skill.toml');
    expect(() => effective({ declared: lost, granted: 'declared' }, { baseDir: '/base' })).toThrow(
      'skill.toml:1:1: path "~/x": `~` needs a home directory, and there is none',
    );
  });

  it('crosses threads as it is', () => {
    expect(structuredClone(of({}))).toEqual(of({}));
  });
});

describe('hashAuthority', () => {
  const hash = (parts: Partial<AuthorityParts>) => hashAuthority(of(parts), (text) => text);

  it('is the same for the same decisions, however they came about', () => {
    expect(hash({ granted: declared })).toBe(hash({}));
    const reordered = readCapabilities(
      {
        interfaces: ['app:cache/get', 'app:db/query@1.0.0'],
        credentials: { key: { exposure: 'guest' }, token: { hosts: ['a.example.com'] } },
        environment: { patterns: ['APP_*'], allowlist: ['TERM'] },
        network: { dns: 'https://dns.example/q', allowed_domains: ['*.EXAMPLE.com'] },
        filesystem: {
          forbidden: ['/home/op/notes/private/'],
          write: ['/out/'],
          read: ['~/notes', '/skills/one/data'],
        },
        volumes: ['/opt:/opt', '/srv:/srv:rw'],
      },
      'declared',
    );
    expect(hash({ declared: reordered })).toBe(hash({}));
    expect(hash({ granted: declared, ceiling: reordered })).toBe(hash({}));
  });

  it.each([
    ['filesystem', { filesystem: ['write:/out'] }],
    ['network', { network: 'none' }],
    ['environment', { environment: { patterns: ['APP_*'] } }],
    ['credentials', { credentials: {} }],
    ['interfaces', { interfaces: [] }],
  ])('differs where %s differs', (_, value) => {
    expect(hash({ ceiling: readRestriction(value, 'ceiling') })).not.toBe(hash({}));
  });

  it('does not know where things stand in the manifest', () => {
    expect(describeAuthority(of({}))).not.toContain('declared:1');
  });
});
