import type { SkillPackage } from '@skill-engine/engine';
import { expect, test } from 'vitest';
import { consentText, quote } from './consent.ts';

const skill: SkillPackage = {
  name: 'sync',
  version: '2.0.0',
  declared: {
    filesystem: {
      grants: [
        { path: './in', access: 'read' },
        { path: '/', access: 'read-write' },
      ],
      forbidden: [{ path: '~/.ssh' }],
    },
    network: {
      rules: [{ domains: ['api.example.com'], addresses: [], ports: [443], protocols: ['https'] }],
      dns: undefined,
    },
    environment: { allowlist: ['REGION\u001b[1A\u001b[2K'], blocklist: [], patterns: [] },
    credentials: [],
    interfaces: [],
    volumes: [],
  },
  places: { baseDir: '/skills/sync', home: '/home/ada' },
  sha256: 'a'.repeat(64),
  digest: 'b'.repeat(64),
  authority: 'c'.repeat(64),
  needsConsent: true,
};

test('the question says in plain words what is asked for', () => {
  expect(consentText(skill, './sync')).toMatchInlineSnapshot(`
    "
    sync 2.0.0 (./sync) asks for capabilities that you have not accepted yet.
    Once accepted, it may:

      read             /skills/sync/in
      read and change  /
      never touch      /home/ada/.ssh
      reach            api.example.com (https, port 443)
      see              environment REGION\\u{1b}[1A\\u{1b}[2K

    Risks:

      ! It may read, change and delete every file of this machine that you can.
      ! What it reads in those files can be sent to the hosts that it may reach.
      ! The environment variables that it sees can be sent to the hosts that it may reach.
      ! Files that it may change can be overwritten or deleted.

    In all: read 1, read and change 1, never touch 1, reach 1, see 1.
    Package digest: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
    "
  `);
});

test('a manifest cannot draw on the terminal that asks', () => {
  expect(consentText(skill, './sync\u001b[2J')).not.toMatch(/[[\p{Cc}\p{Cf}]--\n]/v);
});

test('paths are quoted as a shell needs them', () => {
  expect(['./a-b/c.toml', 'a b', "it's", ''].map(quote)).toEqual([
    './a-b/c.toml',
    "'a b'",
    `'it'\\''s'`,
    "''",
  ]);
});
