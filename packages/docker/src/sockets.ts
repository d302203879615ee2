/** Where the container engine listens. */
import { homedir } from 'node:os';
import { SkillError } from '@skill-engine/engine';
import { DaemonError, Daemon } from './daemon.ts';

/** What the daemon must speak, and the newest that was tried. */
const oldest = [1, 41] as const;
const newest = [1, 47] as const;

/** Where Docker and Podman listen if nobody says otherwise: without root first. */
export function usualSockets(): string[] {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  return [
    ...(runtime === undefined || runtime === ''
      ? []
      : [`${runtime}/podman/podman.sock`, `${runtime}/docker.sock`]),
    `${homedir()}/.docker/run/docker.sock`,
    '/var/run/docker.sock',
    '/run/podman/podman.sock',
  ];
}

/**
 * The sockets to try, first to last.
 *
 * @throws SkillError ISOLATION_UNAVAILABLE for a DOCKER_HOST on another machine
 */
export function socketsOf(given: string | undefined): readonly string[] {
  if (given !== undefined) return [pathOf(given)];
  const host = process.env['DOCKER_HOST'];
  return host === undefined || host === '' ? usualSockets() : [pathOf(host)];
}

function pathOf(host: string): string {
  if (host.startsWith('unix:///')) return host.slice('unix://'.length);
  if (host.startsWith('/')) return host;
  throw new SkillError(
    'ISOLATION_UNAVAILABLE',
    `Containers run by an engine on this machine, spoken to by its Unix socket; found ${JSON.stringify(host)}. ` +
      'Elsewhere the paths that are checked here would be other files.',
  );
}

/** @throws SkillError ISOLATION_UNAVAILABLE where none answers */
export async function connect(sockets: readonly string[], timeoutMs: number): Promise<Daemon> {
  const reasons: string[] = [];
  for (const path of sockets) {
    const daemon = new Daemon(path, timeoutMs);
    try {
      return daemon.at(agreed(await daemon.apiVersion()));
    } catch (error) {
      if (!(error instanceof DaemonError)) throw error;
      reasons.push(`${path}: ${error.message}`);
    }
  }
  throw new SkillError(
    'ISOLATION_UNAVAILABLE',
    `No container engine answers. Start Docker, or Podman with \`systemctl --user start podman.socket\`, or set ` +
      `DOCKER_HOST. Tried: ${reasons.join('; ')}`,
    { details: { missing: ['docker'] } },
  );
}

function agreed(version: string): string {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major !== newest[0] || !(minor >= oldest[1]))
    throw new DaemonError(
      `it speaks version ${version} of the API; needed is ${oldest.join('.')} or later`,
    );
  return `${major}.${Math.min(minor, newest[1])}`;
}
