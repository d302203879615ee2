/** Which access a set of path grants gives, and the minimum of several sets. All paths absolute and normalised. */
import type { FilesystemAccess } from '../manifest/types.ts';
import { covers } from './path.ts';
import type { EffectiveFilesystem } from './types.ts';

/** What an authority gives at a path. */
export type Access = 'none' | FilesystemAccess;

interface Grant {
  readonly path: string;
  readonly access: FilesystemAccess;
}

const rank: Readonly<Record<Access, number>> = { none: 0, read: 1, 'read-write': 2 };

/** The most specific grant that covers the path; of two for the same path, the wider. */
export function decidingGrant<G extends Grant>(grants: readonly G[], path: string): G | undefined {
  let best: G | undefined;
  for (const grant of grants) {
    if (!covers(grant.path, path)) continue;
    const longer = best === undefined || grant.path.length > best.path.length;
    if (longer || (grant.path === best?.path && rank[grant.access] > rank[best.access]))
      best = grant;
  }
  return best;
}

/** The forbidden entry that covers the path, if there is one. */
export function decidingForbidden<F extends { readonly path: string }>(
  forbidden: readonly F[],
  path: string,
): F | undefined {
  return forbidden.find((entry) => covers(entry.path, path));
}

/**
 * What the authority allows at an absolute, normalised host path. It compares text: the caller has resolved symbolic
 * links, and on case-insensitive filesystems the case too, or asks again for every component that it walks.
 */
export function filesystemAccess(filesystem: EffectiveFilesystem, path: string): Access {
  if (filesystem.forbidden.some((entry) => covers(entry, path))) return 'none';
  return decidingGrant(filesystem.grants, path)?.access ?? 'none';
}

/**
 * Grants that give at every path the least that any of the sets gives there. The first set is the declared one: its
 * paths stay even where a wider grant makes them redundant, since each is a preopen that the guest expects.
 */
export function intersectGrants(sets: readonly (readonly Grant[])[]): Grant[] {
  const declared = new Set(sets[0]?.map((grant) => grant.path));
  const paths = [...new Set(sets.flatMap((set) => set.map((grant) => grant.path)))].toSorted();
  const result: Grant[] = [];
  for (const path of paths) {
    let least: Access = 'read-write';
    for (const set of sets) {
      const access: Access = decidingGrant(set, path)?.access ?? 'none';
      if (rank[access] < rank[least]) least = access;
    }
    if (least === 'none') continue;
    if (!declared.has(path) && decidingGrant(result, path)?.access === least) continue;
    result.push({ path, access: least });
  }
  return result;
}
