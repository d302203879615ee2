/** Signatures vouch for one package by one key, or for nothing. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import {
  MemoryAuditStore,
  TrustSettings,
  createEngine,
  findInstalled,
  newSigningKey,
  prepareInstall,
  readPublicKey,
  signPackage,
} from '../../packages/engine/src/index.ts';
import { Bench, manifest } from './packages.ts';

const bench = new Bench();
afterAll(() => bench[Symbol.dispose]());
const author = newSigningKey();
const stranger = newSigningKey();
const settings = new TrustSettings(bench.home);

beforeEach(async () => {
  await settings.removeKey('author');
  await settings.addKey(readPublicKey(author.publicKey, 'author'));
  await settings.requireSignature('third_party', false);
});

const prepare = (folder: string) => prepareInstall(folder, { home: bench.home });
const state = async (folder: string) => (await prepare(folder))[0]!.signature;

async function signed(key = author, files: Record<string, string> = {}): Promise<string> {
  const folder = await bench.package(files);
  await signPackage(folder, key.privateKey);
  return folder;
}

test('a signature by a trusted key is verified; the signature itself is not part of what it signs', async () => {
  const folder = await signed();
  expect(await state(folder)).toMatchObject({ state: 'verified', name: 'author' });
  await signPackage(folder, author.privateKey);
  expect(await state(folder)).toMatchObject({ state: 'verified' });
});

test('a missing signature, or one by an unknown key, is unverified and never verified', async () => {
  expect(await state(await bench.package())).toMatchObject({ state: 'unverified', key: null });
  expect(await state(await signed(stranger))).toMatchObject({ state: 'unverified', key: null });
});

test.each([
  ['a schema', manifest('[skill.tools.run]\nschema = "./a/../skill.sig"\n')],
  ['a component', '[skill]\nname = "greet"\nversion = "1.0.0"\ncomponent = "./skill.sig"\n'],
])('%s under the name of the signature, which no digest covers, is refused', async (_, text) => {
  const folder = await signed(author, { 'skill.toml': text });
  await expect(prepare(folder)).rejects.toMatchObject({
    code: 'PACKAGE_INVALID',
    message: expect.stringContaining('name of the signature') as string,
  });
});

test('a signature over another package is refused', async () => {
  const [one, two] = [await signed(), await bench.package({ 'a.txt': 'x' })];
  writeFileSync(join(two, 'skill.sig'), readFileSync(join(one, 'skill.sig')));
  await expect(prepare(two)).rejects.toMatchObject({
    code: 'SIGNATURE_INVALID',
    message: expect.stringContaining('over another package'),
  });
});

test.each<readonly [string, (file: Record<string, string>) => void]>([
  ['names the digest of what it did not sign', (file) => void (file['digest'] = 'own')],
  [
    'names a trusted key that did not sign it',
    (file) => void (file['key'] = readPublicKey(author.publicKey, '').id),
  ],
  [
    'has another bit',
    (file) =>
      void (file['signature'] = file['signature']!.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))),
  ],
  ['has another algorithm', (file) => void (file['algorithm'] = 'none')],
  ['has no signature', (file) => void delete file['signature']],
])('a signature is refused that %s', async (what, forge) => {
  const key = what.includes('did not sign it') ? stranger : author;
  const folder = await signed(key);
  const path = join(folder, 'skill.sig');
  const file = JSON.parse(readFileSync(path, 'utf8'));
  if (what.includes('digest')) {
    writeFileSync(join(folder, 'more.txt'), 'x');
    file.digest = (await prepare(await bench.package({ 'more.txt': 'x' })))[0]!.digest;
  } else forge(file);
  writeFileSync(path, JSON.stringify(file));
  await expect(prepare(folder)).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
});

test('it is checked before anything of the package is parsed', async () => {
  const folder = await bench.package({ 'skill.toml': 'no = manifest', 'skill.sig': '{}' });
  await expect(prepare(folder)).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' });
});

test('a level that requires a signature takes no other skill, and stops one whose key is removed', async () => {
  await settings.requireSignature('third_party', true);
  await expect(bench.install(await bench.package())).rejects.toMatchObject({
    code: 'SIGNATURE_REQUIRED',
  });
  await bench.install(await signed());
  await using engine = await createEngine({ home: bench.home, audit: new MemoryAuditStore() });
  const installed = (await findInstalled('answer', { home: bench.home, project: bench.path }))!;
  await engine.load(installed);
  await settings.removeKey('author');
  await expect(engine.load(installed)).rejects.toMatchObject({ code: 'SIGNATURE_REQUIRED' });
});

test('a private key is never taken for a public one, and only Ed25519 is', () => {
  expect(() => readPublicKey(author.privateKey, 'a')).toThrow('private key');
  expect(() => readPublicKey('AAAA', 'a')).toThrow('cannot be read');
});
