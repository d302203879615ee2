/** How an isolate's process is started: Node's flags, inside the operating system's layers. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Layers } from './layers.ts';
import { FILTER_FD, wrap } from './sandbox.ts';
import { seccompFilter } from './seccomp.ts';

const ENTRY = fileURLToPath(new URL('../../dist/isolate.cjs', import.meta.url));

/** JavaScript heap of an isolate (MiB): glue, lifted values, the host's buffers. Guest memory is not in it. */
const HEAP_MIB = 256;

/**
 * V8's own stack bound (KiB), within the 8 MiB that a main thread has. Guests get `STACK_BYTES` of it
 * (`entry.ts`); the rest is for the frames of glue and host between and above theirs.
 */
const STACK_KIB = 6800;

const [major = 0] = process.versions.node.split('.').map(Number);

/** What Node itself can take away; the entry file is the only one that may be read. */
export const nodeFlags = (entry: string): string[] => [
  '--permission',
  `--allow-fs-read=${entry}`,
  '--expose-gc', // taken by the isolate before its realm is locked
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
  // Metered modules say which arms are hardly ever taken. Node 26 reads it unasked, and a later one may not know the flag.
  ...(major < 26 ? ['--experimental-wasm-branch-hinting'] : []),
];

/** Starts an isolate: own session, no environment, `/` as directory, stderr for last words, the wire as fd 3. */
export function launch(memoryBytes: number, layers: Layers): ChildProcess {
  return launchProgram(ENTRY, memoryBytes, layers);
}

/** The same for another script: the tests of the layers run attackers in the isolate's place. */
export function launchProgram(
  entry: string,
  memoryBytes: number,
  layers: Layers,
  flags: (entry: string) => readonly string[] = nodeFlags,
): ChildProcess {
  const program = { node: process.execPath, flags, entry };
  const [command = '', ...args] = wrap(program, memoryBytes, layers);
  const filtered = layers.sandbox?.kind === 'bubblewrap' && layers.sandbox.seccomp;
  const child = spawn(command, args, {
    argv0: 'skill-isolate',
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', ...(filtered ? (['pipe'] as const) : [])],
  });
  if (filtered) {
    const filter = child.stdio?.[FILTER_FD] as Writable | undefined;
    filter?.on('error', () => {}); // Without its filter, bubblewrap starts nothing.
    filter?.end(seccompFilter());
  }
  if (!layers.sandbox) return child;
  return Object.assign(child, { kill: () => endProcess(child) });
}

/**
 * Ends a process and what it started. In a sandbox, the process that we know only waits for the first one inside:
 * that one is ended, so that its parent reaps it, and nothing is left for an init that may not exist.
 */
export function endProcess(child: ChildProcess): boolean {
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return false;
  try {
    return process.kill(childOf(pid) ?? pid, 'SIGKILL');
  } catch {
    return false; // It ended at this very moment.
  }
}

function childOf(pid: number): number | undefined {
  try {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    return first ? Number(first) : undefined;
  } catch {
    return undefined; // Another system, or a kernel that does not tell.
  }
}
