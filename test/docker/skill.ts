/** A skill in a container, opened and called without an engine around it. */
import { randomUUID } from 'node:crypto';
import type { Limits, RuntimeOutcome, RuntimeSession, RuntimeSkill } from '@skill-engine/engine';
import { createDockerRuntime, type DockerRuntimeOptions } from '@skill-engine/docker';
import { effective as effectiveOf } from '../../packages/engine/src/authority/effective.ts';
import { limitsOf } from '../../packages/engine/src/limits/limits.ts';
import { parseManifest } from '../../packages/engine/src/manifest/manifest.ts';

/** Runs what the variable SCRIPT says. */
export const scripted = 'command = ["sh", "-c", "eval \\"$SCRIPT\\""]';

/** What is read from a manifest with these lines in its entry, all of it granted. */
export function skillOf(lines: string, baseDir = '/'): RuntimeSkill {
  const head = '[[skills]]\nname = "boxed"\nruntime = "docker"\n';
  const manifest = parseManifest(`${head}${lines}\n`, { file: 'skill.toml' }).skills[0];
  if (manifest?.runtime !== 'docker') throw new Error('not docker');
  const effective = effectiveOf(
    { declared: manifest.capabilities, granted: 'declared', overrides: manifest.overrides },
    { baseDir, home: '/root' },
  );
  return { manifest, baseDir, effective, limits: limitsOf(manifest.resources) };
}

export function open(
  socket: string,
  lines: string,
  options: DockerRuntimeOptions = {},
): Promise<RuntimeSession> {
  return createDockerRuntime({ socket, ...options }).open(skillOf(lines));
}

export interface Call {
  readonly script?: string;
  readonly tool?: string;
  readonly parameters?: Parameters<RuntimeSession['run']>[0]['parameters'];
  readonly environment?: readonly (readonly [string, string])[];
  readonly limits?: Partial<Limits>;
  readonly signal?: AbortSignal;
  readonly executionId?: string;
}

export function run(session: RuntimeSession, call: Call = {}): Promise<RuntimeOutcome> {
  const { script, tool = 'run', parameters = {}, environment = [], limits = {} } = call;
  return session.run({
    executionId: call.executionId ?? randomUUID(),
    tool,
    parameters,
    environment: script === undefined ? environment : [...environment, ['SCRIPT', script]],
    filterEnvironment: () => [],
    limits: { ...defaults, ...limits },
    signal: call.signal ?? new AbortController().signal,
  });
}

const defaults: Limits = {
  memoryBytes: 64 * 1024 * 1024,
  fuel: 1,
  timeoutMs: 30_000,
  outputBytes: 1024 * 1024,
  diskBytes: 1024 * 1024,
};

/** What a script printed, as text, also where that is JSON. */
export async function said(
  session: RuntimeSession,
  script: string,
  call: Call = {},
): Promise<string> {
  const { answer, stderr } = await run(session, { ...call, script });
  if (!('value' in answer)) throw new Error(`${JSON.stringify(answer)} ${stderr}`);
  return typeof answer.value === 'string' ? answer.value : JSON.stringify(answer.value);
}

export function codeOf({ answer }: RuntimeOutcome): string | undefined {
  return 'error' in answer ? answer.error.code : undefined;
}
