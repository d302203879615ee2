/** Containers by the engine and the command line, with the skill and the program of the guide. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDockerRuntime } from '@skill-engine/docker';
import {
  createEngine,
  MemoryAuditStore,
  MemoryCredentialStore,
} from '../../packages/engine/src/index.ts';
import { Home } from '../cli/skill.ts';
import { missing, Podman, unless } from './podman.ts';

const page = readFileSync('docs/guides/docker.md', 'utf8');
const block = (language: string): string =>
  new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'm').exec(page)?.[1] ?? '';

describe.skipIf(missing !== undefined)(`container skills${unless}`, () => {
  const home = new Home();
  let podman: Podman;
  let lines: string;
  let environment: Record<string, string>;

  beforeAll(async () => {
    podman = await Podman.start();
    await podman.image('docker.io/library/busybox:1.37');
    lines = skill('lines', block('toml'));
    mkdirSync(join(lines, 'texts'));
    writeFileSync(join(lines, 'texts/note.txt'), 'one\ntwo\n');
    environment = { DOCKER_HOST: `unix://${podman.socket}` };
  });
  afterAll(async () => {
    home[Symbol.dispose]();
    await podman?.close();
  });

  function skill(name: string, manifest: string): string {
    const folder = join(podman.folder, name);
    mkdirSync(folder);
    writeFileSync(join(folder, 'skill.toml'), manifest);
    return folder;
  }

  it("the guide's program prints what the guide says", () => {
    mkdirSync('.cache/snippets', { recursive: true });
    const file = resolve('.cache/snippets/docker.ts');
    writeFileSync(file, block('ts'));
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], {
      cwd: podman.folder,
      encoding: 'utf8',
      env: { ...process.env, ...environment, SKILL_ENGINE_HOME: home.path },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.trim()).toBe(/^It prints `(.*)`\.$/m.exec(page)?.[1]);
  });

  it('skill run asks for consent, runs, and records the digest of the image', async () => {
    const asked = await home.run(['run', lines, 'count', '--file', 'note.txt'], { environment });
    expect(asked.code, asked.stderr).toBe(4);
    const digest = /--accept ([0-9a-f]{64})/.exec(asked.stderr)?.[1] ?? '';
    const args = ['run', lines, 'count', '--file', 'note.txt', '--accept', digest];
    const ran = await home.run(args, { environment });
    expect(ran).toMatchObject({ code: 0, stdout: '2\n' });
    const bad = await home.run(['run', lines, 'count', '--file', '../x'], { environment });
    expect(bad.code).toBe(3);
    const [record] = await home.history('--status', 'success');
    expect(record).toMatchObject({
      skill_name: 'lines',
      tool_name: 'count',
      component_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(await podman.containers()).toEqual([]);
  });

  it('the time limit, the caller and the end of the engine each end the container', async () => {
    const folder = skill(
      'sleeper',
      '[skill]\nname = "sleeper"\nruntime = "docker"\nimage = "busybox:1.37"\ncommand = ["sh", "-c", "trap : TERM; sleep 100 & wait; sleep 100"]\n',
    );
    const audit = new MemoryAuditStore();
    const runtimes = [createDockerRuntime({ socket: podman.socket })];
    const engine = await createEngine({ audit, runtimes });
    await engine.load(folder, { grant: 'declared' });
    const late = await engine.execute('sleeper', 'run', {}, { limits: { timeoutMs: 1500 } });
    expect(!late.ok && late.error.code).toBe('TIMEOUT');
    const isRunning = async (): Promise<void> => {
      while ((await podman.containers()).length === 0);
    };
    const stop = new AbortController();
    const cancelled = engine.execute('sleeper', 'run', {}, { signal: stop.signal });
    await isRunning();
    stop.abort();
    expect(await cancelled).toMatchObject({ ok: false, error: { code: 'CANCELLED' } });
    const closed = engine.execute('sleeper', 'run', {});
    await isRunning();
    await engine.close();
    expect((await closed).ok).toBe(false);
    expect(await podman.containers()).toEqual([]);
  });

  it('a credential for the guest comes as a variable, and nothing that it prints shows it', async () => {
    const folder = skill(
      'teller',
      `[skill]
name = "teller"
runtime = "docker"
image = "busybox:1.37"
command = ["sh", "-c", 'env | grep -c tell-nobody; echo "$api_key $API_KEY" >&2; env | grep tell-nobody >&2; exit 3']
[skill.capabilities.credentials]
api_key = { hosts = ["example.com"], exposure = "guest" }
`,
    );
    const credentials = new MemoryCredentialStore({ teller: { api_key: 'tell-nobody-1234' } });
    const audit = new MemoryAuditStore();
    await using engine = await createEngine({
      audit,
      credentials,
      runtimes: [createDockerRuntime({ socket: podman.socket })],
    });
    await engine.load(folder, { grant: 'declared' });
    const result = await engine.execute('teller', 'run', {});
    expect(result).toMatchObject({ ok: false, stdout: '1\n', error: { code: 'TOOL_FAILED' } });
    const { records } = await audit.query({});
    expect(JSON.stringify([result, records])).not.toContain('tell-nobody');
  });

  it('a skill that the container engine cannot hold is refused when it is loaded', async () => {
    const folder = skill(
      'caller',
      '[skill]\nname = "caller"\nruntime = "docker"\nimage = "busybox:1.37"\ncommand = ["true"]\n[skill.capabilities]\nnetwork = ["https://example.com"]\n',
    );
    await using engine = await createEngine({
      audit: new MemoryAuditStore(),
      runtimes: [createDockerRuntime({ socket: podman.socket })],
    });
    await expect(engine.load(folder, { grant: 'declared' })).rejects.toMatchObject({
      code: 'RUNTIME_UNSUPPORTED',
    });
    // What nobody granted is not asked for.
    expect(await engine.load(folder, { grant: 'none' })).toHaveLength(1);
  });
});
