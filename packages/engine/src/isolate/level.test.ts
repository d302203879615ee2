import { describe, expect, it } from 'vitest';
import { SkillError } from '../errors.ts';
import type { Detected, Layers } from './layers.ts';
import { isolationFor, layerNames, stricter, type IsolationOptions } from './level.ts';

describe('the stricter of engine and load', () => {
  const cases: [IsolationOptions, IsolationOptions, string][] = [
    [{}, {}, 'process preferred'],
    [{ level: 'thread' }, {}, 'process preferred'],
    [{}, { level: 'thread' }, 'process preferred'],
    [{ level: 'thread' }, { level: 'thread' }, 'thread preferred'],
    [{ level: 'thread' }, { level: 'process' }, 'process preferred'],
    [{ level: 'thread', os: 'required' }, { level: 'thread' }, 'process required'],
    [{ level: 'thread' }, { level: 'thread', os: 'required' }, 'process required'],
    [{ os: 'off' }, {}, 'process off'],
    [{ os: 'off' }, { os: 'preferred' }, 'process preferred'],
    [{ os: 'required' }, { os: 'off' }, 'process required'],
    [{}, { os: 'off' }, 'process preferred'],
  ];
  it.each(cases)('%j and %j', (engine, load, expected) => {
    const { level, os } = stricter(engine, load);
    expect(`${level} ${os}`).toBe(expected);
  });

  it.each([
    [{ level: 'container' }, /isolation\.level of the engine is "container".*process, thread/],
    [{ os: 'on' }, /isolation\.os of the engine is "on".*required, preferred, off/],
    [{ layers: 'all' }, /isolation of the engine has no "layers".*level, os/],
    [null, /isolation of the engine must be an object/],
    ['thread', /isolation of the engine must be an object/],
  ])('%j is refused', (given, message) => {
    const attempt = () => stricter(given as IsolationOptions);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(SkillError);
  });
});

const machine =
  (layers: Layers, problems: [string, string][] = []) =>
  async () =>
    ({ layers, problems: new Map(problems) }) as Detected;

const sandbox = (seccomp: boolean) =>
  ({ kind: 'bubblewrap', path: '/bwrap', userNamespace: true, seccomp, files: [] }) as const;
const complete: Layers = { prlimit: '/prlimit', sandbox: sandbox(true) };
const unshared: Layers = {
  prlimit: '/prlimit',
  setpriv: '/setpriv',
  sandbox: { kind: 'unshare', path: '/unshare', userNamespace: true },
};

describe('what a machine has', () => {
  it('required layers that are all there are used', async () => {
    const isolation = await isolationFor({ os: 'required' }, machine(complete));
    expect(isolation).toEqual({ level: 'process', layers: complete });
    expect(layerNames(isolation)).toEqual([
      'locked realm',
      'permission model',
      'prlimit',
      'bubblewrap',
      'seccomp',
    ]);
  });

  it.each([
    ['nothing', {}, 'bwrap,prlimit'],
    ['no kernel limits', { sandbox: sandbox(true) }, 'prlimit'],
    ['namespaces that show the files of the host', unshared, 'bwrap'],
  ])('required layers that are missing are an error: %s', async (_name, layers, missing) => {
    const detect = machine(layers, [['bwrap', 'No permissions to create new namespace']]);
    const failure = await isolationFor({ os: 'required' }, detect).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ISOLATION_UNAVAILABLE' });
    expect(String((failure as SkillError).details!['missing'])).toBe(missing);
    if (missing.includes('bwrap')) {
      expect((failure as SkillError).message).toContain('No permissions to create new namespace');
    }
  });

  it('preferred layers are those that there are', async () => {
    expect(await isolationFor({}, machine(unshared))).toEqual({
      level: 'process',
      layers: unshared,
    });
    expect(await isolationFor({}, machine({}))).toEqual({ level: 'process', layers: {} });
  });

  it('off uses none, and a thread has none', async () => {
    const never = () => Promise.reject(new Error('not asked'));
    expect(await isolationFor({ os: 'off' }, never)).toEqual({ level: 'process', layers: {} });
    const thread = await isolationFor({ level: 'thread' }, never);
    expect(layerNames(thread)).toEqual(['locked realm']);
  });
});
