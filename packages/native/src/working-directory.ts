/** Where a command runs. */
import { mkdtemp, rm, stat, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filesystemAccess } from '@skill-engine/engine';
import type { EffectiveAuthority } from '@skill-engine/engine';

const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** The first directory that the manifest declares, in its order, and that is granted; `undefined` without one. */
export async function firstGranted({
  explain,
  filesystem,
}: EffectiveAuthority): Promise<string | undefined> {
  const declared = explain.filesystem.find(({ part }) => part === 'declared')?.grants ?? [];
  for (const { path } of declared) {
    if (filesystemAccess(filesystem, path) !== 'none' && (await isDirectory(path))) return path;
  }
  return undefined;
}

/** An empty directory for one call: its home, and where it runs if nothing is granted. */
export async function scratchDirectory(): Promise<{
  readonly path: string;
  remove(): Promise<void>;
}> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'skill-native-')));
  // What is busy or was made unremovable stays for the system to clean.
  const remove = () => rm(path, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
  return { path, remove };
}
