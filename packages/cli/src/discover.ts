/** Finds manifests under a folder. Reads directories only, follows no symbolic link. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SkillError } from '@skill-engine/engine';

export const bounds = {
  /** Levels of folders below the named one. */
  depth: 4,
  /** Folders in all. */
  folders: 10_000,
} as const;

export interface Discovery {
  /** Paths of manifests, or of the folders that have them, in order. */
  readonly found: readonly string[];
  /** True if there were more folders than are searched. */
  readonly cut: boolean;
}

const manifests = ['skill.toml', 'skills.toml'];
const skipped = new Set(['node_modules', 'target', 'dist']);

/** @throws SkillError MANIFEST_NOT_FOUND when the path itself cannot be read */
export async function discover(path: string): Promise<Discovery> {
  const stats = await lstat(path).catch((cause: unknown) => {
    throw new SkillError('MANIFEST_NOT_FOUND', `There is no ${JSON.stringify(path)} here.`, {
      cause,
    });
  });
  if (!stats.isDirectory()) return { found: [path], cut: false };
  const found: string[] = [];
  let level = [path];
  let left: number = bounds.folders;
  for (let depth = 0; depth <= bounds.depth && level.length > 0; depth += 1) {
    const next: string[] = [];
    for (const folder of level) {
      if (left === 0) return { found: found.toSorted(), cut: true };
      left -= 1;
      const { manifest, folders } = await look(folder);
      if (manifest !== undefined) found.push(manifest);
      next.push(...folders);
    }
    level = next;
  }
  return { found: found.toSorted(), cut: false };
}

/** A folder that cannot be read has nothing to offer. */
async function look(folder: string): Promise<{ manifest: string | undefined; folders: string[] }> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const files = new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name));
  const name = manifests.find((candidate) => files.has(candidate));
  const folders = entries.filter(
    (entry) => entry.isDirectory() && !entry.name.startsWith('.') && !skipped.has(entry.name),
  );
  return {
    manifest: name === undefined ? undefined : join(folder, name),
    folders: folders.map((entry) => join(folder, entry.name)).toSorted(),
  };
}
