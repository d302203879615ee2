/** Where a path leads, and through which directories: who may write one of them may lead it elsewhere. */
import type { BigIntStats } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface Way {
  /** Real path on the host. */
  readonly source: string;
  /** Device and inode. */
  readonly identity: string;
  /** The same of every directory in which a name was looked up, also on the way through links. */
  readonly through: ReadonlySet<string>;
}

/** As many as Linux follows. */
const mostLinks = 40;

/** @param path absolute */
export async function follow(path: string): Promise<Way> {
  const names = path.split('/');
  const through = new Set<string>();
  let source = '/';
  let found = await look(source);
  let links = 0;
  while (names.length > 0) {
    const name = names.shift()!;
    if (name === '' || name === '.') continue;
    if (name === '..') {
      source = dirname(source);
      found = await look(source);
      continue;
    }
    through.add(identityOf(found));
    const next = join(source, name);
    const entry = await look(next);
    if (!entry.isSymbolicLink()) {
      source = next;
      found = entry;
      continue;
    }
    links++;
    if (links > mostLinks) throw Object.assign(new Error('too many links'), { code: 'ELOOP' });
    const target = await readlink(next);
    if (target.startsWith('/')) {
      source = '/';
      found = await look(source);
    }
    names.unshift(...target.split('/'));
  }
  return { source, identity: identityOf(found), through };
}

function look(path: string): Promise<BigIntStats> {
  return lstat(path, { bigint: true });
}

function identityOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}
