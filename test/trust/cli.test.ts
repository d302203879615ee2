/** skill install, update, run by name, remove, trust and sign, as an operator and as a script use them. */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { newSigningKey, signPackage } from '../../packages/engine/src/index.ts';
import { main } from '../../packages/cli/src/main.ts';
import { FakeShell, type FakeOptions } from '../cli/fake-shell.ts';
import { Home } from '../cli/skill.ts';
import { createAuthority } from '../support/certificates.ts';
import { Bench, manifest } from './packages.ts';

const bench = new Bench();
afterAll(() => bench[Symbol.dispose]());
beforeEach(() => void vi.stubEnv('SKILL_ENGINE_HOME', bench.fresh('home')));
afterEach(() => vi.unstubAllEnvs());

async function skill(args: readonly string[], options: FakeOptions = {}) {
  const shell = new FakeShell(options);
  const code = await main(args, shell);
  return { code, out: shell.stdout.text, err: shell.stderr.text };
}

async function json(args: readonly string[]): Promise<Record<string, unknown>> {
  return JSON.parse((await skill([...args, '--json'])).out);
}

const reads = (path: string, version = '1.0.0') =>
  manifest(`[skill.capabilities]\nfilesystem = ["read:${path}"]\n`, version);

const typed = { terminal: true, input: 'I accept\n' };

test('installation asks in plain words for a typed I accept; then the name runs without a question', async () => {
  const folder = await bench.package({ 'skill.toml': reads('/srv/notes') });
  const asked = await skill(['install', folder], typed);
  expect(asked.code).toBe(0);
  expect(asked.err).toMatch(/read +\/srv\/notes/);
  expect(asked.err).toContain('Signature: unverified');
  expect(await skill(['run', 'answer', 'run'])).toMatchObject({ code: 0, out: '42\n' });
  expect(await json(['inspect', 'answer'])).toMatchObject({
    installed: { scope: 'user', trust: 'third_party', approved: true },
    accepted: { approver: 'ada' },
    signature: 'unverified',
  });
});

test.each(['', 'yes\n', 'i accept\n', 'I accept it\n'])(
  'anything else installs nothing: %j',
  async (input) => {
    const folder = await bench.package({ 'skill.toml': reads('/srv/notes') });
    expect((await skill(['install', folder], { terminal: true, input })).code).toBe(4);
    expect(await json(['list', '--installed'])).toMatchObject({ installed: [] });
  },
);

test('a script installs by digest, and by no other digest', async () => {
  const folder = await bench.package({ 'skill.toml': reads('/srv/notes') });
  expect((await skill(['install', folder])).code).toBe(4);
  expect((await skill(['install', folder, '--accept', '0'.repeat(64)])).code).toBe(4);
  const { digest } = await json(['inspect', folder]);
  expect((await skill(['install', folder, '--accept', String(digest)])).code).toBe(0);
  expect((await json(['inspect', 'answer']))['digest']).toBe(digest);
});

test('a bare name means what is installed, not a folder that happens to have it', async () => {
  const folder = await bench.package({ 'skill.toml': reads('/srv/notes') });
  expect((await skill(['install', folder], typed)).code).toBe(0);
  const parent = bench.fresh();
  cpSync(await bench.package({ 'skill.toml': reads('/') }), join(parent, 'answer'), {
    recursive: true,
  });
  const before = process.cwd();
  process.chdir(parent);
  try {
    expect(await skill(['run', 'answer', 'run'])).toMatchObject({ code: 0, out: '42\n' });
    expect((await skill(['run', './answer', 'run'])).code).toBe(4);
  } finally {
    process.chdir(before);
  }
});

test('an update shows the difference and asks again for anything wider', async () => {
  const old = await bench.package({ 'skill.toml': reads('/srv/notes') });
  await skill(['install', old], typed);
  const wider = await bench.package({ 'skill.toml': reads('/srv', '1.1.0') });
  const refused = await skill(['update', 'answer', wider]);
  expect(refused).toMatchObject({
    code: 4,
    err: expect.stringContaining('+ read /srv\n  - read /srv/notes'),
  });
  expect(await json(['inspect', 'answer'])).toMatchObject({ version: '1.0.0' });
  expect((await skill(['update', 'answer', wider], typed)).code).toBe(0);
  expect(await json(['inspect', 'answer'])).toMatchObject({ version: '1.1.0' });
});

test('an update that asks for the same or less asks nobody', async () => {
  await skill(['install', await bench.package({ 'skill.toml': reads('/srv') })], typed);
  const same = await bench.package({ 'skill.toml': reads('/srv', '1.0.1'), 'notes.txt': 'x' });
  expect(await json(['update', 'answer', same])).toMatchObject({
    installed: [{ version: '1.0.1', replaced: '1.0.0', capabilities: { wider: false } }],
  });
  const less = await bench.package({ 'skill.toml': manifest('', '1.0.2') });
  expect((await skill(['update', 'answer', less])).code).toBe(0);
});

