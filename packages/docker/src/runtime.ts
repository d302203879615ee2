/** Where an embedding program gets containers from. */
import { SkillError, type Runtime } from '@skill-engine/engine';
import type { PullPolicy } from './image.ts';
import { openSession } from './session.ts';
import { socketsOf } from './sockets.ts';

/** How containers are run. */
export interface DockerRuntimeOptions {
  /**
   * Unix socket of the container engine: a path, or `unix://` and one. Default: `DOCKER_HOST` if it is set, else the
   * first that answers of the usual sockets of Podman and Docker, those of the user before those of root.
   */
  readonly socket?: string | undefined;
  /**
   * When images are fetched from a registry: `never`, so that a missing one is an error that says how to get it, or
   * `missing`, when a skill is opened. Default `never`.
   */
  readonly pull?: 'never' | 'missing' | undefined;
  /** Milliseconds within which the container engine has to answer one request. Default 10 000. */
  readonly requestTimeoutMs?: number | undefined;
}

const known = ['socket', 'pull', 'requestTimeoutMs'];

/**
 * Runs skills with `runtime = "docker"`, for `EngineOptions.runtimes`. Every call gets a fresh container without
 * network, root or powers, which is removed whatever happens. Nothing is connected before a skill is opened.
 *
 * @throws SkillError INVALID_OPTIONS
 */
export function createDockerRuntime(options: DockerRuntimeOptions = {}): Runtime {
  const { socket, pull = 'never', requestTimeoutMs = 10_000 } = options;
  for (const key of Object.keys(options))
    if (!known.includes(key)) throw invalid(key, `unknown; known are ${known.join(', ')}`);
  if (socket !== undefined && typeof socket !== 'string') throw invalid('socket', 'no text');
  if (!(['never', 'missing'] satisfies PullPolicy[]).includes(pull))
    throw invalid('pull', 'neither "never" nor "missing"');
  if (!Number.isSafeInteger(requestTimeoutMs) || requestTimeoutMs < 1 || requestTimeoutMs > 600_000)
    throw invalid('requestTimeoutMs', 'no whole number from 1 to 600 000');
  return {
    kind: 'docker',
    open: async (skill) =>
      openSession(skill, { sockets: socketsOf(socket), pull, requestTimeoutMs }),
  };
}

function invalid(key: string, problem: string): SkillError {
  return new SkillError(
    'INVALID_OPTIONS',
    `The option ${key} of createDockerRuntime is ${problem}.`,
  );
}
