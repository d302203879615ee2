/** The walls around an isolate, in words: which this machine has, what each stops, and how to get what is missing. */
import { isComplete } from './level.ts';
import { detectLayers, type Detected, type Program } from './layers.ts';

/** One layer of isolation on this machine. */
export interface LayerReport {
  /** Short, stable. */
  readonly name: string;
  /** Whether isolates of this machine have it. */
  readonly present: boolean;
  /** What makes it: a program, or Node itself; `null` when it is missing. */
  readonly by: string | null;
  /** What it keeps from code that has broken out of all layers further in. */
  readonly stops: string;
  /** Why it is missing, and how to get it; `null` when it is there. */
  readonly help: string | null;
}

/** What this machine can put around guests. */
export interface IsolationReport {
  /** From the inside out. */
  readonly layers: readonly LayerReport[];
  /** Whether skills load that require the layers of the operating system (`isolation.os = "required"`). */
  readonly complete: boolean;
}

/** The first Node whose permission model has a rule for the network. */
const NODE_WITH_NETWORK_RULE = 25;

/**
 * The walls around the isolates of this process, as `skill doctor` prints them. Layers of the operating system are
 * tried once in a process.
 */
export function describeIsolation(): Promise<IsolationReport> {
  return describeLayers(detectLayers);
}

/** @param detect tests put other machines in its place */
export async function describeLayers(detect: () => Promise<Detected>): Promise<IsolationReport> {
  const detected = await detect();
  const { prlimit, setpriv, nobody, sandbox } = detected.layers;
  const bubblewrap = sandbox?.kind === 'bubblewrap' ? sandbox : undefined;
  const major = Number(process.versions.node.split('.')[0]);
  const asRoot = process.getuid?.() === 0;
  const node = `Node ${process.versions.node}`;
  const layer = (
    name: string,
    by: string | undefined,
    stops: string,
    help: string,
  ): LayerReport => ({
    name,
    present: by !== undefined,
    by: by ?? null,
    stops,
    help: by === undefined ? help : null,
  });
  const sandboxName = sandbox && { bubblewrap: 'bwrap', unshare: 'unshare' }[sandbox.kind];
  const get = (program: Program, packageName: string) => howToGet(detected, program, packageName);
  const layers = [
    layer('locked realm', node, 'finding any global, import or constructor that leads out', ''),
    layer('permission model', node, 'files, processes, addons, SQLite, the inspector', ''),
    layer(
      'no network in Node',
      major >= NODE_WITH_NETWORK_RULE ? node : undefined,
      "sockets through Node's own modules",
      `The permission model of ${node} has no rule for the network: use Node 26, or bubblewrap.`,
    ),
    layer(
      'kernel limits',
      prlimit && 'prlimit',
      'files that grow, many descriptors, core dumps, memory beyond its bound',
      get('prlimit', 'util-linux'),
    ),
    layer(
      'ends with its parent',
      sandboxName ?? (setpriv && 'setpriv'),
      'an isolate that outlives a killed embedder',
      get('setpriv', 'util-linux'),
    ),
    layer(
      'unprivileged user',
      nobody ? 'setpriv' : asRoot ? undefined : 'the user of this process',
      'signals to processes and use of files of root',
      `This process is root. ${get('setpriv', 'util-linux')}`,
    ),
    layer(
      'own processes and network',
      sandboxName,
      'signals to and sight of other processes, all connections',
      get('bwrap', 'bubblewrap'),
    ),
    layer(
      'own file system',
      bubblewrap && 'bwrap',
      'every file but Node and its libraries, which cannot be changed',
      get('bwrap', 'bubblewrap'),
    ),
    layer(
      'system call filter',
      bubblewrap?.seccomp ? 'bwrap' : undefined,
      'sockets, new processes, tracing, mounting, and rare kernel interfaces',
      get('bwrap', 'bubblewrap'),
    ),
  ];
  return { layers, complete: isComplete(detected.layers) };
}

function howToGet({ problems }: Detected, program: Program, packageName: string): string {
  if (process.platform !== 'linux') return 'There is none on this system; Linux has it.';
  const problem = problems.get(program);
  if (problem === undefined || problem === 'is not installed') {
    return `Install the package ${packageName} (apt, dnf, apk, pacman).`;
  }
  return `${program} is installed and does not work here: ${problem}`;
}
