/** Paths in arguments, and where a command runs. */
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { denialOf, open, Place, type Opened } from './native.ts';

let place: Place;
let opened: Opened;
const secret = () => join(place.root, 'secret.txt');
beforeAll(async () => {
  place = new Place();
  place.file('data/in/a.txt', 'a');
  place.file('data/private/key', 'k');
  place.file('data/ro/r.txt', 'r');
  place.file('secret.txt', 's');
  symlinkSync(place.root, join(place.data, 'out'));
  symlinkSync('out/secret.txt', join(place.data, 'link'));
  symlinkSync('in/a.txt', join(place.data, 'good'));
  place.file('data/in/x/y/z', '');
  symlinkSync('in/x/y', join(place.data, 'deep'));
  symlinkSync('loop', join(place.data, 'loop'));
  linkSync(join(place.data, 'private/key'), join(place.data, 'in/hard'));
  execFileSync('mkfifo', [join(place.data, 'fifo')]);
  place.command('show', 'printf "%s" "$*"');
  place.command('where', 'pwd');
  opened = await open(place, {
    commands: ['show', 'where', 'sh', 'tee'],
    allowed: ['*', '-*'],
    more: `[skills.capabilities]
filesystem = ["write:../data", "read:../data/ro"]
[skills.overrides.filesystem]
write = ["/"]
forbidden = ["../data/private/key"]`,
  });
});
afterAll(() => place.remove());

const tried = async (...args: string[]): Promise<string> => {
  const outcome = await opened.run({ command: 'show', args });
  return 'exitCode' in outcome.answer ? 'ran' : denialOf(outcome);
};

describe('outside of the grants is refused', () => {
  it.each([
    ['/etc/passwd'],
    ['/'],
    ['//etc/passwd'],
    ['/./etc/passwd'],
    ['../secret.txt'],
    ['in/../../secret.txt'],
    ['missing/../../secret.txt'],
    ['..'],
    ['.../../..'],
    ['out/secret.txt'],
    ['out'],
    ['out/new'],
    // The kernel's `..` and that of programs that only look at the text.
    ['out/../x'],
    ['deep/../../secret.txt'],
    ['link'],
    ['./link'],
    ['loop'],
    ['--file=/etc/passwd'],
    ['--file=../secret.txt'],
    ['--file=link'],
    ['--file=~/.ssh/id'],
    ['-f/etc/passwd'],
    ['-f../secret.txt'],
    ['-flink'],
    ['-vxf/etc/passwd'],
    ['-I=/etc'],
    // Nobody knows where the letters end.
    ['-fin/a.txt'],
    ['if=/etc/passwd'],
    ['type=bind,source=/etc'],
    ['in:/etc/passwd'],
    ['in,/etc/passwd'],
    ['in /etc/passwd'],
    ['@/etc/passwd'],
    ['host:/etc/passwd'],
    ['~'],
    ['~/.bashrc'],
    ['~root/.bashrc'],
    ['file:///etc/passwd'],
    ['FILE:///etc/passwd'],
    ['file://localhost/etc/passwd'],
    ['file:/etc/passwd'],
    ['file:///%65tc/passwd'],
    ['--url=file:///etc/passwd'],
    ['"/etc/passwd"'],
    ['</etc/passwd'],
    ['f("/etc/passwd")'],
    ['{"a":"/etc/passwd"}'],
    ['{in,/etc/passwd}'],
    ['/proc/self/root/etc/passwd'],
    ['/proc/self/cwd'],
    ['/dev/stdin'],
    ['https://x/../../../../etc/passwd'],
    [`${tmpdir()}`],
    [homedir()],
  ])('%s', async (argument) => {
    const got = await tried(argument);
    expect(got).toMatch(/^(FILESYSTEM_|COMMAND_ARGUMENT)/);
  });

  it('with the lines of the manifest that would allow it', async () => {
    const { denials } = await opened.run({ command: 'show', args: ['/etc/hostname'] });
    expect(denials).toMatchObject([
      {
        code: 'FILESYSTEM_NOT_GRANTED',
        resource: '/etc/hostname',
        allow: [
          '[skills.capabilities.filesystem]',
          'read = ["../data/ro", "/etc/hostname"]',
          'write = ["../data"]',
        ],
      },
    ]);
  });
});

it.each(['private/key', './private/key', '--f=private/key', 'private', 'in/hard'])(
  '%s is forbidden, or holds what is',
  async (argument) => expect(await tried(argument)).toBe('FILESYSTEM_FORBIDDEN'),
);

