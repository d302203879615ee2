import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HookCall } from '../hook.ts';
import { toolMatcher } from '../pattern.ts';
import { artefactKind } from './artefact-review.ts';
import { artefactReview, rateLimits, timeWindows, toolLists } from './index.ts';

const call = (more: Partial<HookCall> = {}) =>
  ({ executionId: 'x', skill: 'git', tool: 'push', user: 'ada', ...more }) as HookCall;
const allows = async (hook: { before?: (one: HookCall) => unknown }, one = call()) =>
  ((await hook.before!(one)) as { decision: string }).decision === 'allow';

describe('patterns of tools', () => {
  it('match whole names only, and * stays within a name', () => {
    const matches = (pattern: string, skill: string, tool: string) =>
      toolMatcher([pattern], 'test')(skill, tool);
    expect(matches('git', 'git', 'push')).toBe(true);
    expect(matches('git', 'gitlab', 'push')).toBe(false);
    expect(matches('git/push', 'git', 'push-force')).toBe(false);
    expect(matches('*/push*', 'git', 'push-force')).toBe(true);
    expect(matches('g*t*/p*', 'git', 'push')).toBe(true);
    expect(matches('a*a', 'a', 'x')).toBe(false);
    expect(matches('Git', 'git', 'push')).toBe(false);
    expect(matches('.*', 'git', 'push')).toBe(false);
  });

  it.each(['', 'a/b/c', 'a b', 'a/', '(a+)+', 'gіt', 'a'.repeat(201)])(
    '%j is no pattern',
    (one) => {
      expect(() => toolMatcher([one], 'deny')).toThrow('is no pattern');
    },
  );

  it('agree with a regular expression, and take linear time', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), minLength: 1, maxLength: 8 });
    const names = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(letters, names, (pattern, name) => {
        const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name);
        expect(toolMatcher([pattern], 'test')(name, 't')).toBe(expected);
      }),
    );
    const bomb = toolMatcher([`${'*a'.repeat(99)}*b`], 'test');
    expect(bomb('a'.repeat(200_000), 't')).toBe(false);
  });
});

it('lists: deny wins, and an allow list closes the rest', async () => {
  expect(await allows(toolLists({ deny: ['git/push'] }))).toBe(false);
  expect(await allows(toolLists({ allow: ['git/*'] }))).toBe(true);
  expect(await allows(toolLists({ allow: ['git/*'], deny: ['*/push'] }))).toBe(false);
  expect(await allows(toolLists({ allow: [] }))).toBe(false);
});

