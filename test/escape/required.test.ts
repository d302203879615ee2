/** Required layers that a machine forbids are an error at load, and preferred ones are left out openly. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGuest } from '../guests/build.ts';
import { program, variants } from './layer-variants.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'skill-required-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const source = fileURLToPath(new URL('../../packages/engine/src/index.ts', import.meta.url));

interface Outcome {
  readonly layers?: readonly string[];
  readonly value?: unknown;
  readonly code?: string;
  readonly message?: string;
}

/** Loads and runs a skill in a process of its own, as an engine with these options. */
async function loadIn(
  wrap: readonly string[],
  engine: object,
  load: object = {},
): Promise<Outcome> {
  const guest = await buildGuest('answer');
  const script = `
    import { createEngine } from ${JSON.stringify(source)};
    const engine = await createEngine({ home: ${JSON.stringify(join(folder, 'home'))}, isolation: ${JSON.stringify(engine)} });
    const outcome = await engine.load(${JSON.stringify(guest)}, { isolation: ${JSON.stringify(load)} }).then(
      async ([skill]) => ({ layers: skill.isolation.layers, value: (await engine.execute(skill.name, 'run', {})).value }),
      ({ code, message }) => ({ code, message }));
    await engine.close();
    console.log(JSON.stringify(outcome));`;
  const [command = '', ...args] = [
    ...wrap,
    process.execPath,
    '--no-warnings',
    '--input-type=module',
    '-e',
    script,
  ];
  const { stdout } = await promisify(execFile)(command, args);
  return JSON.parse(stdout) as Outcome;
}

const unshare = program('unshare');
const setpriv = program('setpriv');

/** A machine like many containers: nobody may make a namespace. */
const container = [
  unshare ?? '',
  '--user',
  '--map-root-user',
  '--',
  '/bin/sh',
  '-c',
  `echo 0 > /proc/sys/user/max_user_namespaces && exec ${setpriv ?? ''} --bounding-set=-sys_admin --inh-caps=-sys_admin -- "$0" "$@"`,
];

describe.skipIf(variants.get('unshare')!.missing)('where namespaces are forbidden', () => {
  it('required layers refuse the skill, with the reason', async () => {
    const outcome = await loadIn(container, { os: 'required' });
    expect(outcome.code).toBe('ISOLATION_UNAVAILABLE');
    expect(outcome.message).toMatch(/bwrap .+skill doctor/);
  });

  it('a load can require what its engine only prefers', async () => {
    const outcome = await loadIn(container, {}, { os: 'required' });
    expect(outcome.code).toBe('ISOLATION_UNAVAILABLE');
  });

  it('preferred layers that there are not are not claimed', async () => {
    const outcome = await loadIn(container, {});
    expect(outcome.value).toBe(42);
    expect(outcome.layers).toContain('prlimit');
    expect(outcome.layers).not.toContain('bubblewrap');
    expect(outcome.layers).not.toContain('unshare');
  });
});

it.skipIf(variants.get('bubblewrap')!.missing || variants.get('prlimit')!.missing)(
  'where all layers are there, required ones load the skill',
  async () => {
    const outcome = await loadIn([], { os: 'required' });
    expect(outcome.value).toBe(42);
    expect(outcome.layers).toContain('bubblewrap');
    expect(outcome.layers).toContain('prlimit');
  },
);

it('off uses none of the operating system', async () => {
  const outcome = await loadIn([], { os: 'off' }, { os: 'off' });
  expect(outcome).toEqual({ value: 42, layers: ['locked realm', 'permission model'] });
});