test.each([
  [
    'a forbidden path is let off',
    '[skill.capabilities.filesystem]\nread = ["/srv"]\nforbidden = ["/srv/keys"]',
    '[skill.capabilities.filesystem]\nread = ["/srv"]',
  ],
  [
    'a blocked variable is let off',
    '[skill.capabilities.environment]\npatterns = ["A*"]\nblocklist = ["AB"]',
    '[skill.capabilities.environment]\npatterns = ["A*"]',
  ],
  [
    'patterns are put in another order',
    '[skill.capabilities.environment]\npatterns = ["A*", "!AB"]',
    '[skill.capabilities.environment]\npatterns = ["!AB", "A*"]',
  ],
  [
    'names are looked up elsewhere',
    '[skill.capabilities.network]\nallowed_domains = ["a.test"]\nallowed_ports = [443]',
    '[skill.capabilities.network]\nallowed_domains = ["a.test"]\nallowed_ports = [443]\ndns = "10.0.0.1"',
  ],
])('it counts as wider when %s', async (_what, before, after) => {
  const old = await bench.package({ 'skill.toml': manifest(before) });
  expect((await skill(['install', old], typed)).code).toBe(0);
  const next = await bench.package({ 'skill.toml': manifest(after, '1.0.1') });
  expect((await skill(['update', 'answer', next])).code).toBe(4);
});

test('another package of the same name gets nothing that was agreed to for the installed one', async () => {
  const old = await bench.package({ 'skill.toml': reads('/srv') });
  await skill(['install', old, '--trust', 'trusted'], typed);
  const other = await bench.package({ 'skill.toml': reads('/srv', '1.0.1'), 'other.txt': 'x' });
  expect((await skill(['install', other])).code).toBe(4);
  expect(await json(['inspect', 'answer'])).toMatchObject({ version: '1.0.0' });
  expect((await skill(['install', other], typed)).out).toContain('third_party');
  await skill(['trust', 'set', 'answer', 'quarantine']);
  const third = await bench.package({ 'skill.toml': reads('/srv', '1.0.2') });
  expect((await skill(['install', third], typed)).out).toContain('quarantine');
});

test('an update whose signature is gone or by another key asks again, whatever it asks for', async () => {
  const keys = bench.fresh();
  const sign = async (folder: string, name: string) => {
    await skill(['sign', '--new-key', join(keys, name)]);
    expect((await skill(['sign', folder, '--key', join(keys, name)])).code).toBe(0);
    await skill(['trust', 'key', 'add', join(keys, `${name}.pub`), '--name', name]);
  };
  const version = (number: string) => bench.package({ 'skill.toml': reads('/srv', number) });
  const first = await version('1.0.0');
  await sign(first, 'ada');
  expect((await skill(['install', first], typed)).out).toContain('verified, by ada');
  const unsigned = await version('1.0.1');
  expect((await skill(['update', 'answer', unsigned])).code).toBe(4);
  const foreign = await version('1.0.2');
  await sign(foreign, 'eve');
  expect((await skill(['update', 'answer', foreign])).code).toBe(4);
  const next = await version('1.0.3');
  await sign(next, 'ada');
  expect((await skill(['install', next])).code).toBe(0);
});

test('a downgrade is refused without --allow-downgrade', async () => {
  await skill(['install', await bench.package({ 'skill.toml': manifest('', '1.10.0') })]);
  const old = await bench.package({ 'skill.toml': manifest('', '1.9.0') });
  for (const args of [
    ['update', 'answer', old],
    ['install', old],
  ]) {
    expect(await skill(args)).toMatchObject({
      code: 4,
      err: expect.stringContaining('DOWNGRADE_REFUSED'),
    });
  }
  expect((await skill(['update', 'answer', old, '--allow-downgrade'])).code).toBe(0);
});

test('quarantine stops it, with exit code 4 and a record; another level lets it run', async () => {
  await skill(['install', await bench.package()]);
  await skill(['trust', 'set', 'answer', 'quarantine']);
  expect(await json(['run', 'answer', 'run'])).toMatchObject({
    ok: false,
    error: { code: 'SKILL_QUARANTINED' },
  });
  expect(JSON.parse((await skill(['history', '--json'])).out)).toMatchObject([
    { skill_name: 'answer', status: 'denied', error_code: 'SKILL_QUARANTINED' },
  ]);
  await skill(['trust', 'set', 'answer', 'untrusted']);
  expect((await skill(['run', 'answer', 'run', '--isolation', 'preferred'])).code).toBe(0);
});

