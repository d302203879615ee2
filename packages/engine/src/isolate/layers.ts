/**
 * The layers that the operating system can put around an isolate, and which of them this machine has.
 * A layer counts only after an isolate has really come up inside it: a program on PATH proves nothing, since
 * kernels, containers and security modules forbid namespaces in many ways.
 */
import { accessSync, constants } from 'node:fs';
import { FrameReader } from './frames.ts';
import { endProcess, launch } from './launch.ts';
import { librariesOf } from './libraries.ts';
import { hasFilter } from './seccomp.ts';
import { FrameKind } from './wire.ts';

/** How an isolate's process is wrapped: plain data, so that threads can hand it to each other. */
export interface Layers {
  /** Path of util-linux's `prlimit`: kernel limits. */
  readonly prlimit?: string | undefined;
  /** Path of util-linux's `setpriv`: no new privileges, killed with its parent. */
  readonly setpriv?: string | undefined;
  /** Run as `nobody`, without any capability. Needs `setpriv`, and an engine that runs as root. */
  readonly nobody?: boolean | undefined;
  readonly sandbox?: Sandbox | undefined;
}

export type Sandbox =
  | {
      readonly kind: 'bubblewrap';
      readonly path: string;
      /** A user namespace of its own; otherwise root makes the other namespaces directly. */
      readonly userNamespace: boolean;
      /** Whether a system call filter is installed. */
      readonly seccomp: boolean;
      /** Files that Node and what starts it need, beside Node itself: all that the isolate can see of the host. */
      readonly files: readonly string[];
    }
  | { readonly kind: 'unshare'; readonly path: string; readonly userNamespace: boolean };

export const NO_LAYERS: Layers = {};

/** What was found, and why something that is installed cannot be used. */
export interface Detected {
  readonly layers: Layers;
  /** Program → what it said when an isolate was started in it, or that it is not installed. */
  readonly problems: ReadonlyMap<Program, string>;
}

export type Program = 'prlimit' | 'setpriv' | 'bwrap' | 'unshare';

const programs: readonly Program[] = ['prlimit', 'setpriv', 'bwrap', 'unshare'];

/** Only system folders: PATH belongs to whoever started the embedder. */
const FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/run/current-system/sw/bin'];

/** How long a trial isolate may take to come up (milliseconds). */
const TRIAL_MILLISECONDS = 10_000;

const TRIAL_MEMORY_BYTES = 64 * 1024 * 1024;

let detected: Promise<Detected> | undefined;

/** The strongest layers that work here; tried once in a process. */
export function detectLayers(): Promise<Detected> {
  detected ??= detect();
  return detected;
}

async function detect(): Promise<Detected> {
  const problems = new Map<Program, string>();
  if (process.platform !== 'linux') return { layers: NO_LAYERS, problems };
  const found = new Map<Program, string>();
  for (const program of programs) {
    const path = findProgram(program);
    if (path) found.set(program, path);
    else problems.set(program, 'is not installed');
  }
  const prlimit = found.get('prlimit');
  const possible = await candidates(found);
  // Where all is well, one trial is enough: what comes up in the strongest layers comes up in each of them.
  const [strongest] = possible;
  if (prlimit && strongest) {
    const all = { prlimit, ...strongest.layers };
    if ((await tryLayers(all)) === undefined) {
      for (const program of strongest.proves) problems.delete(program);
      return { layers: all, problems };
    }
  }
  let layers: Layers = NO_LAYERS;
  if (prlimit) {
    const problem = await tryLayers({ prlimit });
    if (problem === undefined) layers = { prlimit };
    else problems.set('prlimit', problem);
  }
  for (const candidate of possible) {
    const problem = await tryLayers({ ...layers, ...candidate.layers });
    if (problem === undefined) {
      for (const program of candidate.proves) problems.delete(program);
      return { layers: { ...layers, ...candidate.layers }, problems };
    }
    problems.set(candidate.program, problem);
  }
  return { layers, problems };
}

interface Candidate {
  readonly program: Program;
  readonly proves: readonly Program[];
  readonly layers: Layers;
}

/** All combinations that may work, the strongest first. */
async function candidates(found: ReadonlyMap<Program, string>): Promise<Candidate[]> {
  const setpriv = found.get('setpriv');
  const bwrap = found.get('bwrap');
  const unshare = found.get('unshare');
  const list: Candidate[] = [];
  const asRoot = process.getuid?.() === 0;
  if (bwrap) {
    const node = await librariesOf(process.execPath);
    const sandbox = (
      userNamespace: boolean,
      seccomp: boolean,
      files: readonly string[],
    ): Sandbox => ({
      kind: 'bubblewrap',
      path: bwrap,
      userNamespace,
      seccomp,
      files,
    });
    for (const seccomp of hasFilter ? [true, false] : [false]) {
      const alone = { sandbox: sandbox(true, seccomp, node) };
      if (asRoot && setpriv) {
        const proves = ['bwrap', 'setpriv'] as const;
        list.push({ program: 'bwrap', proves, layers: { ...alone, setpriv, nobody: true } });
        const files = [...new Set([...node, setpriv, ...(await librariesOf(setpriv))])];
        const layers = { setpriv, nobody: true, sandbox: sandbox(false, seccomp, files) };
        list.push({ program: 'bwrap', proves, layers });
      }
      list.push({ program: 'bwrap', proves: ['bwrap'], layers: alone });
    }
  }
  for (const nobody of asRoot ? [true, false] : [false]) {
    if (!setpriv || !unshare) continue;
    const sandbox: Sandbox = { kind: 'unshare', path: unshare, userNamespace: !nobody };
    const layers = { setpriv, nobody, sandbox };
    list.push({ program: 'unshare', proves: ['unshare', 'setpriv'], layers });
  }
  for (const nobody of asRoot ? [true, false] : [false]) {
    if (setpriv)
      list.push({ program: 'setpriv', proves: ['setpriv'], layers: { setpriv, nobody } });
  }
  return list;
}

/** Path of a program in the system's folders. */
export function findProgram(program: Program): string | undefined {
  for (const folder of FOLDERS) {
    try {
      accessSync(`${folder}/${program}`, constants.X_OK);
      return `${folder}/${program}`;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/** Starts an isolate in these layers; resolves with what went wrong, or `undefined` when it came up. */
export function tryLayers(layers: Layers): Promise<string | undefined> {
  const child = launch(TRIAL_MEMORY_BYTES, layers);
  const reader = new FrameReader();
  let words = '';
  return new Promise((resolve) => {
    const timer = setTimeout(() => settle('did not start in time'), TRIAL_MILLISECONDS);
    const settle = (problem: string | undefined) => {
      clearTimeout(timer);
      resolve(problem);
      endProcess(child);
    };
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(0, 300);
    });
    child.stdio?.[3]?.on('error', () => {});
    child.stdio?.[3]?.on('data', (chunk: Uint8Array) => {
      const [frame] = reader.push(chunk);
      if (frame?.kind === FrameKind.ready) settle(undefined);
    });
    child.on('error', (error) => settle(error.message));
    child.on('close', (code, signal) => {
      settle(words.trim().split('\n')[0] || `ended by ${signal ?? `exit code ${code}`}`);
    });
  });
}
