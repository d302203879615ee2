/** Places that are never mounted, whoever grants them, and places at which nothing is mounted. */
import { covers } from './paths.ts';

export interface HostPlaces {
  /** Real paths of the daemon's sockets: who speaks with it has its powers. */
  readonly sockets: readonly string[];
  /** Where the daemon keeps images and containers: the files of all others. */
  readonly dataDirectory: string | undefined;
}

const kernel = ['/proc', '/sys', '/dev'];

/** What is never mounted: neither what lies in these, nor what they lie in. */
export function closedPlaces({ sockets, dataDirectory }: HostPlaces): string[] {
  const data = dataDirectory === undefined ? [] : [dataDirectory];
  return [...kernel, '/run', ...sockets, ...data];
}

/** Why, of a real path that is closed. */
export function refusedKind(source: string): string {
  if (source === '/') return 'the root of the host is not mounted';
  if (kernel.some((path) => covers(path, source)))
    return 'interfaces of the kernel are not mounted';
  if (['/run', '/var/run'].some((path) => covers(path, source)))
    return 'sockets of services lie here, and a read-only mount lets a guest connect to them';
  return 'sockets or data of a container engine lie here, or interfaces of the kernel';
}

/** The container engine puts files of its own there, and would make them in what is mounted, on the host. */
const engines = ['/etc', '/run', '/sbin', '/usr', '/usr/sbin', '/var', '/var/run'];

/** Why nothing is mounted at a path in the container, or `undefined`. */
export function refusedTarget(target: string): string | undefined {
  if (target === '/') return 'it would take the place of the image';
  if (kernel.some((path) => covers(path, target))) return 'the kernel shows itself there';
  if (engines.includes(target)) return 'the container engine puts files of its own there';
  return undefined;
}
