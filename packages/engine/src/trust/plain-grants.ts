/** Relative grants mean what they say: a package cannot lead them elsewhere by a symbolic link that it brings along. */
import { lstat, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { resolvePath } from '../authority/path.ts';
import type { Places } from '../authority/types.ts';
import { SkillError } from '../errors.ts';
import type { DeclaredCapabilities } from '../manifest/types.ts';

/**
 * Refuses a relative grant or volume that reaches its place through a symbolic link below the manifest's folder. Whoever
 * accepts `read:./data` sees that folder's path; a link there would grant another folder than the one shown.
 * Absolute paths and `~` are the operator's own places, with the operator's own links.
 *
 * @throws SkillError MANIFEST_INVALID
 */
export async function assertPlainGrants(
  { filesystem, volumes }: DeclaredCapabilities,
  places: Places,
): Promise<void> {
  const grants = [
    ...filesystem.grants,
    ...volumes.map(({ hostPath, source }) => ({ path: hostPath, source })),
  ];
  for (const { path, source } of grants) {
    if (path.startsWith('/') || path.startsWith('~')) continue;
    const named = resolvePath(path, places, source);
    const baseDir = await realpath(places.baseDir);
    const meant = resolvePath(path, { ...places, baseDir }, source);
    const found = await realPathOf(named);
    if (found !== undefined && (meant === found || meant.startsWith(`${found}/`))) continue;
    const where = source === undefined ? '' : `${source.file}:${source.line}:${source.column}: `;
    throw new SkillError(
      'MANIFEST_INVALID',
      `${where}the grant of ${JSON.stringify(path)} leads through a symbolic link` +
        `${found === undefined ? '' : ` to ${found}`}; a relative path is granted only where it lies. Write the path that is meant.`,
      { details: { path, ...(found === undefined ? {} : { found }) } },
    );
  }
}

/** Where the path, or as much of it as exists, really is; `undefined` for a link that leads nowhere. */
async function realPathOf(path: string): Promise<string | undefined> {
  for (let existing = path; ; existing = dirname(existing)) {
    try {
      return await realpath(existing);
    } catch {
      const link = await lstat(existing).catch(() => undefined);
      if (link !== undefined || existing === '/') return undefined;
    }
  }
}
