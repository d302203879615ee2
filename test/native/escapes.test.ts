/** Ways out that were found by trying to be an agent with bad intent, and are closed. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { denialOf, open, Place, type Entry } from './native.ts';

let place: Place;
beforeEach(() => {
  place = new Place();
  place.file('secret.txt', 'secret');
  place.command('show', 'echo "$*"');
});
afterEach(() => place.remove());

const anything = ['*', '-*'];
const grant = '[skills.capabilities]\nfilesystem = ["write:../data"]\n';

async function tried(entry: Partial<Entry>, command: string, args: string[], stdin = '') {
  const { run } = await open(place, {
    commands: [command],
    allowed: anything,
    more: grant,
    ...entry,
  });
  const outcome = await run({ command, args, stdin });
  return 'exitCode' in outcome.answer ? `ran: ${outcome.stdout}` : denialOf(outcome);
}

describe('a path is one behind whatever a program cuts an argument at', () => {
  it.each([
    ['name@/secret.txt'],
    ['https://name=</secret.txt'],
    ['https://name@/secret.txt'],
    ['https://name:/secret.txt'],
    ['unix:///secret.txt'],
    [`into'/secret.txt'`],
    ['jar:file:///secret.txt'],
  ])('%s', async (text) => {
    const argument = text.replace('/secret.txt', join(place.root, 'secret.txt'));
    expect(await tried({}, 'show', [argument])).toBe('FILESYSTEM_NOT_GRANTED');
  });

  it.each([['{link}'], ['lin[k-k]'], ['.{.}/secret.txt'], ['-vflink'], ['--x=lin[k-k]']])(
    '%s, also in pieces or glued',
    async (argument) => {
      symlinkSync('../secret.txt', join(place.data, 'link'));
      symlinkSync('../secret.txt', join(place.data, 'link-k'));
      expect(await tried({}, 'show', [argument])).toMatch(/^FILESYSTEM_(NOT_GRANTED|ESCAPE)$/);
    },
  );

  it.each([['https://x/y?z=1'], ['ssh://git@host/y'], ['-vx'], ['-O2'], ['{"a":1}'], ['a@b.test']])(
    '%s is none that is refused',
    async (argument) => expect(await tried({}, 'show', [argument])).toBe(`ran: ${argument}\n`),
  );

  it('a forbidden file that is glued to two letters', async () => {
    place.file('data/key', 'k');
    const more = `${grant}[skills.overrides.filesystem]\nwrite = ["/"]\nforbidden = ["../data/key"]\n`;
    expect(await tried({ more }, 'show', ['-vfkey'])).toBe('FILESYSTEM_FORBIDDEN');
  });

  it('a link that is reached from a directory among the arguments', async () => {
    mkdirSync(join(place.data, 'sub/deep'), { recursive: true });
    symlinkSync('../..', join(place.data, 'sub/up'));
    symlinkSync('../../..', join(place.data, 'sub/deep/up'));
    expect(await tried({}, 'show', ['-C', 'sub', 'up/secret.txt'])).toBe('FILESYSTEM_NOT_GRANTED');
    expect(await tried({}, 'show', ['--directory=sub', 'up/secret.txt'])).toBe(
      'FILESYSTEM_NOT_GRANTED',
    );
    const nested = ['-C', 'sub', '-C', 'deep', 'up/secret.txt'];
    expect(await tried({}, 'show', nested)).toBe('FILESYSTEM_NOT_GRANTED');
    expect(await tried({}, 'show', ['-C', 'sub', 'new.txt'])).toBe('ran: -C sub new.txt\n');
  });

  it.runIf(process.platform === 'linux')('a link by a name that is no text', async () => {
    const script = String.raw`ln -s .. "$(printf '\377')"; ln -s "$(printf '\377/secret.txt')" link`;
    execFileSync('/bin/sh', ['-c', script], { cwd: place.data });
    expect(await tried({}, 'show', ['link'])).toBe('FILESYSTEM_ESCAPE');
  });
});

describe('git', () => {
  const git = (...args: string[]) =>
    execFileSync('/usr/bin/git', args, { cwd: place.data, stdio: 'ignore' });

  it.runIf(existsSync('/usr/bin/git'))('runs no alias of a repository', async () => {
    git('init', '-q');
    git('config', 'alias.mine', '!echo evil');
    expect(await tried({}, 'git', ['mine'])).toBe('COMMAND_RULE');
    expect(await tried({}, 'git', ['-C', '.', '--no-pager', 'mine'])).toBe('COMMAND_RULE');
    expect(await tried({}, 'git', ['-C', '.', '--no-pager', 'status', '-s'])).toBe('ran: ');
  });

  it.each([
    [['log', '--format=[alias]%nx=!evil', '--output=.git/config']],
    [['log', '--outp', '.git/config']],
    [['--work-tree=.git', 'checkout', 'HEAD', './config']],
    [['checkout-index', '--prefix=.git/', './config']],
    [['help', '-w', 'log']],
    [['log', '--help']],
  ])('%j is refused', async (args) => {
    expect(await tried({}, 'git', args)).toBe('COMMAND_RULE');
  });

  it.runIf(existsSync('/usr/bin/git'))('names none of its own files', async () => {
    git('init', '-q');
    place.file('data/evil', '[diff]\nexternal = echo evil\n');
    symlinkSync('.git', join(place.data, 'other'));
    for (const args of [
      ['mv', '-f', 'evil', '.git/config'],
      ['merge-file', 'other/config', 'evil', 'evil'],
      ['archive', '-o', './.GIT/config', 'HEAD'],
      ['-C', '.git', 'status'],
    ]) {
      expect(await tried({}, 'git', args)).toBe('FILESYSTEM_ESCAPE');
    }
    const text = 'show [diff] > .git/config'.replace('[diff]', 'x');
    expect(await tried({ commands: ['git', 'sh', 'show'] }, 'sh', ['-c', text])).toBe(
      'FILESYSTEM_ESCAPE',
    );
    const { run } = await open(place, { commands: ['git'], allowed: anything, more: grant });
    expect(denialOf(await run({ args: ['status'], cwd: '.git' }))).toBe('FILESYSTEM_ESCAPE');
    expect(await tried({}, 'git', ['status', '-s', 'evil'])).toBe('ran: ?? evil\n');
  });

  it.runIf(existsSync('/usr/bin/git'))('takes no folder for a repository', async () => {
    execFileSync('/usr/bin/git', ['init', '-q', '--bare', join(place.data, 'bare')]);
    const { run } = await open(place, { commands: ['git'], allowed: anything, more: grant });
    const { answer, stderr } = await run({ args: ['-C', 'bare', 'log'] });
    expect(answer).toEqual({ exitCode: 128 });
    expect(stderr).toContain('safe.bareRepository');
    for (const args of [
      ['--git-dir=bare', 'log'],
      ['init', '--separate-git-dir=x', 'y'],
    ]) {
      expect(await tried({}, 'git', args)).toBe('COMMAND_RULE');
    }
  });

  it.each([
    ['env', ['-i', 'git', 'status']],
    ['env', ['-u', 'GIT_CONFIG_COUNT', 'git', 'status']],
    ['env', ['--unset=PATH', 'git', 'status']],
    ['bash', ['-c', 'exec -c git status']],
    ['bash', ['-c', 'command -p git status']],
    ['bash', ['-c', 'exec -a x git status']],
  ])('%s %j takes nothing of its environment away', async (command, args) => {
    const commands = ['git', 'env', 'bash'];
    expect(await tried({ commands }, command, args)).toBe('COMMAND_RULE');
  });
});

it.each([
  ['bash', ['-lc', 'id']],
  ['bash', ['--login', '-c', 'id']],
  ['bash', ['-c', 'command -p id']],
  ['env', ['-u', 'PATH', 'id']],
])('%s %j finds no command elsewhere', async (command, args) => {
  place.command('id', 'echo own');
  const commands = ['id', 'bash', 'env'];
  expect(await tried({ commands }, command, args)).toBe('COMMAND_RULE');
  expect(await tried({ commands }, 'bash', ['-ec', 'id'])).toBe('ran: own\n');
});

it('the interpreter of a script is trusted no less than the script, and stays the same', async () => {
  const script = (interpreter: string) => {
    const file = place.file('bin/tool', `#! ${interpreter} -e\necho ran\n`);
    chmodSync(file, 0o755);
  };
  const entry = { commands: ['tool'], more: grant };
  copyFileSync('/bin/sh', join(place.data, 'interpreter'));
  script(join(place.data, 'interpreter'));
  await expect(open(place, entry)).rejects.toThrow('the skill may write there');
  script(join(place.root, 'missing'));
  await expect(open(place, entry)).rejects.toThrow('there is no');
  mkdirSync(join(place.root, 'lib'));
  copyFileSync('/bin/sh', join(place.root, 'lib/interpreter'));
  script(join(place.root, 'lib/interpreter'));
  const { run } = await open(place, entry);
  expect(await run({})).toMatchObject({ stdout: 'ran\n', answer: { exitCode: 0 } });
  copyFileSync('/bin/echo', join(place.root, 'lib/interpreter'));
  expect(denialOf(await run({}))).toBe('COMMAND_CHANGED');
});

it('arguments that nobody sees need lists that allow all', async () => {
  const commands = ['show', 'xargs'];
  const args = ['-n', '1', 'show'];
  const some = { commands, allowed: ['-n', '1', 'show'] };
  expect(await tried(some, 'xargs', args, '--evil')).toBe('COMMAND_ARGUMENT');
  const forbidden = { commands, forbidden: ['--evil'] };
  expect(await tried(forbidden, 'xargs', args, '--evil')).toBe('COMMAND_ARGUMENT');
  expect(await tried({ commands }, 'xargs', args, '--fine')).toBe('ran: --fine\n');
});

describe('a denial suggests nothing wider', () => {
  it.each(['*', '-*', '--format=*'])('than %s as it is written', async (argument) => {
    const { run } = await open(place, { commands: ['show'], allowed: ['a'] });
    expect((await run({ args: [argument] })).denials).toMatchObject([
      { code: 'COMMAND_ARGUMENT', resource: argument, allow: [] },
    ]);
  });

  it('than what a text for a shell lacks', async () => {
    const { run } = await open(place, {
      commands: ['show', 'sh'],
      allowed: ['-c', 'show a --exec'],
      forbidden: ['--exec'],
    });
    const { denials } = await run({ command: 'sh', args: ['-c', 'show a --exec'] });
    expect(denials[0]!.allow).toEqual([
      '[skills.allowed_commands]',
      'commands = ["show", "sh"]',
      'allowed_args = ["-c", "show a --exec"]',
    ]);
  });
});

it('a reason has a bound', async () => {
  const { run } = await open(place, { commands: ['env'], allowed: anything });
  const { denials } = await run({ args: [`--${'x'.repeat(60_000)}`, 'y'] });
  expect(denials[0]!.rule.length).toBeLessThan(300);
});

it('parameters that are no texts start nothing', async () => {
  const mark = join(place.data, 'mark');
  place.command('marks', `touch '${mark}'`);
  const { run } = await open(place, { commands: ['marks'], allowed: anything, more: grant });
  for (const wrong of [{ stdin: 5 }, { args: [5] }, { args: 'x' }, { cwd: 5 }, { env: { A: 5 } }]) {
    await expect(run(wrong as never)).rejects.toMatchObject({ code: 'INVALID_PARAMETERS' });
  }
  expect(existsSync(mark)).toBe(false);
});

it.each([
  ['-c', '--c'],
  ['-c', '--c=x'],
  ['/etc/passwd', '/etc//passwd'],
  ['/etc/passwd', '/etc/./x/../passwd'],
  ['data', 'data/'],
])('what forbids %s forbids %s', async (entry, argument) => {
  const more = '[skills.capabilities]\nfilesystem = ["write:../data", "read:/etc"]\n';
  const forbidden = [entry];
  expect(await tried({ forbidden, more }, 'show', [argument])).toBe('COMMAND_ARGUMENT');
});

it('variables that name a program or its configuration pass by no pattern', async () => {
  place.command('vars', 'env');
  const { run } = await open(place, { commands: ['vars'], more: 'env_allowlist = ["*"]' });
  for (const name of ['RIPGREP_CONFIG_PATH', 'CLOUDSDK_PYTHON', 'CCACHE_PREFIX', 'SSLKEYLOGFILE']) {
    expect(denialOf(await run({ env: { [name]: 'x' } }))).toBe('ENVIRONMENT_BLOCKED');
  }
});
