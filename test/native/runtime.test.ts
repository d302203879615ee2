/** Native commands from `open` to the last end: what they get, and what is refused. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { denialOf, open, Place } from './native.ts';

let place: Place;
beforeAll(() => {
  place = new Place();
});
afterAll(() => place.remove());

it('runs a command with its arguments, and answers with its exit code and output', async () => {
  place.command('say', 'printf "%s|" "$@"; cat; echo oops >&2; exit 3');
  const { run, session } = await open(place, { commands: ['say'], allowed: ['*'] });
  const outcome = await run({ args: ['a b', '$(id)', '; id', '*'], stdin: 'in' });
  expect(outcome).toEqual({
    answer: { exitCode: 3 },
    stdout: 'a b|$(id)|; id|*|in',
    stderr: 'oops\n',
    denials: [],
    memoryPeakBytes: null,
  });
  expect(session.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(session.layers[0]).toMatch(/no sandbox/);
});

it('has nothing of the environment but what passes and what is fixed', async () => {
  place.command('vars', 'exec env');
  const { run } = await open(place, {
    commands: ['vars'],
    more: 'env_allowlist = ["REGION", "EVIL*", "L*", "GIVEN"]',
  });
  const environment = {
    REGION: 'eu',
    LD_PRELOAD: '/x.so',
    LANGUAGE: 'de',
    OTHER: 'no',
    PATH: '/evil',
  };
  const { stdout } = await run({ env: { GIVEN: 'yes' } }, { environment });
  const names = stdout
    .trim()
    .split('\n')
    .map((line) => line.split('=', 1)[0]);
  expect(
    names.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name!)).toSorted(),
  ).toEqual([
    'GIVEN',
    'HOME',
    'LANG',
    'LANGUAGE',
    'PATH',
    'REGION',
    'SKILL_ENGINE_EXECUTION',
    'TMPDIR',
  ]);
  expect(stdout).toContain(`\nPATH=${place.bin}:/usr/bin:/bin\n`);
  expect(denialOf(await run({ env: { LD_PRELOAD: '/x.so' } }))).toBe('ENVIRONMENT_BLOCKED');
  // As one text, this would be another variable.
  expect(denialOf(await run({ env: { 'EVIL=': 'x' } }))).toBe('ENVIRONMENT_BLOCKED');
  const all = await open(place, { commands: ['vars'], more: 'env_allowlist = ["*"]' });
  expect(denialOf(await all.run({ env: { 'PATH=/evil': 'x' } }))).toBe('ENVIRONMENT_BLOCKED');
  expect(denialOf(await run({ env: { SOMETHING: 'x' } }))).toBe('ENVIRONMENT_NOT_GRANTED');
});
