/** How an isolate's process is started: Node's flags, and the kernel's layers where they are present. */
import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('../../dist/isolate.cjs', import.meta.url));

/** JavaScript heap of an isolate (MiB): glue, lifted values, the host's buffers. Guest memory is not in it. */
const HEAP_MIB = 256;

/**
 * V8's own stack bound (KiB), within the 8 MiB that a main thread has. Guests get `STACK_BYTES` of it
 * (`entry.ts`); the rest is for the frames of glue and host between and above theirs.
 */
const STACK_KIB = 6800;

/** Private writable memory of an isolate beyond the guest's own (MiB): code, heap, stacks. */
const DATA_HEADROOM_MIB = 1024;

/** Descriptors: four wires, V8 and libuv. A guest's files are open in the broker, not here. */
const DESCRIPTORS = 64;

const [major = 0] = process.versions.node.split('.').map(Number);

/** What Node itself can take away; the entry file is the only one that may be read. */
export const nodeFlags = (entry: string): string[] => [
  '--permission',
  `--allow-fs-read=${entry}`,
  '--no-experimental-sqlite',
  '--no-addons',
  '--disable-sigusr1',
  '--freeze-flags-after-init',
  '--disallow-code-generation-from-strings',
  '--no-warnings',
  `--max-old-space-size=${HEAP_MIB}`,
  `--stack-size=${STACK_KIB}`,
  // Node 24 rejects the flag, and has no foreign functions either.
  ...(major >= 26 ? ['--no-experimental-ffi'] : []),
];

function tool(name: string): string | undefined {
  for (const folder of ['/usr/bin', '/bin', '/usr/sbin', '/sbin']) {
    try {
      accessSync(`${folder}/${name}`, constants.X_OK);
      return `${folder}/${name}`;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

const linux = process.platform === 'linux';

/** The kernel's layers that this machine has; found once. */
export const layers = {
  prlimit: linux ? tool('prlimit') : undefined,
  setpriv: linux ? tool('setpriv') : undefined,
} as const;

/** argv of the whole launch, outermost layer first. `memoryBytes` is the guest's own memory limit. */
export function launchCommand(memoryBytes: number): string[] {
  const data = memoryBytes + DATA_HEADROOM_MIB * 1024 * 1024;
  return [
    ...(layers.prlimit
      ? [
          layers.prlimit,
          `--data=${data}`,
          '--fsize=0',
          '--stack=8388608:',
          `--nofile=${DESCRIPTORS}`,
          '--core=0',
          '--',
        ]
      : []),
    ...(layers.setpriv ? [layers.setpriv, '--pdeathsig=KILL', '--no-new-privs', '--'] : []),
    process.execPath,
    ...nodeFlags(ENTRY),
    ENTRY,
  ];
}

/** Starts an isolate: own session, no environment, `/` as directory, stderr for last words, the wire as fd 3. */
export function launch(memoryBytes: number): ChildProcess {
  const [command = '', ...args] = launchCommand(memoryBytes);
  return spawn(command, args, {
    argv0: 'skill-isolate',
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
}