test('a parameter of a call accepts nothing: only the command line of the operator does', async () => {
  const folder = await bench.package({ 'skill.toml': reads('/srv/notes') });
  const { digest } = await json(['inspect', folder]);
  for (const params of [
    { accept: digest },
    { grant: 'declared' },
    { __proto__: { accept: digest } },
  ]) {
    const run = await skill(['run', folder, 'run', '--params', JSON.stringify(params)]);
    expect(run.code).toBe(4);
  }
});

test('an author signs, an operator trusts the key, and the package is verified', async () => {
  const folder = await bench.package();
  const key = join(bench.fresh(), 'author.pem');
  expect((await skill(['sign', '--new-key', key])).code).toBe(0);
  expect((await skill(['sign', '--new-key', key])).err).toContain('exists already');
  expect((await skill(['sign', folder, '--key', key])).code).toBe(0);
  expect((await skill(['trust', 'key', 'add', key, '--name', 'author'])).err).toContain(
    'private key',
  );
  expect((await skill(['trust', 'key', 'add', `${key}.pub`, '--name', 'author'])).code).toBe(0);
  expect((await skill(['install', folder])).out).toContain('verified, by author');
  expect((await skill(['trust', 'list'])).out).toMatch(/^key author [0-9a-f]{64}\n$/);
  expect((await skill(['trust', 'key', 'remove', 'author'])).code).toBe(0);
});

test('what is signed after it was installed is taken with its signature, though no other byte changed', async () => {
  const folder = await bench.package();
  const key = join(bench.fresh(), 'author.pem');
  expect((await skill(['install', folder])).out).toContain('unverified');
  expect((await skill(['sign', '--new-key', key])).code).toBe(0);
  expect((await skill(['sign', folder, '--key', key])).code).toBe(0);
  // Also while nobody trusts the key: it may be trusted later, and then the signature has to be there.
  expect((await skill(['update', 'answer'])).out).toMatch(/^updated answer .*unverified/);
  expect((await skill(['trust', 'key', 'add', `${key}.pub`, '--name', 'author'])).code).toBe(0);
  expect((await skill(['trust', 'require', 'third_party', 'signature'])).code).toBe(0);
  expect((await skill(['run', 'answer', 'run'])).code).toBe(0);
  expect((await skill(['update', 'answer'])).out).toMatch(/^updated answer .*verified, by author/);
  expect(await json(['list', '--installed'])).toMatchObject({
    installed: [{ signature: 'verified' }],
  });
  expect((await skill(['update', 'answer'])).out).toMatch(/^already installed:/);
});

test('a package comes over https with a checked certificate, its signature beside it, and over nothing else', async () => {
  const authority = createAuthority();
  const { key, cert } = authority.issue(['localhost']);
  const folder = await bench.package();
  execFileSync('tar', ['czf', `${folder}.tgz`, '-C', folder, '.']);
  const author = newSigningKey();
  await signPackage(`${folder}.tgz`, author.privateKey);
  const server = createServer({ key, cert }, (request, response) => {
    if (request.url === '/a.tgz') response.end(readFileSync(`${folder}.tgz`));
    else if (request.url === '/moved.tgz.sig') response.end(readFileSync(`${folder}.tgz.sig`));
    else if (request.url === '/moved.tgz') response.writeHead(302, { location: '/a.tgz' }).end();
    else if (request.url === '/plain.tgz')
      response.writeHead(302, { location: 'http://localhost/a.tgz' }).end();
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `https://localhost:${(server.address() as AddressInfo).port}`;
  using home = new Home();
  const ca = join(bench.fresh(), 'ca.pem');
  writeFileSync(ca, authority.cert);
  const environment = { NODE_EXTRA_CA_CERTS: ca };
  writeFileSync(`${ca}.pub`, author.publicKey);
  expect((await home.run(['trust', 'key', 'add', `${ca}.pub`, '--name', 'author'])).code).toBe(0);
  try {
    expect((await home.run(['install', `${base}/a.tgz`])).stderr).toContain('PACKAGE_NOT_FOUND');
    expect(await home.run(['install', `${base}/moved.tgz`], { environment })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('verified, by author'),
    });
    expect(await home.run(['run', 'answer', 'run'])).toMatchObject({ code: 0, stdout: '42\n' });
    expect((await home.run(['install', `${base}/plain.tgz`], { environment })).stderr).toContain(
      'away from https',
    );
    expect((await home.run(['install', `${base}/none.tgz`], { environment })).code).toBe(6);
  } finally {
    server.close();
  }
});
