/** Which file a command is, and that it stays this file. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { createNativeRuntime } from '@skill-engine/native';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { denialOf, open, Place } from './native.ts';

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => {
  vi.unstubAllEnvs();
  place.remove();
});

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');

it('is found in the fixed search path, not in that of the program, the directory or the skill', async () => {
  place.file('elsewhere/tool', '#!/bin/sh\necho evil\n');
  place.file('skill/tool', '#!/bin/sh\necho evil\n');
  for (const folder of ['elsewhere', 'skill']) chmodSync(join(place.root, folder, 'tool'), 0o755);
  vi.stubEnv('PATH', [join(place.root, 'elsewhere'), place.skill, '.'].join(delimiter));
  const options = { searchPath: [place.skill, join(place.skill, 'bin'), place.bin] };
  await expect(open(place, { commands: ['tool'] }, options)).rejects.toMatchObject({
    code: 'COMPONENT_NOT_FOUND',
  });
  place.command('tool', 'echo "good $PATH"');
  const { run } = await open(place, { commands: ['tool'] }, options);
  expect((await run({})).stdout).toBe(`good ${place.bin}\n`);
});

it.each([['relative/bin'], ['.'], [''], ['/usr/../tmp'], ['/a:/b']])(
  'the search path takes no %j',
  (directory) => {
    expect(() => createNativeRuntime({ searchPath: [directory] })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTIONS' }),
    );
  },
);

it('directories that everybody may write to are left out', async () => {
  place.command('tool', 'echo evil');
  chmodSync(place.bin, 0o1777);
  await expect(open(place, { commands: ['tool'] })).rejects.toMatchObject({
    code: 'COMPONENT_NOT_FOUND',
  });
  await expect(open(place, { commands: [join(place.bin, 'tool')] })).rejects.toThrow(
    'everybody may write',
  );
});

it.each([
  ['that everybody may write', 0o757, 'everybody may write it'],
  ['that gives the rights of its owner', 0o4755, 'setuid'],
  ['that gives the rights of its group', 0o2755, 'setgid'],
])('no file %s', async (_, mode, why) => {
  chmodSync(place.command('tool', ''), mode);
  await expect(open(place, { commands: ['tool'] })).rejects.toThrow(why);
});

it('no file that cannot be executed, no directory, nothing of the skill', async () => {
  place.file('bin/text', 'x');
  mkdirSync(join(place.bin, 'folder'));
  const own = place.file('skill/own', '#!/bin/sh\n');
  chmodSync(own, 0o755);
  // As root, everything with one executable bit is.
  chmodSync(join(place.bin, 'text'), 0o644);
  await expect(open(place, { commands: ['text'] })).rejects.toThrow('not executable');
  await expect(open(place, { commands: ['folder'] })).rejects.toThrow('no regular file');
  await expect(open(place, { commands: [own] })).rejects.toThrow("skill's own directory");
  symlinkSync(own, join(place.bin, 'linked'));
  await expect(open(place, { commands: ['linked'] })).rejects.toThrow("skill's own directory");
});

it('nothing that the skill may write', async () => {
  place.command('tool', '');
  const more = '[skills.capabilities]\nfilesystem = ["write:../bin"]';
  await expect(open(place, { commands: [join(place.bin, 'tool')], more })).rejects.toThrow(
    'may write there',
  );
  await expect(open(place, { commands: ['tool'], more })).rejects.toMatchObject({
    code: 'COMPONENT_NOT_FOUND',
  });
});

it('the digest is that of the file, or of the list of them', async () => {
  const [a, b] = [place.command('a', 'echo a'), place.command('b', 'echo b')];
  const one = await open(place, { commands: ['a'] });
  expect(one.session.sha256).toBe(sha256(readFileSync(a)));
  const two = await open(place, { commands: ['b', 'a'] });
  const lines = [`${sha256(readFileSync(a))}  a\n`, `${sha256(readFileSync(b))}  b\n`];
  expect(two.session.sha256).toBe(sha256(lines.toSorted().join('')));
});

it.each([
  ['written to', (file: string) => writeFileSync(file, '#!/bin/sh\necho evil\n')],
  [
    'replaced by one of the same size and time',
    (file: string) => {
      const { mtime, atime } = statSync(file);
      writeFileSync(`${file}.new`, '#!/bin/sh\necho evil\n', { mode: 0o755 });
      utimesSync(`${file}.new`, atime, mtime);
      renameSync(`${file}.new`, file);
    },
  ],
  [
    'written to, and its time set back',
    (file: string) => {
      const { mtime, atime } = statSync(file);
      writeFileSync(file, '#!/bin/sh\necho evil\n');
      utimesSync(file, atime, mtime);
    },
  ],
  [
    'made a link',
    (file: string) => {
      copyFileSync(file, `${file}.copy`);
      rmSync(file);
      symlinkSync(`${file}.copy`, file);
    },
  ],
  ['removed', (file: string) => rmSync(file)],
])('a command that was %s is refused', async (_, change) => {
  const file = place.command('tool', 'echo good');
  // A time that can be set back exactly.
  utimesSync(file, 1_000_000_000, 1_000_000_000);
  const { run } = await open(place, { commands: ['tool', 'sh'], allowed: ['-c', 'tool'] });
  expect((await run({ command: 'tool' })).stdout).toBe('good\n');
  change(file);
  const outcome = await run({ command: 'tool' });
  expect(denialOf(outcome)).toBe('COMMAND_CHANGED');
  expect(denialOf(await run({ command: 'sh', args: ['-c', 'tool'] }))).toBe('COMMAND_CHANGED');
  expect(outcome.denials[0]!.allow).toEqual([]);
});

it('a link to another name is judged by both, and told its own', async () => {
  symlinkSync('/bin/rm', join(place.bin, 'tidy'));
  const { run } = await open(place, { commands: ['tidy'], allowed: ['-*', '*'] });
  const { denials } = await run({ args: ['-r', 'x'] });
  expect(denials).toMatchObject([
    { code: 'COMMAND_RULE', rule: expect.stringContaining('rm-recursive') },
  ]);
});

it('a variable that decides what code runs cannot be asked for', async () => {
  place.command('tool', '');
  for (const name of [
    'LD_PRELOAD',
    'NODE_OPTIONS',
    'BASH_ENV',
    'GIT_SSH_COMMAND',
    'PYTHONSTARTUP',
    'PERL5OPT',
    'IFS',
    'ld_preload',
  ]) {
    await expect(
      open(place, { commands: ['tool'], more: `env_allowlist = ["${name}"]` }),
    ).rejects.toThrow(name);
  }
});

it('some pass by name, and by no pattern', async () => {
  place.command('vars', 'exec env');
  const environment = {
    HOME: '/home/x',
    GIT_AUTHOR_NAME: 'Ada',
    DOCKER_HOST: 'x',
    GIT_PAGER: 'evil',
  };
  const all = await open(place, { commands: ['vars'], more: 'env_allowlist = ["*"]' });
  const { stdout } = await all.run({}, { environment });
  expect(stdout).not.toMatch(/Ada|DOCKER|\/home\/x|evil/);
  const named = await open(place, {
    commands: ['vars'],
    more: 'env_allowlist = ["*", "GIT_AUTHOR_NAME", "HOME"]',
  });
  const second = await named.run({}, { environment });
  expect(second.stdout).toMatch(/GIT_AUTHOR_NAME=Ada/);
  expect(second.stdout).toMatch(/HOME=\/home\/x/);
  expect(second.stdout).not.toMatch(/DOCKER|evil/);
});

it('is not for Windows', async () => {
  place.command('tool', '');
  const own = Object.getOwnPropertyDescriptor(process, 'platform')!;
  Object.defineProperty(process, 'platform', { ...own, value: 'win32' });
  try {
    await expect(open(place, { commands: ['tool'] })).rejects.toMatchObject({
      code: 'RUNTIME_UNSUPPORTED',
      message: expect.stringContaining('Windows'),
    });
  } finally {
    Object.defineProperty(process, 'platform', own);
  }
});

it('a denial of an argument has the section as it would have to read', async () => {
  place.command('tool', '');
  const { run } = await open(place, {
    commands: ['tool'],
    allowed: ['a'],
    forbidden: ['--exec', '-x'],
  });
  const { denials, answer } = await run({ args: ['a', 'b', '--exe=c'] });
  expect(answer).toMatchObject({ error: { code: 'CAPABILITY_DENIED' } });
  expect(denials).toEqual([
    {
      code: 'COMMAND_ARGUMENT',
      resource: '--exe=c',
      operation: 'execute',
      rule: 'declared: forbidden_args has "--exec"',
      allow: [
        '[skills.allowed_commands]',
        'commands = ["tool"]',
        'allowed_args = ["a", "b", "--exe=c"]',
        'forbidden_args = ["-x"]',
      ],
      count: 1,
    },
  ]);
  const { allow } = denials[0]!;
  const list = (key: string) =>
    JSON.parse(allow.find((line) => line.startsWith(key))!.split(' = ')[1]!) as string[];
  const again = await open(place, {
    commands: list('commands'),
    allowed: list('allowed'),
    forbidden: list('forbidden'),
  });
  expect((await again.run({ args: ['a', 'b', '--exe=c'] })).answer).toEqual({ exitCode: 0 });
});

it('the section keeps the environment that is written in it, and takes none that is written elsewhere', async () => {
  place.command('tool', '');
  const linesOf = async (more: string) => {
    const { run } = await open(place, { commands: ['tool'], more });
    const { denials } = await run({ args: ['a'] });
    return denials[0]?.allow.slice(2);
  };
  const lists = ['env_allowlist = ["HOME"]', 'env_blocklist = ["TERM"]'];
  const kept = ['allowed_args = ["a"]'];
  expect(await linesOf(lists.join('\n'))).toEqual([...kept, ...lists]);
  const elsewhere = '[skills.capabilities.environment]\nallowlist = ["HOME"]';
  expect(await linesOf(elsewhere)).toEqual(kept);
});
