import { parseManifest } from '@skill-engine/engine';
import { expect, it } from 'vitest';
import { importWassette } from './import-wassette.ts';

const policy = `version: "1.0"
description: Reads and reports
permissions:
  storage:
    allow:
      - uri: "fs://srv/agent/**"
        access: ["read", "write"]
      - uri: "fs://etc/app.yaml"
        access: ["read"]
      - uri: "fs://flat/*"
        access: ["read"]
      - uri: "fs://a/../b"
        access: ["read"]
    deny:
      - uri: "fs://srv/agent/keys/**"
  network:
    allow:
      - host: "api.example.com"
      - host: "*"
      - cidr: "10.0.0.0/8"
    deny:
      - host: "bad.example.com"
  environment:
    allow:
      - key: "REGION"
      - key: "OTHER"
        value_from: "ELSEWHERE"
  resources:
    memory: 10
`;

it('writes a manifest that grants no more than the policy, and says what it leaves', () => {
  const { toml, left } = importWassette(policy, 'agent');
  const [skill] = parseManifest(toml, { file: 'skill.toml' }).skills;
  expect(skill!.capabilities.filesystem.grants).toMatchObject([
    { path: '/etc/app.yaml', access: 'read' },
    { path: '/srv/agent', access: 'read-write' },
  ]);
  expect(skill!.capabilities.filesystem.forbidden).toMatchObject([{ path: '/srv/agent/keys' }]);
  expect(skill!.capabilities.network.rules).toMatchObject([
    { domains: ['api.example.com'], addresses: [], ports: [443], protocols: ['https'] },
  ]);
  expect(skill!.capabilities.environment.allowlist).toEqual(['REGION', 'OTHER']);
  expect(left.map((line) => line.split(':')[0])).toEqual([
    'permissions.resources',
    'storage "fs',
    'storage "fs',
    'network "*"',
    'network "10.0.0.0/8"',
    'environment OTHER',
  ]);
});

it('never grants what the policy denies', () => {
  const { toml } = importWassette(
    `permissions:
  storage:
    allow: [{ uri: "fs://srv/**", access: [read] }, { uri: "fs://data/in/**", access: [read] }]
    deny: [{ uri: "fs://srv/*.key" }, { uri: "fs://data/in/private/*" }]
  network:
    allow: [{ host: "*.example.com" }, { host: "api.other.org" }, { host: "fine.org" }, { cidr: "10.0.0.0/8" }]
    deny: [{ host: "bad.example.com" }, { host: "*.other.org" }]
`,
    'agent',
  );
  const { capabilities } = parseManifest(toml, { file: 'skill.toml' }).skills[0]!;
  expect(capabilities.filesystem.forbidden).toMatchObject([
    { path: '/srv' },
    { path: '/data/in/private' },
  ]);
  expect(capabilities.network.rules).toMatchObject([{ domains: ['fine.org'], addresses: [] }]);
});

it('writes no capability for a policy without any', () => {
  const { toml, left } = importWassette('version: "1.0"\npermissions: {}\n', 'nothing');
  expect(toml).toBe('[skill]\nname = "nothing"\ncomponent = "./nothing.wasm"\n');
  expect(left).toEqual([]);
});
