/** A manifest that `skill import` writes is one that the engine takes, and the skill runs by it. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseManifest } from '@skill-engine/engine';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { main } from '../../packages/cli/src/main.ts';
import { buildScript } from '../components/build.ts';
import { buildGuest } from '../guests/build.ts';
import { outcome, probe } from '../guests/probe.ts';
import { FakeShell } from './fake-shell.ts';

const folder = mkdtempSync(join(tmpdir(), 'skill-import-'));

beforeAll(() => vi.stubEnv('SKILL_ENGINE_HOME', join(folder, 'home')));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

async function skill(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const shell = new FakeShell({ input: '' });
  const code = await main(args, shell);
  return { code, out: shell.stdout.text, err: shell.stderr.text };
}

function place(path: string, content: string): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

/** Accepted, where it asks for something, with the digest that the refusal names. */
async function run(at: string, ...args: string[]): Promise<unknown> {
  const first = JSON.parse((await skill('run', at, ...args, '--json')).out) as {
    error?: { details?: { digest?: string } };
  };
  const digest = first.error?.details?.digest;
  if (digest === undefined) return first;
  return JSON.parse((await skill('run', at, ...args, '--accept', digest, '--json')).out) as unknown;
}

async function lint(at: string) {
  const { out } = await skill('lint', at, '--json');
  const { skills } = JSON.parse(out) as {
    skills: { findings: { id: string; severity: string }[] }[];
  };
  return skills.flatMap(({ findings }) => findings.filter(({ severity }) => severity !== 'note'));
}

it("a manifest of Kubiya's engine becomes one of ours, and its skill runs with its configuration", async () => {
  const wit = `package skill-engine:skill-basic@1.0.0;
world guest {
  import get-config: func(key: string) -> option<string>;
  export get-metadata: func() -> string;
  export get-tools: func() -> string;
  export execute-tool: func(tool-name: string, args: string) -> string;
}`;
  const script = `
export const getMetadata = () => '{"name":"weather"}';
export const getTools = () => JSON.stringify([{ name: 'where', description: '', parameters: [] }]);
export const executeTool = () => JSON.stringify({ success: true, output: getConfig('region') });`;
  const file = place(
    'kubiya/.skill-engine.toml',
    `version = "1"
[skills.weather]
source = "./weather"
[skills.weather.instances.default]
config.region = "eu"
config.api_token = "hidden"
capabilities.network_access = true
capabilities.max_concurrent_requests = 2
`,
  );
  mkdirSync(join(folder, 'kubiya/weather'));
  const built = await buildScript('imported-flat', wit, script);
  copyFileSync(built, join(folder, 'kubiya/weather/skill.wasm'));

  const { code, out, err } = await skill('import', '--from', 'kubiya', file);
  expect(code).toBe(0);
  expect(err).toContain('not carried over: skills.weather.config.api_token');
  expect(err).toContain('not carried over: skills.weather.network_access');
  expect(out + err).not.toContain('hidden');
  place('kubiya/skills.toml', out);
  expect(parseManifest(out, { file: 'skills.toml' }).skills).toHaveLength(1);
  expect(await lint(join(folder, 'kubiya'))).toEqual([]);
  expect(await run(join(folder, 'kubiya'), 'where')).toMatchObject({ ok: true, value: 'eu' });
});

it('a Wassette policy becomes a manifest, and its skill sees what the policy allows', async () => {
  mkdirSync(join(folder, 'wassette/data'), { recursive: true });
  const file = place(
    'wassette/policy.yaml',
    `version: "1.0"
permissions:
  storage:
    allow:
      - uri: "fs:/${join(folder, 'wassette/data')}/**"
        access: ["read"]
      - uri: "fs://etc/*"
        access: ["read"]
`,
  );
  copyFileSync(await buildGuest('probe'), join(folder, 'wassette/wassette.wasm'));
  const { code, out, err } = await skill('import', '--from', 'wassette', file);
  expect(code).toBe(0);
  expect(err).toMatch(/^not carried over: storage "fs:\/\/etc\/\*".*\n$/u);
  place('wassette/skill.toml', out);
  expect(await lint(join(folder, 'wassette'))).toEqual([]);
  const code_ = `return wasi.filesystem.preopens.getDirectories().map(([, name]) => name);`;
  const params = JSON.stringify(probe(code_, []));
  const result = (await run(join(folder, 'wassette'), 'eval', '--params', params)) as {
    value: Parameters<typeof outcome>[0];
  };
  expect(outcome(result.value)).toMatchObject({ value: [join(folder, 'wassette/data')] });
});

it('says what it cannot import, and where it would go wrong', async () => {
  const native = place('native.toml', '[skills.a]\nsource = "./a"\nruntime = "native"\n');
  const refused = await skill('import', '--from', 'kubiya', native);
  expect(refused.code).not.toBe(0);
  expect(refused).toMatchObject({ out: '', err: expect.stringContaining('SKILL.md') });
  expect((await skill('import', '--from', 'other', native)).err).toContain('--from kubiya');
  const wassette = await skill('import', '--from', 'wassette', native, '--instance', 'a');
  expect(wassette.err).toContain('belongs to --from kubiya');
});
