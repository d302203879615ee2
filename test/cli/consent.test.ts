import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { main } from '../../packages/cli/src/main.ts';
import { buildGuest } from '../guests/build.ts';
import { FakeShell } from './fake-shell.ts';
import { Home } from './skill.ts';

const manifest = `[skill]
name = "answer"
version = "1.0.0"
component = "./answer.wasm"

[skill.capabilities]
filesystem = ["read:./data"]
`;

// One home for all: an acceptance holds for one folder only, and every test has its own.
const home = new Home({ warm: true });
let folder: string;

afterAll(() => home[Symbol.dispose]());

async function install(where: string, text = manifest): Promise<void> {
  writeFileSync(join(where, 'skill.toml'), text);
  copyFileSync(await buildGuest('answer'), join(where, 'answer.wasm'));
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skill-consent-'));
  await install(folder);
  vi.stubEnv('SKILL_ENGINE_HOME', home.path);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test('off a terminal nothing runs without consent; the error says what to do, the record that it was denied', async () => {
  const { code, stdout, stderr } = await home.run(['run', folder, '--secret', 'hunter2']);
  expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
  const { digest, accepted, needsConsent } = await home.json(['inspect', folder]);
  expect({ accepted, needsConsent }).toEqual({ accepted: null, needsConsent: true });
  expect(stderr).toContain(`error CAPABILITY_DENIED: `);
  expect(stderr).toContain(`--accept ${String(digest)}`);
  const records = await home.history('--limit', '1');
  expect(records).toMatchObject([{ status: 'denied', error_code: 'CAPABILITY_DENIED' }]);
  expect(JSON.stringify(records)).not.toContain('hunter2');
});

test('--accept with the digest runs it, and is remembered', async () => {
  const flags = await home.accept(folder);
  expect(await home.run(['run', folder, ...flags])).toMatchObject({ code: 0, stdout: '42\n' });
  expect(await home.run(['run', folder])).toMatchObject({ code: 0, stdout: '42\n' });
  const { accepted } = await home.json(['inspect', folder]);
  expect(accepted).toMatchObject({ approver: expect.any(String) });
});

test.each([['0'.repeat(64)], [''], ['yes'], ['a']])(
  '--accept %j accepts nothing',
  async (digest) => {
    const { code, stderr } = await home.inside(['run', folder, `--accept=${digest}`]);
    expect(code).toBe(4);
    expect(stderr).toContain('--accept names another package');
    expect((await home.inside(['run', folder])).code).toBe(4);
  },
);

test('--accept for one package does not run another that needs no consent', async () => {
  const component = join(folder, 'answer.wasm');
  expect((await home.inside(['run', component])).code).toBe(0);
  expect((await home.inside(['run', component, ...(await home.accept(folder))])).code).toBe(4);
});

test('a changed byte of the manifest asks again', async () => {
  expect((await home.inside(['run', folder, ...(await home.accept(folder))])).code).toBe(0);
  appendFileSync(join(folder, 'skill.toml'), '\n');
  expect((await home.inside(['run', folder])).code).toBe(4);
});

test('a changed byte of the component asks again', async () => {
  expect((await home.inside(['run', folder, ...(await home.accept(folder))])).code).toBe(0);
  // An empty custom section named "x": the component stays valid.
  appendFileSync(join(folder, 'answer.wasm'), Uint8Array.of(0, 2, 1, 0x78));
  expect((await home.inside(['run', folder])).code).toBe(4);
  expect((await home.inside(['run', folder, ...(await home.accept(folder))])).code).toBe(0);
});

test('the same package elsewhere means other folders, and asks again', async () => {
  const flags = await home.accept(folder);
  expect((await home.inside(['run', folder, ...flags])).code).toBe(0);
  const other = mkdtempSync(join(tmpdir(), 'skill-consent-'));
  await install(other);
  expect((await home.inside(['run', other])).code).toBe(4);
  expect((await home.inside(['run', other, ...flags])).code).toBe(0);
  rmSync(other, { recursive: true });
});

test('one skill of a manifest with several is accepted, not the others', async () => {
  const entry = (name: string): string =>
    manifest
      .replaceAll('[skill', '[skills')
      .replace('[skills]', '[[skills]]')
      .replace('"answer"', `"${name}"`);
  rmSync(join(folder, 'skill.toml'));
  writeFileSync(join(folder, 'skills.toml'), `${entry('one')}\n${entry('two')}`);
  const flags = await home.accept(folder, '--skill', 'one');
  expect((await home.inside(['run', folder, '--skill', 'two', ...flags])).code).toBe(4);
  expect((await home.inside(['run', folder, '--skill', 'one', ...flags])).code).toBe(0);
  expect((await home.inside(['run', folder, '--skill', 'two'])).code).toBe(4);
  expect((await home.inside(['run', folder])).code).toBe(2);
});

test('a manifest that asks for nothing needs no consent', async () => {
  await install(folder, manifest.replace('["read:./data"]', '[]'));
  expect(await home.inside(['run', folder])).toMatchObject({ code: 0, stdout: '42\n' });
});

test('a damaged file of acceptances accepts nothing', async () => {
  using other = new Home();
  writeFileSync(join(other.path, 'acceptances.json'), '{"format":1,"acceptances":"all"}');
  const { code, stderr } = await other.inside(['run', folder]);
  expect(code).toBe(7);
  expect(stderr).toContain('error STATE_UNAVAILABLE: ');
});

test('on a terminal the question is asked once, in plain words', async () => {
  const shell = new FakeShell({ terminal: true, input: 'I accept\n' });
  expect(await main(['run', folder], shell)).toBe(0);
  expect(shell.stderr.text).toContain(`read             ${join(folder, 'data')}`);
  expect(shell.stderr.text).toContain('Type "I accept"');
  expect(shell.stdout.text).toBe('42\n');
  const again = new FakeShell({ terminal: true, input: '' });
  expect(await main(['run', folder], again)).toBe(0);
  expect(again.stderr.text).not.toContain('I accept');
});

test.each([['yes\n'], ['i accept\n'], ['I accept it\n'], ['\n'], ['']])(
  'the answer %j is no consent',
  async (input) => {
    const shell = new FakeShell({ terminal: true, input });
    expect(await main(['run', folder], shell)).toBe(4);
    expect(shell.stdout.text).toBe('');
    expect(await home.history('--limit', '1')).toMatchObject([{ status: 'denied' }]);
  },
);

test('Ctrl-C at the question ends with 130, without consent', async () => {
  const shell = new FakeShell({ terminal: true });
  shell.stdin.write('\u0003');
  expect(await main(['run', folder], shell)).toBe(130);
  expect((await home.inside(['run', folder])).code).toBe(4);
});

test('--json never asks', async () => {
  const shell = new FakeShell({ terminal: true, input: 'I accept\n' });
  expect(await main(['run', folder, '--json'], shell)).toBe(4);
  expect(shell.stderr.text).toBe('');
  expect(JSON.parse(shell.stdout.text)).toMatchObject({
    ok: false,
    executionId: expect.any(String),
    error: { code: 'CAPABILITY_DENIED', details: { reason: 'consent' } },
  });
});

test.each([
  [
    'manifest',
    (): void => writeFileSync(join(folder, 'skill.toml'), manifest.replace('./data', '/')),
  ],
  [
    'component',
    (): void => appendFileSync(join(folder, 'answer.wasm'), Uint8Array.of(0, 2, 1, 0x78)),
  ],
])('a %s that is swapped while the question stands does not run', async (_what, swap) => {
  const shell = new FakeShell({ terminal: true });
  shell.stderr.on('said', () => {
    if (!shell.stderr.text.includes('Type "I accept"') || shell.stdin.writableEnded) return;
    swap();
    shell.stdin.end('I accept\n');
  });
  expect(await main(['run', folder], shell)).toBe(6);
  expect(shell.stderr.text).toContain('error COMPONENT_DIGEST_MISMATCH: answer changed while');
  expect(shell.stdout.text).toBe('');
  // What was accepted is what was shown, not what lies there now.
  expect((await home.inside(['run', folder])).code).toBe(4);
  expect(readFileSync(join(home.path, 'acceptances.json'), 'utf8')).toContain('"skill": "answer"');
});
