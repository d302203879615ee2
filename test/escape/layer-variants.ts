/** Every way in which an isolate may be wrapped, and whether it works on this machine. */
import {
  findProgram,
  tryLayers,
  type Layers,
  type Program,
  type Sandbox,
} from '../../packages/engine/src/isolate/layers.ts';
import { librariesOf } from '../../packages/engine/src/isolate/libraries.ts';
import { hasFilter } from '../../packages/engine/src/isolate/seccomp.ts';

export const asRoot = process.getuid?.() === 0;
const linux = process.platform === 'linux';

export const program = (name: Program): string | undefined =>
  linux ? findProgram(name) : undefined;

const prlimit = program('prlimit');
const setpriv = program('setpriv');
const bwrap = program('bwrap');
const unshare = program('unshare');

type Shape = Pick<Extract<Sandbox, { kind: 'bubblewrap' }>, 'userNamespace' | 'seccomp'>;

async function bubblewrap(shape: Shape, nobody: boolean): Promise<Layers | undefined> {
  if (!bwrap || (nobody && !(asRoot && setpriv)) || (shape.seccomp && !hasFilter)) return undefined;
  const inner = shape.userNamespace ? [] : [setpriv!, ...(await librariesOf(setpriv!))];
  const files = [...new Set([...(await librariesOf(process.execPath)), ...inner])];
  const sandbox: Sandbox = { kind: 'bubblewrap', path: bwrap, ...shape, files };
  return nobody ? { setpriv, nobody, sandbox } : { sandbox };
}

function unshared(nobody: boolean): Layers | undefined {
  if (!unshare || !setpriv || (nobody && !asRoot)) return undefined;
  return { setpriv, nobody, sandbox: { kind: 'unshare', path: unshare, userNamespace: !nobody } };
}

const inUserNamespace = { userNamespace: true, seccomp: false };
const byRoot = { userNamespace: false, seccomp: false };

const wanted = {
  nothing: linux ? {} : undefined,
  prlimit: prlimit ? { prlimit } : undefined,
  setpriv: setpriv ? { setpriv } : undefined,
  'setpriv, as nobody': setpriv && asRoot ? { setpriv, nobody: true } : undefined,
  unshare: unshared(false),
  'unshare, as nobody': unshared(true),
  bubblewrap: await bubblewrap(inUserNamespace, false),
  'bubblewrap, as nobody': await bubblewrap(inUserNamespace, true),
  'bubblewrap by root, for nobody': await bubblewrap(byRoot, true),
  'bubblewrap with a system call filter': await bubblewrap(
    { ...inUserNamespace, seccomp: true },
    false,
  ),
} satisfies Record<string, Layers | undefined>;

export type VariantName = keyof typeof wanted;

export interface Variant {
  /** Says so when it is missing. */
  readonly title: string;
  readonly layers: Layers;
  readonly missing: boolean;
}

export const variants = new Map<VariantName, Variant>();
for (const [name, layers] of Object.entries(wanted)) {
  const problem = layers ? await tryLayers(layers) : 'not on this machine';
  variants.set(name as VariantName, {
    title: problem === undefined ? name : `${name} (MISSING: ${problem})`,
    layers: layers ?? {},
    missing: problem !== undefined,
  });
}
