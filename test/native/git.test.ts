/** A hostile repository under a command that only reads. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { open, Place } from './native.ts';

const hasGit = existsSync('/usr/bin/git');

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.remove());

/** A repository in `data` whose configuration names a program that leaves a mark. */
function repository(key: string): { readonly mark: string } {
  const mark = join(place.root, 'mark');
  const program = place.file('program', `#!/bin/sh\ntouch '${mark}'\nexit 1\n`);
  chmodSync(program, 0o755);
  const git = (...args: string[]) =>
    execFileSync('/usr/bin/git', ['-c', 'user.name=a', '-c', 'user.email=a@b.test', ...args], {
      cwd: place.data,
      stdio: 'ignore',
    });
  git('init', '-q');
  place.file('data/file', 'a');
  git('add', 'file');
  git('commit', '-q', '-m', 'one');
  if (key === 'hooks') {
    const hook = place.file('data/.git/hooks/pre-commit', `#!/bin/sh\ntouch '${mark}'\n`);
    chmodSync(hook, 0o755);
    place.file('data/file', 'b');
    git('config', 'user.name', 'a');
    git('config', 'user.email', 'a@b.test');
  } else {
    git('config', 'user.name', 'a');
    git('config', 'user.email', 'a@b.test');
    git('config', key, program);
  }
  return { mark };
}

it.runIf(hasGit).each([
  ['core.fsmonitor', ['status']],
  ['core.editor', ['commit', '--allow-empty']],
  ['hooks', ['commit', '-a', '-m', 'x']],
])('%s of a repository starts no program', async (key, args) => {
  const { mark } = repository(key);
  const more = '[skills.capabilities]\nfilesystem = ["write:../data"]\n';
  const { run } = await open(place, { commands: ['git'], allowed: ['*', '-*'], more });
  const outcome = await run({ args });
  expect({ marked: existsSync(mark), denials: outcome.denials }).toEqual({
    marked: false,
    denials: [],
  });
  // It ran, and not nothing: the same without these settings leaves the mark.
  execFileSync('/bin/sh', ['-c', `git ${args.join(' ')} || true`], {
    cwd: place.data,
    stdio: 'ignore',
    env: { PATH: '/usr/bin:/bin', HOME: place.root },
  });
  expect(existsSync(mark)).toBe(true);
});

it('a skill without git has nothing of it in its environment', async () => {
  place.command('vars', 'exec env');
  const { run } = await open(place, { commands: ['vars'] });
  expect((await run({})).stdout).not.toContain('GIT_');
});