it('what has too many parts to be looked up is refused', async () => {
  expect(await tried(Array.from({ length: 6000 }, (_, index) => index).join(','))).toBe(
    'FILESYSTEM_ESCAPE',
  );
  expect(await tried('a/'.repeat(30_000))).toBe('ran');
});

it('a pipe is refused', async () => expect(await tried('fifo')).toBe('FILESYSTEM_KIND'));

it.each([
  'in/a.txt',
  'good',
  'new.txt',
  'new/deep.txt',
  '--file=in/a.txt',
  'https://x/y',
  '10.0.0.0/8',
  'origin/main',
  'HEAD~1',
  's/a/b/',
  'a=b',
  '/dev/null',
  '-5',
  'in:ro',
])('%s is within them', async (argument) => expect(await tried(argument)).toBe('ran'));

it('an absolute path within a grant is, too', async () => {
  expect(await tried(join(place.data, 'in/a.txt'), `--x=${place.data}`)).toBe(
    'FILESYSTEM_FORBIDDEN',
  );
  expect(await tried(join(place.data, 'in/a.txt'), `--x=${place.data}/in/a.txt`)).toBe('ran');
});

describe('the words of an inner command', () => {
  it.each([
    ['FILESYSTEM_NOT_GRANTED', 'show /etc/passwd'],
    ['FILESYSTEM_NOT_GRANTED', `show '/etc/passwd'`],
    ['FILESYSTEM_NOT_GRANTED', 'show < /etc/passwd'],
    ['FILESYSTEM_NOT_GRANTED', 'show x > ../y'],
    ['FILESYSTEM_READ_ONLY', 'show x > ro/r.txt'],
    ['FILESYSTEM_NOT_GRANTED', 'show x | tee out/y'],
    ['COMMAND_NOT_ALLOWED', 'cat in/a.txt'],
    ['COMMAND_NOT_ALLOWED', 'show x; id'],
    ['COMMAND_NOT_ALLOWED', './show'],
    ['COMMAND_RULE', 'cd in; show a'],
  ])('%s: %s', async (code, text) => {
    expect(denialOf(await opened.run({ command: 'sh', args: ['-c', text] }))).toBe(code);
  });

  it('runs what is allowed', async () => {
    const text = `show 'a b' > new.txt; show x 2>/dev/null | tee new2.txt`;
    const { answer, stdout } = await opened.run({ command: 'sh', args: ['-c', text] });
    expect({ answer, stdout }).toEqual({ answer: { exitCode: 0 }, stdout: 'x' });
  });
});

describe('the working directory', () => {
  const where = async (cwd?: string) => {
    const outcome = await opened.run({ command: 'where', ...(cwd === undefined ? {} : { cwd }) });
    return 'exitCode' in outcome.answer ? outcome.stdout.trim() : denialOf(outcome);
  };

  it('is the first granted directory, or one below it', async () => {
    expect(await where()).toBe(place.data);
    const plain = await open(place, {
      commands: ['where'],
      more: '[skills.capabilities]\nfilesystem = ["write:../data", "read:../data/ro"]',
    });
    const below = await plain.run({ cwd: 'in' });
    expect(below.stdout.trim()).toBe(join(place.data, 'in'));
    expect(denialOf(await plain.run({ cwd: 'out' }))).toBe('FILESYSTEM_NOT_GRANTED');
  });

  it('is an empty one that is removed, if nothing is granted', async () => {
    const { run } = await open(place, { commands: ['where'] });
    const { stdout } = await run({});
    expect(stdout.trim().startsWith(tmpdir())).toBe(true);
    expect(() => readdirSync(stdout.trim())).toThrow('ENOENT');
  });
});

it('a grant that is a link gives what it leads to', async () => {
  symlinkSync('data/in', join(place.root, 'alias'));
  const { run } = await open(place, {
    commands: ['show'],
    allowed: ['*'],
    more: '[skills.capabilities]\nfilesystem = ["read:../alias"]',
  });
  expect((await run({ args: ['a.txt', join(place.root, 'alias/a.txt')] })).answer).toEqual({
    exitCode: 0,
  });
});

it('nothing that is granted leads elsewhere when it was made a link', async () => {
  mkdirSync(join(place.root, 'moved'));
  const { run } = await open(place, {
    commands: ['show'],
    allowed: ['*'],
    more: '[skills.capabilities]\nfilesystem = ["write:../moved"]',
  });
  execFileSync('rm', ['-r', join(place.root, 'moved')]);
  symlinkSync('/etc', join(place.root, 'moved'));
  expect(denialOf(await run({ args: ['passwd'] }))).toBe('FILESYSTEM_NOT_GRANTED');
  expect(secret()).toContain('secret');
});
