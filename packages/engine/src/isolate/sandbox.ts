/** argv of an isolate's layers: each wraps the next, and the innermost starts Node. */
import { dirname } from 'node:path';
import type { Layers, Sandbox } from './layers.ts';

/** Private writable memory of an isolate beyond the guest's own (MiB): code, heap, stacks. */
const DATA_HEADROOM_MIB = 1024;

/** Descriptors: the wire, V8, libuv, and what starts them. A guest's files are open in the broker, not here. */
const DESCRIPTORS = 64;

/** `nobody` and `nogroup` of every distribution, and the kernel's own overflow user. */
const NOBODY = 65_534;

/** Where the entry is inside bubblewrap: a path of the host says who runs it, and where. */
const INNER_ENTRY = '/isolate.cjs';

/** Descriptor on which bubblewrap reads the filter of system calls. */
export const FILTER_FD = 4;

export interface Program {
  readonly node: string;
  readonly flags: (entry: string) => readonly string[];
  readonly entry: string;
}

/** argv of the whole launch, outermost layer first. `memoryBytes` is the guest's own memory limit. */
export function wrap(program: Program, memoryBytes: number, layers: Layers): string[] {
  const { prlimit, setpriv, sandbox } = layers;
  const limits = prlimit ? [prlimit, ...kernelLimits(memoryBytes), '--'] : [];
  if (sandbox?.kind === 'bubblewrap') {
    const nobody = layers.nobody && setpriv ? [setpriv, ...privilegeFlags(true), '--'] : [];
    const start = bubblewrap(sandbox, program);
    // Whoever may make user namespaces does it as nobody; where only root may, root makes the others.
    const wrapped = sandbox.userNamespace ? [...nobody, ...start] : [...start, ...nobody];
    return [...limits, ...wrapped, ...command(program, INNER_ENTRY)];
  }
  const start = command(program, program.entry);
  const privileges = setpriv ? [setpriv, ...privilegeFlags(layers.nobody === true), '--'] : [];
  if (sandbox === undefined || !setpriv) return [...limits, ...privileges, ...start];
  // `unshare` waits outside of the namespaces: it ends with the embedder, and what it started with it.
  return [
    ...limits,
    setpriv,
    '--pdeathsig=KILL',
    '--',
    ...unshare(sandbox),
    ...privileges,
    ...start,
  ];
}

function command({ node, flags }: Program, entry: string): string[] {
  return [node, ...flags(entry), entry];
}

function kernelLimits(memoryBytes: number): string[] {
  const data = memoryBytes + DATA_HEADROOM_MIB * 1024 * 1024;
  return [`--data=${data}`, '--fsize=0', `--nofile=${DESCRIPTORS}`, '--core=0'];
}

/** The death signal comes last in `setpriv`'s own order: changing the user would clear it. */
function privilegeFlags(nobody: boolean): string[] {
  const user = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--bounding-set=-all'];
  return [...(nobody ? [...user, '--inh-caps=-all'] : []), '--no-new-privs', '--pdeathsig=KILL'];
}

type Bubblewrap = Extract<Sandbox, { kind: 'bubblewrap' }>;

function bubblewrap(sandbox: Bubblewrap, { node, entry }: Program): string[] {
  const files = [...sandbox.files, node];
  const bind = (from: string, to = from) => ['--ro-bind', from, to];
  return [
    sandbox.path,
    ...(sandbox.userNamespace
      ? ['--unshare-user', '--uid', String(NOBODY), '--gid', String(NOBODY)]
      : []),
    '--unshare-pid',
    '--unshare-net',
    '--unshare-ipc',
    '--unshare-uts',
    '--unshare-cgroup-try',
    '--hostname',
    'isolate',
    '--die-with-parent',
    // Without an init in between, which nobody would reap when the isolate ends by itself. For root it must stay:
    // the kernel lets a parent without CAP_KILL send its death signal only to a child of its own user.
    ...(sandbox.userNamespace ? ['--as-pid-1'] : []),
    '--new-session',
    // Folders that bubblewrap makes by itself are closed to everyone but their owner.
    ...(sandbox.userNamespace ? [] : [...new Set(files.flatMap(folders))].flatMap(openFolder)),
    ...files.flatMap((file) => bind(file)),
    ...bind(entry, INNER_ENTRY),
    '--remount-ro',
    '/',
    '--chdir',
    '/',
    '--cap-drop',
    'ALL',
    // What `setpriv` needs to become nobody; it drops them with the rest.
    ...(sandbox.userNamespace
      ? []
      : ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'].flatMap((name) => ['--cap-add', name])),
    ...(sandbox.seccomp ? ['--seccomp', String(FILTER_FD)] : []),
    '--',
  ];
}

/** The folders above a file, from the top. */
function folders(file: string): string[] {
  const folder = dirname(file);
  return folder === '/' ? [] : [...folders(folder), folder];
}

function openFolder(folder: string): string[] {
  return ['--perms', '0755', '--dir', folder];
}

function unshare(sandbox: Extract<Sandbox, { kind: 'unshare' }>): string[] {
  return [
    sandbox.path,
    ...(sandbox.userNamespace ? ['--user'] : []),
    '--mount',
    '--mount-proc',
    '--pid',
    '--net',
    '--ipc',
    '--uts',
    '--cgroup',
    '--fork',
    '--kill-child=KILL',
    '--',
  ];
}
