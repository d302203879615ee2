/** Nothing stays: what an engine that died left behind goes when a skill is next opened, and nothing else does. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containerSpec } from '../../packages/docker/src/spec.ts';
import { missing, Podman, unless } from './podman.ts';
import { open, run, scripted, skillOf } from './skill.ts';

const forever = 'echo up >&2; trap "" TERM; while true; do sleep 1; done';
const lines = `image = "plain"\n${scripted}`;

describe.skipIf(missing !== undefined)(`what is left of containers${unless}`, () => {
  let podman: Podman;

  beforeAll(async () => {
    podman = await Podman.start();
    await podman.image('plain');
  });
  afterAll(() => podman?.close());

  it('of an engine that was killed goes when a skill is next opened', async () => {
    const script = join(import.meta.dirname, 'run-forever.ts');
    const engine = spawn(process.execPath, [script, podman.socket, forever], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    while (!(await podman.containers()).some((name) => name.startsWith('skill-engine-')))
      await once(engine.stdout, 'data');
    engine.kill('SIGKILL');
    await once(engine, 'exit');
    expect(await podman.containers()).toHaveLength(1);
    const opened = await open(podman.socket, lines);
    expect(await podman.containers()).toEqual([]);
    await opened.close();
  });

  it('of calls that still run stays, whoever opens and closes skills meanwhile', async () => {
    const session = await open(podman.socket, lines);
    const stop = new AbortController();
    const running = run(session, { script: forever, signal: stop.signal });
    while ((await podman.containers()).length === 0);
    const other = await open(podman.socket, lines);
    await other.close();
    expect(await podman.containers()).toHaveLength(1);
    stop.abort();
    await running;
    expect(await podman.containers()).toEqual([]);
  });

  it('is not what only bears our labels, which an image can have too', async () => {
    await podman.image('labelled', {
      changes: ['owner=x', 'execution=1', 'deadline=1'].map(
        (each) => `LABEL dev.skill-engine.${each}`,
      ),
    });
    const body = { Image: 'labelled', Cmd: ['true'] };
    await podman.daemon.post('/containers/create', { query: { name: 'somebodys' }, body });
    const opened = await open(podman.socket, lines);
    expect(await podman.containers()).toEqual(['somebodys']);
    await opened.close();
    await podman.daemon.delete('/containers/somebodys');
  });

  it('of an engine that cannot be looked at goes when its time is over, and not before', async () => {
    const plan = { image: 'plain', command: ['true'], user: '1000:1000', readOnly: true };
    const { limits } = skillOf(lines);
    const made = [];
    for (const deadline of [Date.now() - 1, Date.now() + 60_000]) {
      const execution = randomUUID();
      const labels = {
        'dev.skill-engine.owner': 'elsewhere 1 1 x',
        'dev.skill-engine.execution': execution,
        'dev.skill-engine.deadline': String(deadline),
      };
      const body = containerSpec(
        { ...plan, capDrop: [], cpu: undefined, volumes: [] },
        { limits, mounts: [], environment: [], labels },
      );
      const name = `skill-engine-${execution}`;
      await podman.daemon.post('/containers/create', { query: { name }, body });
      made.push(name);
    }
    const opened = await open(podman.socket, lines);
    expect(await podman.containers()).toEqual([made[1]]);
    await opened.close();
    await podman.daemon.delete(`/containers/${made[1]}`);
  });
});
