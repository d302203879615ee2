import { lstat, readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const linkLimit = 40;

/**
 * Where the kernel ends up with a path: symbolic links and `..` are followed one by one, also where the rest does not
 * exist. `undefined` where links lead in circles.
 *
 * @param path absolute
 */
export async function canonicalPath(path: string): Promise<string | undefined> {
  const rest = path.split('/').toReversed();
  let at = '/';
  let links = 0;
  while (rest.length > 0) {
    const part = rest.pop()!;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      at = dirname(at);
      continue;
    }
    const next = join(at, part);
    const target = await linkAt(next);
    if (target === undefined) {
      at = next;
      continue;
    }
    links += 1;
    if (links > linkLimit) return undefined;
    if (target.startsWith('/')) at = '/';
    rest.push(...target.split('/').toReversed());
  }
  return at;
}

async function linkAt(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined;
  } catch {
    // What cannot be looked at leads nowhere.
    return undefined;
  }
}
