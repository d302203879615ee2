import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { noCapabilities } from '../authority/effective.ts';
import type { SkillSource } from '../load.ts';
import type { DeclaredCapabilities, SkillManifest } from '../manifest/types.ts';
import { givesAnything, readPackage } from './package.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'package-'));
  await writeFile(join(folder, 'demo.wasm'), 'component');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function source(
  capabilities: Partial<DeclaredCapabilities>,
  change: Partial<SkillSource & { runtime: string; sha256: string }> = {},
): SkillSource {
  const manifest = {
    runtime: change.runtime ?? 'wasm',
    name: 'demo',
    version: '1.0.0',
    component: './demo.wasm',
    sha256: change.sha256,
    capabilities: { ...noCapabilities, ...capabilities },
    overrides: {},
  } as unknown as SkillManifest;
  return {
    manifest,
    baseDir: change.baseDir ?? folder,
    table: 'skills',
    schemas: new Map(),
    manifestText: change.manifestText ?? 'text',
  };
}

const readsRelative: Partial<DeclaredCapabilities> = {
  filesystem: { grants: [{ path: './data', access: 'read' }], forbidden: [] },
};

test('a package knows its digests, and whether it asks for anything', async () => {
  const plain = await readPackage(source({}));
  expect(plain.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(plain.needsConsent).toBe(false);
  const asking = await readPackage(source(readsRelative));
  expect(asking.needsConsent).toBe(true);
  expect(asking.authority).not.toBe(plain.authority);
});

test('a changed byte of manifest or component is another digest', async () => {
  const before = await readPackage(source(readsRelative));
  const manifest = await readPackage(source(readsRelative, { manifestText: 'texT' }));
  await writeFile(join(folder, 'demo.wasm'), 'componenT');
  const component = await readPackage(source(readsRelative));
  expect(new Set([before.digest, manifest.digest, component.digest]).size).toBe(3);
});

test('the same package in another folder has the same digest, but not the same relative grants', async () => {
  const other = await mkdtemp(join(tmpdir(), 'package-'));
  await writeFile(join(other, 'demo.wasm'), 'component');
  const here = await readPackage(source(readsRelative));
  const there = await readPackage(source(readsRelative, { baseDir: other }));
  await rm(other, { recursive: true });
  expect(there.digest).toBe(here.digest);
  expect(there.authority).not.toBe(here.authority);
});

test('`~` means another authority for another home', async () => {
  const capabilities: Partial<DeclaredCapabilities> = {
    filesystem: { grants: [{ path: '~/notes', access: 'read' }], forbidden: [] },
  };
  const ada = await readPackage(source(capabilities), '/home/ada');
  const eve = await readPackage(source(capabilities), '/home/eve');
  expect(ada.authority).not.toBe(eve.authority);
});

test('a component that is not the pinned one is refused', async () => {
  await expect(readPackage(source({}, { sha256: '0'.repeat(64) }))).rejects.toMatchObject({
    code: 'COMPONENT_DIGEST_MISMATCH',
  });
});

test('what runs outside of the sandbox always needs consent, and has no component', async () => {
  const docker = { image: 'tools:1', user: '1000:1000' };
  const { manifest, ...rest } = source({}, { runtime: 'docker' });
  const package_ = await readPackage({
    ...rest,
    manifest: { ...manifest, docker } as SkillManifest,
  });
  expect(package_).toMatchObject({ sha256: null, needsConsent: true, runs: { docker } });
});

test.each<[string, Partial<DeclaredCapabilities>]>([
  ['files', readsRelative],
  [
    'network',
    {
      network: {
        rules: [{ domains: ['a.example'], addresses: [], ports: [443], protocols: ['https'] }],
        dns: undefined,
      },
    },
  ],
  ['a variable', { environment: { allowlist: ['A'], blocklist: [], patterns: [] } }],
  ['variables by pattern', { environment: { allowlist: [], blocklist: [], patterns: ['A_*'] } }],
  [
    'a credential',
    { credentials: [{ name: 'a', hosts: [], exposure: 'placeholder', places: ['header'] }] },
  ],
  ['an interface', { interfaces: [{ name: 'app:db/query@1.0.0' }] }],
  ['a volume', { volumes: [{ hostPath: '/a', guestPath: '/b', access: 'read' }] }],
])('%s need consent', (_what, capabilities) => {
  expect(givesAnything({ ...noCapabilities, ...capabilities })).toBe(true);
});

test('what only forbids needs no consent', () => {
  expect(
    givesAnything({
      ...noCapabilities,
      filesystem: { grants: [], forbidden: [{ path: '/etc' }] },
      environment: { allowlist: [], blocklist: ['A'], patterns: [] },
    }),
  ).toBe(false);
});
