import { lstat, readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const linkLimit = 40;

/**
 * Where the kernel ends up with a path: symbolic links and `..` are followed one by one, also where the rest does not
 * exist. `undefined` where links lead in circles, or to names that are no UTF-8.
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
    if (target === 'unreadable') return undefined;
    if (target === undefined) {
      at = next;
      continue;
    }
    links += 1;
    if (links > linkLimit) return undefined;
    if (target.text.startsWith('/')) at = '/';
    rest.push(...target.text.split('/').toReversed());
  }
  return at;
}

async function linkAt(path: string): Promise<{ text: string } | 'unreadable' | undefined> {
  try {
    if (!(await lstat(path)).isSymbolicLink()) return undefined;
    const bytes = await readlink(path, { encoding: 'buffer' });
    const text = bytes.toString();
    // Otherwise another name would be followed than the kernel follows.
    return Buffer.from(text).equals(bytes) ? { text } : 'unreadable';
  } catch {
    // What cannot be looked at leads nowhere.
    return undefined;
  }
}
