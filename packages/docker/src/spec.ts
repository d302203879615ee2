/** What the daemon is asked for: one container, closed. Pure, so that a test holds every field. */
import type { Limits } from '@skill-engine/engine';
import type { Mount } from './mounts.ts';

export interface ContainerPlan {
  /** Digest of the image. */
  readonly image: string;
  /** `undefined`: the image's own. */
  readonly command: readonly string[] | undefined;
  /** `UID:GID`. */
  readonly user: string;
  readonly readOnly: boolean;
  /** Beside `ALL`. */
  readonly capDrop: readonly string[];
  /** Number of processors; `undefined` leaves it to the daemon. */
  readonly cpu: number | undefined;
  /** Paths of the image's own volumes. */
  readonly volumes: readonly string[];
}

export interface ContainerCall {
  readonly limits: Limits;
  readonly mounts: readonly Mount[];
  readonly environment: readonly (readonly [string, string])[];
  readonly labels: Readonly<Record<string, string>>;
}

/** Processes and threads of one container. */
export const mostProcesses = 128;
/** The daemon's own least for a container's memory. */
export const leastMemory = 6 * 1024 * 1024;

const page = 4096;
const leastFile = 1024 * 1024;
const sharedMemory = 1024 * 1024;
/** Podman mounts these beside a read-only root, to be written and without a size. */
const closedPlaces = ['/run', '/var/tmp'];

export function containerSpec(plan: ContainerPlan, call: ContainerCall): Record<string, unknown> {
  const { memoryBytes, diskBytes } = call.limits;
  return {
    Image: plan.image,
    ...(plan.command === undefined ? {} : { Cmd: plan.command }),
    User: plan.user,
    Hostname: 'skill',
    Domainname: '',
    // A name alone would take the daemon's own value with Podman.
    Env: call.environment.map(([name, value]) => `${name}=${value}`),
    Labels: call.labels,
    Tty: false,
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    NetworkDisabled: true,
    StopTimeout: 0,
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      NetworkMode: 'none',
      ReadonlyRootfs: plan.readOnly,
      ...(plan.readOnly ? {} : { StorageOpt: { size: String(diskBytes) } }),
      Privileged: false,
      CapAdd: [],
      CapDrop: [...new Set(['ALL', ...plan.capDrop])],
      SecurityOpt: ['no-new-privileges'],
      Devices: [],
      DeviceRequests: [],
      GroupAdd: [],
      IpcMode: 'private',
      CgroupnsMode: 'private',
      PidMode: '',
      UTSMode: '',
      UsernsMode: '',
      Init: true,
      // It stays until it was asked how it ended: whether the memory ran out is gone with it.
      AutoRemove: false,
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'none' },
      Memory: memoryBytes,
      MemorySwap: memoryBytes,
      OomKillDisable: false,
      PidsLimit: mostProcesses,
      ...(plan.cpu === undefined ? {} : { NanoCpus: Math.round(plan.cpu * 1e9) }),
      ShmSize: sharedMemory,
      Ulimits: ulimits(diskBytes),
      Tmpfs: temporary(plan, call),
      Mounts: call.mounts.map(mount),
      PublishAllPorts: false,
    },
  };
}

function ulimits(diskBytes: number): { Name: string; Soft: number; Hard: number }[] {
  const values = {
    core: 0,
    nofile: 1024,
    // The bound is the control group's; without a value Podman asks for a million, which not every service may give.
    nproc: 4096,
    // No file grows beyond it, wherever it lies: writes to mounted directories have no other bound.
    // The program that starts the container writes a file of its own under it.
    fsize: Math.max(leastFile, diskBytes),
  };
  return Object.entries(values).map(([Name, value]) => ({ Name, Soft: value, Hard: value }));
}

/** What may be written to disk, shared evenly by `/tmp` and the image's volumes, which would outlive the container. */
function temporary(plan: ContainerPlan, call: ContainerCall): Record<string, string> {
  const mounted = new Set(call.mounts.map(({ target }) => target));
  const writable = [...new Set(['/tmp', ...plan.volumes])].filter((path) => !mounted.has(path));
  const closed = closedPlaces.filter((path) => !mounted.has(path) && !writable.includes(path));
  const share = Math.floor(call.limits.diskBytes / Math.max(1, writable.length) / page) * page;
  const guarded = 'nosuid,nodev,noexec';
  // Docker puts the mode of the image's directory in place of this one, if it has the directory.
  const open = `size=${share},mode=1777,${guarded}`;
  const shut = `ro,size=${page},${guarded}`;
  return Object.fromEntries([
    // A size of 0 would be no bound at all.
    ...writable.map((path) => [path, share === 0 ? shut : open]),
    ...(plan.readOnly ? closed.map((path) => [path, shut]) : []),
  ]);
}

function mount({ source, target, readOnly }: Mount): Record<string, unknown> {
  return {
    Type: 'bind',
    Source: source,
    Target: target,
    ReadOnly: readOnly,
    // What is mounted below on the host stays there, and nothing that is mounted later comes along.
    BindOptions: { Propagation: 'rprivate', NonRecursive: true },
  };
}
