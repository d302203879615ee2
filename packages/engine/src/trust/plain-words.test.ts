import { expect, test } from 'vitest';
import { noCapabilities } from '../authority/effective.ts';
import type { DeclaredCapabilities } from '../manifest/types.ts';
import { capabilityWords } from './plain-words.ts';

const places = { baseDir: '/srv/skill', home: '/home/ada' };

function words(capabilities: Partial<DeclaredCapabilities>) {
  return capabilityWords({ ...noCapabilities, ...capabilities }, places);
}

const https = { ports: [443], protocols: ['https' as const] };

test('every area is named, with absolute paths', () => {
  expect(
    words({
      filesystem: {
        grants: [
          { path: './in', access: 'read' },
          { path: '~/out', access: 'read-write' },
        ],
        forbidden: [{ path: '~/.ssh' }],
      },
      network: {
        rules: [{ domains: ['api.example.com'], addresses: [], ...https }],
        dns: undefined,
      },
      environment: { allowlist: ['REGION'], blocklist: [], patterns: ['APP_*'] },
      credentials: [
        { name: 'token', hosts: ['api.example.com'], exposure: 'placeholder', places: ['header'] },
      ],
      interfaces: [{ name: 'app:db/query@1.0.0' }],
      volumes: [{ hostPath: '/data', guestPath: '/mnt', access: 'read' }],
    }),
  ).toMatchInlineSnapshot(`
    {
      "groups": [
        {
          "items": [
            "/srv/skill/in",
          ],
          "verb": "read",
        },
        {
          "items": [
            "/home/ada/out",
          ],
          "verb": "read and change",
        },
        {
          "items": [
            "/home/ada/.ssh",
          ],
          "verb": "never touch",
        },
        {
          "items": [
            "api.example.com (https, port 443)",
          ],
          "verb": "reach",
        },
        {
          "items": [
            "environment REGION",
            "environment APP_*",
          ],
          "verb": "see",
        },
        {
          "items": [
            "credential token, unseen, in headers to api.example.com",
          ],
          "verb": "use",
        },
        {
          "items": [
            "app:db/query@1.0.0",
          ],
          "verb": "call",
        },
        {
          "items": [
            "/data as /mnt (read)",
          ],
          "verb": "mount",
        },
      ],
      "risks": [
        "What it reads in those files can be sent to the hosts that it may reach.",
        "The environment variables that it sees can be sent to the hosts that it may reach.",
        "Files that it may change can be overwritten or deleted.",
      ],
    }
  `);
});

test('no capability, no words', () => {
  expect(words({})).toEqual({ groups: [], risks: [] });
});

test.each([
  ['/', 'It may read, change and delete every file of this machine that you can.'],
  ['~', '/home/ada is far more than one skill should need'],
  ['/home', '/home is far more than one skill should need'],
  ['/etc', '/etc is far more than one skill should need'],
  ['../..', 'It may read, change and delete every file of this machine that you can.'],
])('a grant as broad as %s is called out', (path, sentence) => {
  const { risks } = words({
    filesystem: { grants: [{ path, access: 'read-write' }], forbidden: [] },
  });
  expect(risks[0]).toContain(sentence);
});

test.each<[string, Partial<DeclaredCapabilities>, string]>([
  [
    'addresses',
    { network: { rules: [{ domains: [], addresses: ['10.0.0.0/8'], ...https }], dns: undefined } },
    'machines of your own network',
  ],
  [
    'whole top-level domains',
    { network: { rules: [{ domains: ['*.com'], addresses: [], ...https }], dns: undefined } },
    '*.com is a very large part of the internet',
  ],
  [
    'whole hosting services',
    { network: { rules: [{ domains: ['*.github.io'], addresses: [], ...https }], dns: undefined } },
    '*.github.io is a very large part of the internet',
  ],
  [
    'blocks of half the internet',
    { network: { rules: [{ domains: [], addresses: ['::/0'], ...https }], dns: undefined } },
    "::/0 is a very large part of the internet, and may have this machine, your own network and the cloud's",
  ],
  [
    'credentials for hosts of many owners',
    {
      credentials: [
        {
          name: 'key',
          hosts: ['a.example', '*.co.uk'],
          exposure: 'placeholder',
          places: ['header'],
        },
      ],
    },
    'The credential key can be sent to *.co.uk: to hosts of many owners.',
  ],
  [
    'whole environments',
    { environment: { allowlist: [], blocklist: [], patterns: ['*'] } },
    'It sees the whole environment',
  ],
  [
    'plain HTTP',
    {
      network: {
        rules: [{ domains: ['a.example'], addresses: [], ports: [80], protocols: ['http'] }],
        dns: undefined,
      },
    },
    'Not all of its connections are encrypted.',
  ],
  [
    'a resolver of its own choice',
    {
      network: {
        rules: [{ domains: ['a.example'], addresses: [], ...https }],
        dns: 'https://10.0.0.5/q',
      },
    },
    'It chooses who is asked for addresses',
  ],
  [
    'credentials handed over',
    { credentials: [{ name: 'a', hosts: [], exposure: 'guest', places: ['header'] }] },
    'It sees the value of a credential',
  ],
])('%s are called out', (_what, capabilities, sentence) => {
  expect(words(capabilities).risks.join('\n')).toContain(sentence);
});

test('reading files and reaching hosts together are called out as a leak', () => {
  const filesystem = { grants: [{ path: '/a', access: 'read' as const }], forbidden: [] };
  const network = {
    rules: [{ domains: ['a.example'], addresses: [], ...https }],
    dns: undefined,
  };
  expect(words({ filesystem }).risks).toEqual([]);
  expect(words({ filesystem, network }).risks[0]).toContain('can be sent to the hosts');
});

test('a path cannot pass for a path and a remark', () => {
  const grants = [{ path: '/data (only its name)', access: 'read' as const }];
  expect(words({ filesystem: { grants, forbidden: [] } }).groups).toEqual([
    { verb: 'read', items: ['"/data (only its name)"'] },
  ]);
});

test('a resolver that is not the own one of the machine is shown, wherever it could be asked', () => {
  const rules = [{ domains: ['a.example'], addresses: [], ...https }];
  const asked = (dns: string | undefined, used = rules) =>
    words({ network: { rules: used, dns } }).groups.filter(({ verb }) => verb === 'ask for names');
  expect(asked('https://10.0.0.5/q')).toEqual([
    { verb: 'ask for names', items: ['https://10.0.0.5/q'] },
  ]);
  expect(asked('quad9')).toEqual([{ verb: 'ask for names', items: ['quad9'] }]);
  expect([...asked('system'), ...asked(undefined), ...asked('quad9', [])]).toEqual([]);
});

test('what a credential is for stands behind what happens to it, quoted and cut', () => {
  const credential = { name: 'a', hosts: ['a.example'], places: ['header'] } as const;
  const use = (description: string, exposure: 'guest' | 'placeholder' = 'placeholder') =>
    words({ credentials: [{ ...credential, exposure, description }] }).groups[0]?.items[0];
  expect(use('signs the report')).toBe(
    'credential a, unseen, in headers to a.example; its author says: "signs the report"',
  );
  expect(use('", unseen', 'guest')).toBe(
    'credential a, the value itself, for a.example; its author says: "\\", unseen"',
  );
  expect(use('x'.repeat(5000))?.length).toBeLessThan(300);
});
