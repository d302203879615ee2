/** The image: found once when a skill is opened, and known by its digest from then on. */
import { posix } from 'node:path';
import { SkillError } from '@skill-engine/engine';
import { DaemonError, type Daemon } from './daemon.ts';
import { list, record, text } from './fields.ts';

export interface Image {
  /** `sha256:` and 64 hexadecimal digits; what containers are made from. */
  readonly id: string;
  /** Whether it says what runs in it. */
  readonly hasProgram: boolean;
  /** Paths of its `VOLUME`s, sorted. */
  readonly volumes: readonly string[];
}

/** When images are fetched: never, or where one is missing. */
export type PullPolicy = 'never' | 'missing';

const mostVolumes = 16;
const longestPullMs = 600_000;

/** @throws SkillError COMPONENT_NOT_FOUND where it is missing, RUNTIME_UNSUPPORTED for one that cannot run closed */
export async function findImage(daemon: Daemon, name: string, pull: PullPolicy): Promise<Image> {
  // The name becomes part of a path.
  if (name.split('/').some((part) => /^\.*$/.test(part)))
    throw unsupported(name, 'this is no name of an image');
  let found = await inspect(daemon, name);
  if (found === undefined && pull === 'missing') {
    await fetchImage(daemon, name);
    found = await inspect(daemon, name);
  }
  if (found === undefined) {
    throw new SkillError(
      'COMPONENT_NOT_FOUND',
      `The image ${name} is not on this machine. Get it with \`docker pull ${name}\` (or \`podman pull ${name}\`).`,
      { details: { image: name } },
    );
  }
  const id = text(found['Id']);
  if (!/^sha256:[0-9a-f]{64}$/.test(id)) throw new DaemonError(`the image ${name} has no digest`);
  const system = text(found['Os']);
  if (system !== 'linux') throw unsupported(name, `it is made for ${system}; allowed: linux`);
  const config = record(found['Config']);
  const volumes = Object.keys(record(config['Volumes'] ?? {}));
  if (volumes.length > mostVolumes)
    throw unsupported(name, `it declares ${volumes.length} volumes; allowed: ${mostVolumes}`);
  const folder = text(config['WorkingDir'] ?? '');
  // Runtimes that are not up to date lead out of the container by the files that they have open.
  if (/^\/+(proc|sys|dev)(\/|$)/.test(posix.normalize(folder)))
    throw unsupported(name, `its working directory is ${JSON.stringify(folder.slice(0, 200))}`);
  const program = [...list(config['Entrypoint'] ?? []), ...list(config['Cmd'] ?? [])];
  return {
    id,
    hasProgram: program.length > 0,
    volumes: volumes.map((path) => volumePath(name, path)).toSorted(),
  };
}

async function inspect(
  daemon: Daemon,
  name: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    return record(await daemon.get(`/images/${encodeURIComponent(name)}/json`));
  } catch (error) {
    if (error instanceof DaemonError && error.status === 404) return undefined;
    throw error;
  }
}

async function fetchImage(daemon: Daemon, name: string): Promise<void> {
  const isTagged = /[:@][^/]*$/.test(name);
  await daemon.fetchImage(isTagged ? name : `${name}:latest`, longestPullMs);
}

function volumePath(image: string, path: string): string {
  const normal = posix.normalize(path).replace(/(.)\/$/, '$1');
  const isPlain = /^\/[A-Za-z0-9._/ -]+$/.test(normal);
  if (!isPlain || /^\/(proc|sys|dev)(\/|$)/.test(normal))
    throw unsupported(image, `it declares a volume at ${JSON.stringify(path.slice(0, 200))}`);
  return normal;
}

function unsupported(name: string, why: string): SkillError {
  return new SkillError('RUNTIME_UNSUPPORTED', `The image ${name} cannot be run: ${why}.`, {
    details: { image: name },
  });
}
