/** Credentials at the command line: hidden prompts, and no way to see a value. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileVault, Secret } from '@skill-engine/engine';
import { main } from '../../packages/cli/src/main.ts';
import { FakeShell } from './fake-shell.ts';
import { Home } from './skill.ts';
import { buildGuest } from '../guests/build.ts';

const value = 'hunter2-hunter2-hunter2';
let home: Home;
let folder: string;

beforeEach(async () => {
  home = new Home();
  folder = mkdtempSync(join(tmpdir(), 'skill-config-'));
  const component = await buildGuest('answer');
  writeFileSync(
    join(folder, 'skill.toml'),
    `[skill]\nname = "reports"\ncomponent = ${JSON.stringify(component)}\n[skill.capabilities.credentials]\napi_token = { hosts = ["api.example.com"] }\n`,
  );
  process.env['SKILL_ENGINE_HOME'] = home.path;
});

afterEach(() => {
  delete process.env['SKILL_ENGINE_HOME'];
  rmSync(folder, { recursive: true });
  home[Symbol.dispose]();
});

const command = { SKILL_ENGINE_PASSPHRASE_COMMAND: 'printf one-passphrase' };

async function kept(): Promise<string | undefined> {
  await using vault = new FileVault({
    path: join(home.path, 'credentials.enc'),
    keyring: null,
    passphrase: async () => Secret.fromText('one-passphrase'),
  });
  using secret = await vault.get({ skill: 'reports', name: 'api_token' });
  return secret?.use((bytes) => Buffer.from(bytes).toString());
}

/** All files under the state directory. */
function everyFile(): string {
  return readdirSync(home.path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

/** Answers each question when it has been asked. */
async function atTerminal(
  args: string[],
  answers: string[],
): Promise<{ code: number; shown: string }> {
  const shell = new FakeShell({ terminal: true, environment: { NO_COLOR: '1' } });
  const running = main(args, shell);
  let asked = 0;
  shell.stderr.on('said', () => {
    if (asked < answers.length && shell.stderr.text.split(':\n').length - 1 > asked) {
      const answer = answers[asked++]!;
      setImmediate(() => shell.stdin.write(`${answer}\r`));
    }
  });
  const code = await running;
  return { code, shown: shell.stdout.text + shell.stderr.text };
}

test('on a terminal value and passphrase are asked for, and nothing of them is echoed or kept in clear', async () => {
  const { code, shown } = await atTerminal(
    ['config', folder, '--set-credential', 'api_token'],
    [value, 'one-passphrase', 'one-passphrase'],
  );
  expect(shown).not.toContain('hunter2');
  expect(shown).not.toContain('one-pass');
  expect({ code, shown }).toMatchObject({ code: 0 });
  expect(await kept()).toBe(value);
  expect(everyFile()).not.toContain('hunter2');
});

test('two passphrases that differ change nothing', async () => {
  const { code, shown } = await atTerminal(
    ['config', folder, '--set-credential', 'api_token'],
    [value, 'one-passphrase', 'another'],
  );
  expect(code).toBe(2);
  expect(shown).toContain('The two passphrases differ');
  expect(readdirSync(home.path)).not.toContain('credentials.enc');
});

test('off a terminal the value comes from standard input; without a passphrase the way out is told', async () => {
  const args = ['config', folder, '--set-credential', 'api_token'];
  const locked = await home.run(args, { input: `${value}\n` });
  expect(locked.code).toBe(7);
  expect(locked.stderr).toContain('SKILL_ENGINE_PASSPHRASE_COMMAND');
  const set = await home.run(args, { input: `${value}\r\n`, environment: command });
  expect(set).toMatchObject({ code: 0, stdout: '' });
  expect(await kept()).toBe(value);
  for (const ended of [locked, set]) expect(ended.stdout + ended.stderr).not.toContain('hunter2');
});

test('from a variable; listed by name; deleted; a run without it says how to set it', async () => {
  const environment = { ...command, TOKEN_HERE: value };
  const set = await home.run(
    ['config', folder, '--set-credential', 'api_token', '--from-env', 'TOKEN_HERE', '--json'],
    { environment },
  );
  expect(set.stdout).toBe('{"ok":true,"set":"api_token"}\n');
  const listed = await home.run(['config', folder, '--list-credentials'], { environment });
  expect(listed.stdout).toMatch(/api_token\s+yes\s+a placeholder\s+api\.example\.com/);
  const deleted = await home.run(['config', folder, '--delete-credential', 'api_token'], {
    environment,
  });
  expect(deleted.code).toBe(0);
  const json = await home.json(['config', folder, '--list-credentials'], { environment });
  expect(json).toMatchObject({ credentials: [{ name: 'api_token', set: false, declared: true }] });
  const run = await home.json(['run', folder, ...(await home.accept(folder)), '--params', '{}'], {
    environment,
  });
  expect(run).toMatchObject({ ok: false, error: { code: 'CREDENTIAL_MISSING' } });
  expect(JSON.stringify(run)).toContain('skill config reports --set-credential api_token');
  for (const { stdout, stderr } of [set, listed, deleted])
    expect(stdout + stderr).not.toContain('hunter2');
});

test('a new key: the same values, and the old passphrase opens nothing', async () => {
  await home.run(['config', folder, '--set-credential', 'api_token'], {
    input: value,
    environment: command,
  });
  const shell = await atTerminal(
    ['config', '--rotate-key'],
    ['one-passphrase', 'a new one', 'a new one'],
  );
  expect(shell).toMatchObject({ code: 0 });
  await expect(kept()).rejects.toMatchObject({ code: 'CREDENTIALS_LOCKED' });
  const back = await home.run(['config', '--rotate-key'], {
    environment: {
      SKILL_ENGINE_PASSPHRASE_COMMAND: 'printf a\\x20new\\x20one',
      SKILL_ENGINE_NEW_PASSPHRASE_COMMAND: 'printf one-passphrase',
    },
  });
  expect(back).toMatchObject({ code: 0 });
  expect(await kept()).toBe(value);
});

test('wrong use is told, and a value is taken from no argument', async () => {
  const wrong = [
    ['config', folder],
    ['config', folder, '--set-credential', 'api_token', value],
    ['config', folder, '--set-credential', 'api_tokn'],
    ['config', folder, '--set-credential', 'api_token', '--list-credentials'],
    ['config', folder, '--from-env', 'X'],
    ['config', folder, '--get-credential', 'api_token'],
    ['config', folder, '--rotate-key'],
    ['config', folder, '--set-credential', 'api_token', '--from-env', 'NOT_THERE'],
    ['config', folder, '--delete-credential', 'api_token'],
  ];
  for (const args of wrong) {
    const shell = new FakeShell({ input: '', environment: { ...command, NO_COLOR: '1' } });
    expect({ args, code: await main(args, shell) }).toEqual({ args, code: 2 });
    expect(shell.stdout.text + shell.stderr.text).not.toContain('hunter2');
  }
  const shell = new FakeShell({ input: '' });
  await main(['config', folder, '--set-credential', 'api_tokn'], shell);
  expect(shell.stderr.text).toContain('Did you mean api_token?');
});
