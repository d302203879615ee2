/** Which walls stand around the isolates of a skill: what the embedder asks for, and what the machine has. */
import { SkillError } from '../errors.ts';
import { detectLayers, NO_LAYERS, type Detected, type Layers } from './layers.ts';

/** How strong the walls around guests are. */
export interface IsolationOptions {
  /**
   * `process`: guests run in a child process without powers. `thread`: in a thread of this process, for skills of
   * the trust level `trusted`; it takes effect only where the engine and the load both say so.
   * `docs/internals/isolation.md` says what a thread gives up. Default `process`.
   */
  readonly level?: 'process' | 'thread';
  /**
   * Layers of the operating system around a process. `required`: a skill whose isolates cannot have all of a file
   * system, network and process table of their own, and kernel limits, is not loaded. `preferred`: whatever this
   * machine has. `off`: none of them. A load may only be stricter than its engine. Default `preferred`.
   */
  readonly os?: 'required' | 'preferred' | 'off';
}

/** What the isolates of a pool get: plain data, for the supervisor's thread. */
export type Isolation =
  | { readonly level: 'process'; readonly layers: Layers }
  | { readonly level: 'thread' };

const levels = ['process', 'thread'] as const;
const strictness = ['required', 'preferred', 'off'] as const;

/**
 * The stricter of what engine and load ask for. Required layers rule out a thread, which cannot have them.
 *
 * @throws SkillError INVALID_OPTIONS
 */
export function stricter(
  engine: IsolationOptions = {},
  load: IsolationOptions = {},
): Required<IsolationOptions> {
  check(engine, 'the engine');
  check(load, 'the load');
  const wishes = [engine.os ?? 'preferred', load.os ?? engine.os ?? 'preferred'];
  const os = strictness.find((one) => wishes.includes(one))!;
  const thread = engine.level === 'thread' && load.level === 'thread' && os !== 'required';
  return { level: thread ? 'thread' : 'process', os };
}

function check(options: IsolationOptions, whose: string): void {
  const refuse = (problem: string): never => {
    throw new SkillError('INVALID_OPTIONS', `isolation of ${whose} ${problem}.`);
  };
  if (typeof options !== 'object' || options === null) refuse('must be an object');
  for (const key of Object.keys(options)) {
    if (key !== 'level' && key !== 'os') refuse(`has no "${key}"; it has level, os`);
  }
  const oneOf = (key: string, value: string | undefined, allowed: readonly string[]) => {
    if (value === undefined || allowed.includes(value)) return;
    throw new SkillError(
      'INVALID_OPTIONS',
      `isolation.${key} of ${whose} is ${JSON.stringify(value)}; it must be one of ${allowed.join(', ')}.`,
    );
  };
  oneOf('level', options.level, levels);
  oneOf('os', options.os, strictness);
}

/**
 * Finds what `options` ask for on this machine.
 *
 * @param detect tests put other machines in its place
 * @throws SkillError ISOLATION_UNAVAILABLE when layers are required and missing
 */
export async function isolationFor(
  { level = 'process', os = 'preferred' }: IsolationOptions,
  detect: () => Promise<Detected> = detectLayers,
): Promise<Isolation> {
  if (level === 'thread') return { level };
  if (os === 'off') return { level, layers: NO_LAYERS };
  const detected = await detect();
  if (os === 'required' && !isComplete(detected.layers)) throw unavailable(detected);
  return { level, layers: detected.layers };
}

/** Whether a process in these layers sees no file, network or process of the host, and is bounded by the kernel. */
export function isComplete({ prlimit, sandbox }: Layers): boolean {
  return prlimit !== undefined && sandbox?.kind === 'bubblewrap';
}

function unavailable({ layers, problems }: Detected): SkillError {
  const missing = [
    ...(layers.sandbox?.kind === 'bubblewrap' ? [] : (['bwrap'] as const)),
    ...(layers.prlimit ? [] : (['prlimit'] as const)),
  ];
  const reasons = missing.map(
    (program) => `${program} ${problems.get(program) ?? 'does not exist here'}`,
  );
  return new SkillError(
    'ISOLATION_UNAVAILABLE',
    `Layers of the operating system are required around this skill, and this machine does not have them all: ${reasons.join('; ')}. ` +
      '`skill doctor` says how to get them; isolation.os = "preferred" does without.',
    { details: { missing, platform: process.platform } },
  );
}

/** Names of the layers, for people and records. */
export function layerNames(isolation: Isolation): readonly string[] {
  if (isolation.level === 'thread') return ['locked realm'];
  const { prlimit, setpriv, nobody, sandbox } = isolation.layers;
  return [
    'locked realm',
    'permission model',
    ...(prlimit ? ['prlimit'] : []),
    ...(sandbox ? [sandbox.kind] : []),
    ...(sandbox?.kind === 'bubblewrap' && sandbox.seccomp ? ['seccomp'] : []),
    ...(setpriv ? ['setpriv'] : []),
    ...(nobody ? ['nobody'] : []),
  ];
}
