/**
 * A directory of the host that stands for the root of every path in grants and forbidden paths. Rules, denials and
 * what the guest sees keep the paths as they were written; only what is opened on the host is below the directory.
 */
import { realpathSync } from 'node:fs';
import {
  identityOf,
  isPseudoFilesystem,
  systemError,
  typeOf,
  type Directory,
  type Identity,
} from './filesystem-directory.ts';
import type { Grant, GrantAccess, WalkKind } from './filesystem-grants.ts';
import { HeldDirectory, holdPath } from './filesystem-linux.ts';
import { CheckedDirectory, lookAtPath } from './filesystem-portable.ts';

export interface FilesystemRoot {
  /** Where the host has what grants call `path`. */
  host(path: string): string;
  /** What grants call a real path of the host. Throws when it lies outside: a link led there. */
  inside(realPath: string): string;
}

const unchanged: FilesystemRoot = { host: (path) => path, inside: (realPath) => realPath };

/** @param directory absolute; without one, grants name the host's own paths */
export function filesystemRoot(directory: string | undefined): FilesystemRoot {
  if (directory === undefined) return unchanged;
  const root = realpathSync.native(directory);
  return {
    host: (path) => (path === '/' ? root : `${root}${path}`),
    inside(realPath) {
      if (realPath === root) return '/';
      if (realPath.startsWith(`${root}/`)) return realPath.slice(root.length);
      throw systemError('ENOENT');
    },
  };
}

interface Root {
  readonly grant: Grant;
  readonly directory: Directory | undefined;
  readonly identity: Identity;
}

export function openDirectory(path: string, walk: WalkKind): HeldDirectory | CheckedDirectory {
  return walk === 'held' ? HeldDirectory.openPath(path) : CheckedDirectory.openPath(path);
}

export function lookBelow(root: FilesystemRoot, walk: WalkKind): typeof lookAtPath {
  const look = walk === 'held' ? holdPath : lookAtPath;
  return (path) => {
    const { stat, realPath } = look(root.host(path));
    return { stat, realPath: root.inside(realPath) };
  };
}

/** `undefined` when there is nothing at the path, or nothing that may be granted: then there is no preopen. */
export function openRoot(
  path: string,
  access: GrantAccess,
  walk: WalkKind,
  root: FilesystemRoot,
): Root | undefined {
  try {
    const { stat, realPath } = lookBelow(root, walk)(path);
    if (typeOf(stat) === 'directory') return openDirectoryRoot(path, access, walk, root);
    if (typeOf(stat) !== 'regular-file' || isPseudoFilesystem(root.host(realPath)))
      return undefined;
    const grant: Grant = { path, realPath, access, kind: 'file' };
    return { grant, directory: undefined, identity: identityOf(stat) };
  } catch {
    return undefined;
  }
}

function openDirectoryRoot(
  path: string,
  access: GrantAccess,
  walk: WalkKind,
  root: FilesystemRoot,
): Root | undefined {
  const directory = openDirectory(root.host(path), walk);
  try {
    if (!isPseudoFilesystem(directory.path)) {
      const realPath = root.inside(directory.realPath);
      const grant: Grant = { path, realPath, access, kind: 'directory' };
      return { grant, directory, identity: directory.identity };
    }
  } catch (error) {
    directory.close();
    throw error;
  }
  directory.close();
  return undefined;
}
