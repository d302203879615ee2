/** Whether the container engine can keep what is asked of it, by its own word and by what it makes of a container. */
import { realpath } from 'node:fs/promises';
import { SkillError } from '@skill-engine/engine';
import type { Daemon } from './daemon.ts';
import { list, number, record, text, type Fields } from './fields.ts';
import type { HostPlaces } from './places.ts';
import { usualSockets } from './sockets.ts';

export interface Machine {
  readonly places: HostPlaces;
  readonly processors: number;
  /** What stands around containers, for people. */
  readonly layers: readonly string[];
}

/** @throws SkillError ISOLATION_UNAVAILABLE where a limit would not be kept */
export async function examineMachine(daemon: Daemon): Promise<Machine> {
  const info = record(await daemon.get('/info'));
  if (info['OSType'] !== 'linux') throw lacking('containers of Linux');
  for (const [field, what] of [
    ['MemoryLimit', 'a limit of memory'],
    ['SwapLimit', 'a limit of swap'],
    ['PidsLimit', 'a limit of processes'],
    ['CpuCfsQuota', 'a limit of processor time'],
  ] as const) {
    if (info[field] !== true) throw lacking(`${what}; it needs the control groups of the kernel`);
  }
  const security = list(info['SecurityOptions'] ?? []).map(text);
  const seccomp = security.find((option) => /(^|=)seccomp(,|$)/.test(option));
  if (seccomp === undefined || /unconfined/.test(seccomp))
    throw lacking('a filter of system calls');
  const known = ['apparmor', 'selinux', 'rootless', 'userns'];
  const root = info['DockerRootDir'];
  return {
    places: {
      sockets: [daemon.socketPath, ...(await realPaths([daemon.socketPath, ...usualSockets()]))],
      dataDirectory: typeof root === 'string' && root !== '' ? await real(root) : undefined,
    },
    processors: number(info['NCPU']),
    layers: [
      'container',
      'seccomp',
      ...known.filter((name) => security.some((option) => option.includes(name))),
    ],
  };
}

/**
 * A daemon that drops a limit, for want of support or by its own settings, says so at most in passing.
 *
 * @throws SkillError ISOLATION_UNAVAILABLE if a container that was made is not what was asked for
 */
export function checkMade(made: Fields, asked: Fields): void {
  const is = record(made['HostConfig']);
  const wanted = record(asked['HostConfig']);
  const differs: string[] = [];
  for (const field of [
    'NetworkMode',
    'ReadonlyRootfs',
    'Privileged',
    'Memory',
    'MemorySwap',
    'PidsLimit',
  ])
    if (is[field] !== wanted[field]) differs.push(field);
  if (record(made['Config'])['User'] !== asked['User']) differs.push('User');
  if (made['Image'] !== asked['Image']) differs.push('Image');
  if (wanted['StorageOpt'] !== undefined) {
    const size = record(is['StorageOpt'] ?? {})['size'];
    if (size !== record(wanted['StorageOpt'])['size']) differs.push('StorageOpt');
  }
  if (
    !list(is['SecurityOpt'] ?? []).some((option) => String(option).startsWith('no-new-privileges'))
  )
    differs.push('SecurityOpt');
  // Docker repeats ALL; Podman lists what it takes away.
  if (list(is['CapDrop'] ?? []).length === 0) differs.push('CapDrop');
  if (list(is['CapAdd'] ?? []).length > 0) differs.push('CapAdd');
  if (list(is['Devices'] ?? []).length > 0) differs.push('Devices');
  if (['host', 'container'].some((kind) => hasNamespace(is, kind))) differs.push('namespaces');
  const volumes = list(made['Mounts'] ?? []).filter((each) => record(each)['Type'] === 'volume');
  if (volumes.length > 0) differs.push('Mounts');
  if (differs.length > 0) throw lacking(`what was asked for: ${differs.join(', ')}`);
}

function hasNamespace(config: Fields, kind: string): boolean {
  return ['PidMode', 'IpcMode', 'UTSMode', 'NetworkMode', 'CgroupnsMode'].some((field) =>
    String(config[field] ?? '').startsWith(kind),
  );
}

function lacking(what: string): SkillError {
  return new SkillError(
    'ISOLATION_UNAVAILABLE',
    `The container engine does not give ${what}. No container runs without it.`,
  );
}

/** Of what is there. Who speaks with another engine than this one has its powers too. */
async function realPaths(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map((path) => realpath(path).catch(() => [])));
  return found.flat();
}

async function real(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return path;
  }
}
