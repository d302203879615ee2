/**
 * What of the host a container sees: granted files and directories at their own paths, volumes at theirs. Links in the
 * operator's own paths are resolved at each call, and forbidden paths compared by name, real path and identity.
 */
import { realpath, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Denial, EffectiveAuthority } from '@skill-engine/engine';
import { covers, overlap } from './paths.ts';
import { closedPlaces, refusedKind, type HostPlaces } from './places.ts';
import { mountIn } from './submounts.ts';
import { follow, type Way } from './way.ts';

export interface Mount {
  /** Real path on the host. */
  readonly source: string;
  /** Path in the container. */
  readonly target: string;
  readonly readOnly: boolean;
}

export interface FoundMount extends Mount, Way {
  /** As the authority has it. */
  readonly path: string;
}

export interface Wanted {
  readonly path: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export function wantedMounts({ filesystem, volumes }: EffectiveAuthority): Wanted[] {
  return [
    ...filesystem.grants.map(({ path, access }) => ({
      path,
      target: path,
      readOnly: access === 'read',
    })),
    ...volumes.map(({ hostPath, guestPath, access }) => ({
      path: hostPath,
      target: guestPath,
      readOnly: access === 'read',
    })),
  ];
}

/**
 * The mounts of one call, outer ones first, or what denies it. A path at which nothing is has no mount, as it has no
 * preopen for a component.
 */
export async function findMounts(
  authority: EffectiveAuthority,
  places: HostPlaces,
): Promise<{ readonly mounts: readonly FoundMount[]; readonly denials: readonly Denial[] }> {
  const forbidden = await Promise.all(authority.filesystem.forbidden.map(forbiddenPath));
  const closed = await Promise.all(closedPlaces(places).map(forbiddenPath));
  const all: FoundMount[] = [];
  const denials: Denial[] = [];
  for (const wanted of wantedMounts(authority)) {
    const found = await find(wanted).catch(unreadable);
    if (found === undefined) continue;
    if ('source' in found) all.push(found);
    else denials.push(denied(wanted, found));
  }
  const mounts: FoundMount[] = [];
  for (const found of all) {
    const refused: Refused | undefined = forbidden.some((entry) => isInside(entry, found))
      ? ['FILESYSTEM_FORBIDDEN', 'something in it is forbidden']
      : covers('/var/run', found.source) || closed.some((entry) => isInside(entry, found))
        ? ['FILESYSTEM_KIND', refusedKind(found.source)]
        : ((await refusedSource(found.source).catch(unreadable)) ??
          (await refusedBeside(found, all)));
    if (refused === undefined) mounts.push(found);
    else denials.push(denied(found, refused));
  }
  return { mounts: mounts.toSorted((a, b) => depth(a.target) - depth(b.target)), denials };
}

/** Whether every path still leads to what was checked. */
export async function areUnchanged(mounts: readonly FoundMount[]): Promise<boolean> {
  const again = await Promise.all(mounts.map((each) => find(each).catch(() => undefined)));
  return mounts.every(
    ({ source, identity }, index) =>
      again[index]?.source === source && again[index].identity === identity,
  );
}

async function find(wanted: Wanted): Promise<FoundMount | undefined> {
  try {
    return { ...wanted, ...(await follow(wanted.path)) };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw error;
  }
}

/** What cannot be looked at was not judged, and is not mounted. */
function unreadable(error: NodeJS.ErrnoException): Refused {
  return ['FILESYSTEM_KIND', `it cannot be looked at (${error.code ?? error.message})`];
}

async function identityOf(path: string): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true });
  return `${dev}:${ino}`;
}

interface Forbidden {
  /** As written, and as resolved. */
  readonly paths: readonly string[];
  /** Device and inode; `undefined` where nothing is there. */
  readonly own: string | undefined;
  /** Of itself and of every directory above. */
  readonly identities: ReadonlySet<string>;
}

async function forbiddenPath(path: string): Promise<Forbidden> {
  const paths = [path];
  const identities = new Set<string>();
  let own: string | undefined;
  let rest = '';
  // What does not exist yet lies below the nearest directory that does.
  for (let at = path; ; at = dirname(at)) {
    try {
      const real = await realpath(at);
      paths.push(rest === '' ? real : `${real === '/' ? '' : real}${rest}`);
      if (rest === '') own = await identityOf(real);
      for (let above = real; ; above = dirname(above)) {
        identities.add(await identityOf(above));
        if (above === dirname(above)) break;
      }
      break;
    } catch {
      if (at === dirname(at)) break;
      rest = `${at.slice(dirname(at) === '/' ? 0 : dirname(at).length)}${rest}`;
    }
  }
  return { paths, own, identities };
}

function isInside({ paths, own, identities }: Forbidden, mount: FoundMount): boolean {
  return (
    identities.has(mount.identity) ||
    // A directory can be mounted under a second name, below which paths do not tell.
    (own !== undefined && mount.through.has(own)) ||
    paths.some((path) => overlap(path, mount.source) || overlap(path, mount.path))
  );
}

type Refused = readonly [Denial['code'], string];

/** Kernel interfaces by the kind of their file system, wherever they are mounted (Linux). */
const kernelFilesystems = new Set([
  0x9fa0, 0x62656572, 0x27e0eb, 0x63677270, 0x64626720, 0x74726163, 0x73636673, 0x1cd1, 0x19800202,
  0xcafe4a11, 0x6e736673, 0x62656570, 0x6165676c, 0xde5e81e4, 0xf97cff8c, 0x65735543, 0x42494e4d,
]);

async function refusedSource(source: string): Promise<Refused | undefined> {
  const found = await stat(source);
  if (!found.isFile() && !found.isDirectory())
    return ['FILESYSTEM_KIND', 'only files and directories are mounted'];
  if (kernelFilesystems.has((await statfs(source)).type))
    return ['FILESYSTEM_KIND', 'interfaces of the kernel are not mounted'];
  const inside = await mountIn(source);
  if (inside !== undefined)
    return [
      'FILESYSTEM_KIND',
      `another file system is mounted in it, at ${inside}; grant it by itself`,
    ];
  return undefined;
}

/** What other mounts of the same container would make of this one. */
async function refusedBeside(
  mount: FoundMount,
  all: readonly FoundMount[],
): Promise<Refused | undefined> {
  const writable = all.find(({ readOnly, identity }) => !readOnly && mount.through.has(identity));
  if (writable !== undefined)
    return [
      'FILESYSTEM_ESCAPE',
      `the way to it leads through ${writable.path}, which the skill may write: it could lead elsewhere`,
    ];
  const around = all
    .filter(({ target }) => target !== mount.target && covers(target, mount.target))
    .toSorted((a, b) => depth(b.target) - depth(a.target))[0];
  if (around === undefined) return undefined;
  const place = join(around.source, mount.target.slice(around.target.length));
  // The container engine makes what is missing there on the host, as root and in what is mounted read-only too.
  const real = await realpath(place).catch(() => undefined);
  return real === place
    ? undefined
    : ['FILESYSTEM_READ_ONLY', `it is mounted in ${around.path}, where nothing is at ${place}`];
}

function denied(wanted: Wanted, [code, rule]: Refused): Denial {
  return { code, resource: wanted.path, operation: 'mount', rule, allow: [], count: 1 };
}

function depth(path: string): number {
  return path === '/' ? 0 : path.split('/').length;
}