describe('time windows', () => {
  const at = (time: string, window: object, timeZone = 'Europe/Berlin') =>
    allows(
      timeWindows({
        windows: [window as { from: string; to: string }],
        timeZone,
        now: () => Date.parse(time),
      }),
    );

  it('go by the clocks of the zone, the end excluded', async () => {
    const office = { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' };
    expect(await at('2026-01-05T08:00:00Z', office)).toBe(true);
    expect(await at('2026-01-05T07:59:59Z', office)).toBe(false);
    expect(await at('2026-01-05T16:00:00Z', office)).toBe(false);
    expect(await at('2026-01-04T10:00:00Z', office)).toBe(false);
    expect(await at('2026-07-06T07:00:00Z', office)).toBe(true);
  });

  it('over midnight belong to the day on which they begin', async () => {
    const night = { days: ['fri'], from: '22:00', to: '06:00' };
    expect(await at('2026-01-09T22:00:00Z', night, 'UTC')).toBe(true);
    expect(await at('2026-01-10T05:59:00Z', night, 'UTC')).toBe(true);
    expect(await at('2026-01-10T22:30:00Z', night, 'UTC')).toBe(false);
    expect(await at('2026-01-09T05:00:00Z', night, 'UTC')).toBe(false);
  });

  it('hold across changes of the clocks: a skipped hour never comes, a repeated one comes twice', async () => {
    const two = { from: '02:00', to: '03:00' };
    // 2026-03-29: 01:59:59 CET is followed by 03:00 CEST.
    expect(await at('2026-03-29T00:59:59Z', two)).toBe(false);
    expect(await at('2026-03-29T01:00:00Z', two)).toBe(false);
    // 2026-10-25: 02:00 to 03:00 comes in CEST and again in CET.
    expect(await at('2026-10-25T00:30:00Z', two)).toBe(true);
    expect(await at('2026-10-25T01:30:00Z', two)).toBe(true);
    expect(await at('2026-10-25T02:00:00Z', two)).toBe(false);
  });

  it.each([
    [{ windows: [{ from: '9:00', to: '17:00' }], timeZone: 'UTC' }],
    [{ windows: [{ from: '09:00', to: '25:00' }], timeZone: 'UTC' }],
    [{ windows: [{ from: '09:00', to: '09:00' }], timeZone: 'UTC' }],
    [{ windows: [{ from: '09:00', to: '17:00', days: ['monday'] }], timeZone: 'UTC' }],
    [{ windows: [{ from: '09:00', to: '17:00' }], timeZone: 'Mars/Olympus' }],
  ])('refuse %j', (options) => {
    expect(() => timeWindows(options as never)).toThrow('timeWindows:');
  });

  it('in no window, nothing passes', async () => {
    expect(await allows(timeWindows({ windows: [], timeZone: 'UTC' }))).toBe(false);
  });
});

describe('rate limits', () => {
  it('slide, count apart what is apart, and take nothing for a call that another rule refuses', async () => {
    let now = 0;
    const hook = rateLimits({
      now: () => now,
      rules: [
        { count: 2, perMs: 1000, per: 'user' },
        { count: 3, perMs: 1000, per: 'tool' },
      ],
    });
    expect([await allows(hook), await allows(hook), await allows(hook)]).toEqual([
      true,
      true,
      false,
    ]);
    const grace = call({ user: 'grace' });
    expect([await allows(hook, grace), await allows(hook, grace)]).toEqual([true, false]);
    now = 999;
    expect(await allows(hook)).toBe(false);
    now = 1000;
    expect(await allows(hook)).toBe(true);
  });

  it('a name cannot be made to count as another', async () => {
    const hook = rateLimits({ rules: [{ count: 1, perMs: 1000, per: 'user' }], now: () => 0 });
    expect(await allows(hook, call({ user: null }))).toBe(true);
    expect(await allows(hook, call({ user: 'null' }))).toBe(true);
    expect(await allows(hook, call({ user: null }))).toBe(false);
  });
});

describe('artefact review', () => {
  it.each([
    '/w/main.tf',
    '/w/prod.tfvars',
    '/w/prod.auto.tfvars.json',
    '/w/tfplan',
    '/w/x.plan',
    '/w/RUN.SH',
    '/w/run.sh.',
    '/w/values-prod.yaml',
    '/w/Chart.yaml',
    '/w/templates/a.yml',
    '/w/k8s/a/b.json',
    '/w/deployment.yaml',
    '/w/template.yaml',
    '/w/main.bicep',
    '/w/Dockerfile',
    '/w/.github/workflows/ci.yml',
    `/w/${'a'.repeat(300)}`,
  ])('flags %s', (path) => expect(artefactKind(path)).toBeTypeOf('string'));

  it.each(['/w/notes.md', '/w/data.json', '/w/tf', '/w/shell.txt', '/k8s/readme.md', '/w/a.yaml'])(
    'leaves %s',
    (path) => expect(artefactKind(path)).toBeUndefined(),
  );

  it('a list that was cut short is no list without artefacts', async () => {
    const result = { filesWritten: { paths: ['/w/a.txt'], complete: false } };
    expect(await artefactReview().after!(call(), result as never)).toMatchObject({
      decision: 'withhold',
    });
  });
});
