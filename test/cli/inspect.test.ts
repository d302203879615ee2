import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { buildGuest } from '../guests/build.ts';
import { Home } from './skill.ts';

const home = new Home({ warm: true });

afterAll(() => home[Symbol.dispose]());

test('--json has everything that consent and scripts need', async () => {
  const shown = await home.json(['inspect', 'skills-wasm/hash-files']);
  expect(Object.keys(shown)).toEqual([
    'name',
    'version',
    'description',
    'sha256',
    'digest',
    'package',
    'installed',
    'signature',
    'runtime',
    'runs',
    'shape',
    'imports',
    'tools',
    'capabilities',
    'limits',
    'problem',
    'needsConsent',
    'accepted',
  ]);
  const bytes = readFileSync('skills-wasm/hash-files/dist/hash-files.wasm');
  expect(shown).toMatchObject({
    name: 'hash-files',
    sha256: createHash('sha256').update(bytes).digest('hex'),
    digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    shape: 'command',
    imports: expect.arrayContaining([expect.stringMatching(/^wasi:filesystem\/types@0\.2/)]),
    tools: [{ name: 'run', parameters: { type: 'object' } }],
    capabilities: { filesystem: { grants: [{ path: '../../docs', access: 'read' }] } },
    limits: { memoryBytes: 4 * 1024 * 1024, timeoutMs: 10_000 },
    needsConsent: true,
    accepted: null,
  });
  expect(await home.history()).toEqual([]);
});

test('a bare component asks for nothing and needs no consent', async () => {
  const shown = await home.json(['inspect', await buildGuest('answer')]);
  expect(shown).toMatchObject({ name: 'answer', version: '0.0.0', needsConsent: false });
});

test('the text for people names the same', async () => {
  const { code, stdout } = await home.run(['inspect', 'skills-wasm/hash-files']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^hash-files 0\.1\.0\nPrints the SHA-256/);
  expect(stdout).toMatch(/^accepted +no; skill run asks, or takes --accept DIGEST$/m);
  expect(stdout).toMatch(/^may +read +\/.*docs$/m);
  expect(stdout).toMatch(/^limits +memory 4 MiB, /m);
});
